"""The mail that left: its receipts, what came back about it, and what somebody must see to."""
