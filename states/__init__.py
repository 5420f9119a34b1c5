"""The law book: process definitions, guards and deadlines as pure values and functions. No I/O."""
