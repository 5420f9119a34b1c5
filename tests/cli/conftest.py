"""The command line as an operator runs it: a database in a folder of its own, and what was said."""

from __future__ import annotations

import logging
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.databases import SqliteFiles
from workflow.cli.main import main


@dataclass(frozen=True)
class Said:
    code: int
    out: str
    err: str

    @property
    def last_line(self) -> str:
        return self.out.rstrip("\n").rpartition("\n")[2]


Stegvis = Callable[..., Said]


@pytest.fixture
def stegvis(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Stegvis:
    """Runs `stegvis …` against an empty place."""
    root = logging.getLogger()
    monkeypatch.setattr(root, "handlers", list(root.handlers))  # commands set up logging for a process of their own
    monkeypatch.setattr(root, "level", root.level)
    for name in ("PORT", "STEGVIS_PORT", "STEGVIS_DEMO", "STEGVIS_MAIL_URL"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("STEGVIS_LOCALE", "en")
    monkeypatch.setenv("STEGVIS_DATA_DIR", str(tmp_path))
    monkeypatch.setenv("STEGVIS_DATABASE_URL", f"sqlite:///{tmp_path}/stegvis.db")

    def run(*arguments: object) -> Said:
        capsys.readouterr()
        try:
            code = main([str(a) for a in arguments])
        except SystemExit as leaving:
            code = int(leaving.code or 0)
        said = capsys.readouterr()
        return Said(code, said.out, said.err)

    return run


@pytest.fixture
def ready(stegvis: Stegvis, sqlite_files: SqliteFiles, tmp_path: Path) -> Stegvis:
    """The same with an upgraded database: a copy, since `db upgrade` has tests of its own."""
    copied = sqlite_files.fresh("stegvis_empty")
    shutil.move(copied.removeprefix("sqlite:///"), tmp_path / "stegvis.db")
    return stegvis
