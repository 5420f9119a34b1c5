from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.notifications.samples import sample_labels


@pytest.fixture(autouse=True)
def _labels_of_the_samples() -> Iterator[None]:
    with sample_labels():
        yield
