"""Switches that each break one promise on purpose: the tests that guard it must then fail."""
