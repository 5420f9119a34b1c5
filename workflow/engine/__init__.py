"""The engine: one command, one transaction. Knows cases, lots, obligations, timers, mail and the trail; no subject."""
