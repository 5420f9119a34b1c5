"""Stegvis."""
