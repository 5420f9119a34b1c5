"""Storage: the engine for both databases, statements built once, the unit of work, migrations."""
