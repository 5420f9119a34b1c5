"""Registers as files: rows in, Excel or CSV bytes out. No database, no clock."""
