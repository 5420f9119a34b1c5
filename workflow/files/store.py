"""Where the bytes of files lie: by their SHA-256, behind `FILES_URL`, on disk before the row that names them is there.

A file that is stored and then named by no row (the command was refused) is an orphan that housekeeping may sweep; the
other way round, a row without its bytes, cannot be.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import re
import tempfile
import unicodedata
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import BinaryIO

from workflow.errors import FieldError, InvalidForm, NotFound, StegvisError

MAX_SIZE = 50 * 1024 * 1024
_CHUNK = 256 * 1024
_ZIP = b"PK\x03\x04"
#: An office file is an archive: what it may unpack to (a small file must not fill a disk).
MAX_ENTRIES, MAX_UNPACKED, MAX_RATIO = 1_000, 1024**3, 100

#: Ending -> media type and the bytes it begins with (none: text).
TYPES: dict[str, tuple[str, bytes | None]] = {
    "pdf": ("application/pdf", b"%PDF-"),
    "docx": ("application/vnd.openxmlformats-officedocument.wordprocessingml.document", _ZIP),
    "xlsx": ("application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", _ZIP),
    "pptx": ("application/vnd.openxmlformats-officedocument.presentationml.presentation", _ZIP),
    "odt": ("application/vnd.oasis.opendocument.text", _ZIP),
    "ods": ("application/vnd.oasis.opendocument.spreadsheet", _ZIP),
    "csv": ("text/csv", None),
    "txt": ("text/plain", None),
    "png": ("image/png", b"\x89PNG\r\n\x1a\n"),
    "jpg": ("image/jpeg", b"\xff\xd8\xff"),
    "jpeg": ("image/jpeg", b"\xff\xd8\xff"),
}
_UNSAFE = re.compile(r'[\\/:*?"<>|\x00-\x1f\x7f]+')
_HASH = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True, slots=True)
class Stored:
    name: str
    media_type: str
    size: int
    sha256: str


class FolderStore:
    """Files in a folder, two levels deep by the first characters of their hash."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def put(self, source: BinaryIO, name: str) -> Stored:
        """Check and keep a file. Raises InvalidForm (`file`) for a type, size or content that is not taken.

        The bytes are synced before the name stands, and the name before this returns.
        """
        name = cleaned_name(name)
        media_type, magic = _type_of(name)
        self.folder.mkdir(parents=True, exist_ok=True)
        digest, size = hashlib.sha256(), 0
        with tempfile.NamedTemporaryFile(dir=self.folder, prefix=".incoming-") as incoming:
            while chunk := source.read(_CHUNK):
                if not size and not _begins_right(chunk, magic):
                    raise _fault("file_content")
                size += len(chunk)
                if size > MAX_SIZE:
                    raise _fault("file_too_large")
                digest.update(chunk)
                incoming.write(chunk)
            if not size:
                raise _fault("field_required")
            incoming.flush()
            if magic == _ZIP:
                _check_archive(Path(incoming.name))
            os.fsync(incoming.fileno())
            stored = Stored(name, media_type, size, digest.hexdigest())
            place = self._place(stored.sha256)
            place.parent.mkdir(parents=True, exist_ok=True)
            with self._alone():
                if place.exists():
                    os.utime(place)  # an orphan that is wanted after all is young again
                else:
                    os.link(incoming.name, place)
                    _sync_folder(place.parent)
        return stored

    def open(self, sha256: str) -> BinaryIO:
        """Raises NotFound when the bytes are gone."""
        return self.path(sha256).open("rb")

    def path(self, sha256: str) -> Path:
        """Where the bytes lie. Raises NotFound when they are gone."""
        place = self._place(sha256)
        if not place.is_file():
            raise NotFound
        return place

    def older_than(self, before: datetime) -> Iterator[str]:
        """The hashes of what was stored, or wanted again, last before an instant."""
        for place in self.folder.glob("??/??/*"):
            if _HASH.fullmatch(place.name) and place.stat().st_mtime < before.timestamp():
                yield place.name

    def discard(self, sha256: str, before: datetime | None = None) -> bool:
        """Remove the bytes, unless they were wanted again since `before`. Whether they are gone now by this."""
        place = self._place(sha256)
        with self._alone():
            if not place.is_file() or (before and place.stat().st_mtime >= before.timestamp()):
                return False
            place.unlink()
        return True

    def discard_unfinished(self, before: datetime) -> int:
        """Remove what a process that died was still taking in."""
        old = [p for p in self.folder.glob(".incoming-*") if p.stat().st_mtime < before.timestamp()]
        for place in old:
            place.unlink(missing_ok=True)
        return len(old)

    @contextmanager
    def _alone(self) -> Iterator[None]:
        """Nothing is put or removed meanwhile, by this process or another."""
        with (self.folder / ".lock").open("a") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield

    def _place(self, sha256: str) -> Path:
        if not _HASH.fullmatch(sha256):
            raise NotFound
        return self.folder / sha256[:2] / sha256[2:4] / sha256


def open_store(url: str) -> FolderStore:
    """The store behind `FILES_URL`. Raises ValueError for an address of another kind."""
    kind, _, place = url.partition(":")
    if kind != "dir" or not place:
        raise ValueError(f"FILES_URL must begin with dir:, not {kind}:")
    return FolderStore(Path(place))


def cleaned_name(name: str) -> str:
    """The name as people know it, without folders and without signs that a system could misread."""
    last = unicodedata.normalize("NFC", name).replace("\\", "/").rsplit("/", 1)[-1]
    printable = "".join(c for c in last if unicodedata.category(c)[0] != "C")
    cleaned = _UNSAFE.sub("_", printable).strip(" .")
    stem, dot, ending = cleaned.rpartition(".")
    return f"{stem[:150]}{dot}{ending[:10]}" if dot else cleaned[:150]


def _type_of(name: str) -> tuple[str, bytes | None]:
    stem, _, ending = name.rpartition(".")
    if not stem or ending.lower() not in TYPES:
        raise _fault("file_type")
    return TYPES[ending.lower()]


def _begins_right(chunk: bytes, magic: bytes | None) -> bool:
    """The content is what the name says; a text has no zero bytes (that is, is no program)."""
    return chunk.startswith(magic) if magic else b"\x00" not in chunk


def _check_archive(path: Path) -> None:
    try:
        with zipfile.ZipFile(path) as archive:
            entries = archive.infolist()
    except (zipfile.BadZipFile, OSError, NotImplementedError, ValueError):
        raise _fault("file_content") from None
    unpacked = sum(e.file_size for e in entries)
    packed = max(path.stat().st_size, 1)
    if len(entries) > MAX_ENTRIES or unpacked > MAX_UNPACKED or unpacked > packed * MAX_RATIO:
        raise _fault("file_archive")


def _fault(code: str) -> StegvisError:
    return InvalidForm([FieldError("file", code)])


def _sync_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
