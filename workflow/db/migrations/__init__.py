"""Alembic migrations: the only way a table comes to be, on both databases, from the first one on."""
