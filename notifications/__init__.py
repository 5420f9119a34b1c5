"""From facts to a message to a mailbox: what is said, to whom, and how it leaves. Knows no database."""
