"""Holding and releasing a database by hand, and the mails to come, at the command line."""

from __future__ import annotations

import sqlite3
from pathlib import Path

from tests.cli.conftest import Stegvis


def test_everything_is_held_and_released_by_the_operator(stegvis: Stegvis, tmp_path: Path) -> None:
    assert stegvis("db", "upgrade").code == 0
    assert stegvis("db", "release").last_line == "Nothing is held."
    assert stegvis("db", "hold", "Restored on a new machine").code == 0
    assert "on hold after a restore" in stegvis("doctor").out
    assert stegvis("tick").code == 0
    released = stegvis("db", "release")
    assert "Released: Restored on a new machine" in released.out
    with sqlite3.connect(tmp_path / "stegvis.db") as database:
        kinds = database.execute("SELECT kind FROM audit_events WHERE stream_id LIKE '%operations%' ORDER BY seq")
        assert [k for (k,) in kinds] == ["hold_set", "hold_released"]
    assert stegvis("db", "hold", "  ").code == 1


def test_a_file_put_back_from_a_back_up_is_held_at_the_next_round(stegvis: Stegvis, tmp_path: Path) -> None:
    """The whole way: work, copy the file, work on, put the copy back, start."""
    stegvis("db", "upgrade")
    for _ in range(2):
        assert stegvis("tick").code == 0
    with sqlite3.connect(tmp_path / "stegvis.db") as live, sqlite3.connect(tmp_path / "copy.db") as copy:
        live.backup(copy)
    stegvis("tick")
    for name in ("stegvis.db-wal", "stegvis.db-shm"):
        (tmp_path / name).unlink(missing_ok=True)
    (tmp_path / "copy.db").replace(tmp_path / "stegvis.db")
    stegvis("tick")
    assert "on hold after a restore" in stegvis("doctor").out
    assert "back-up" in stegvis("db", "release").out
    for _ in range(2):
        stegvis("tick")
    assert "on hold after a restore" not in stegvis("doctor").out


def test_the_mails_to_come_are_listed(stegvis: Stegvis) -> None:
    stegvis("db", "upgrade")
    assert stegvis("preview").last_line == "There is no case to look at."
    assert stegvis("preview", "--mails", "--months", "1", "--region", "norrbotten").last_line.startswith(
        "0 mails until"
    )
