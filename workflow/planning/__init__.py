"""The procurement plan: how long steps took, what must begin when, needs entered by hand, plans decided and published."""
