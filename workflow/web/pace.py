"""How often one address may ask what is open to everybody: a count in this process's memory for each minute.

Nothing of who asked is written down. A second node counts for itself, so that the whole allows its number times each.
"""

from __future__ import annotations

import threading
from collections import Counter

from workflow.clock import monotonic
from workflow.people.sessions import ADDRESS_LIMIT, ADDRESS_WINDOW, TooManyAttempts


class Pace:
    """Counts calls by address; `limit` of them are answered in each window of `seconds`."""

    def __init__(self, limit: int = ADDRESS_LIMIT, seconds: float = ADDRESS_WINDOW.total_seconds()) -> None:
        self.limit, self.seconds = limit, seconds
        self._lock = threading.Lock()
        self._since = monotonic()
        self._counted: Counter[str] = Counter()

    def step(self, address: str) -> None:
        """One call more. Raises TooManyAttempts for what is above the limit."""
        with self._lock:
            if monotonic() - self._since >= self.seconds:
                self._since, self._counted = monotonic(), Counter()
            self._counted[address] += 1
            too_many = self._counted[address] > self.limit
        if too_many:
            raise TooManyAttempts
