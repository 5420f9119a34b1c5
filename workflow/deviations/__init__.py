"""Suppliers' deviations and the sanction ladder: what is written down, sent, counted and decided."""
