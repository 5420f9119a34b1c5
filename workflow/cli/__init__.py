"""The command line: what operators and scripts call. A command imports only what it needs."""
