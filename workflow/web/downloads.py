"""Files of cases: taken in through the store, given out so that no browser runs them."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from typing import BinaryIO
from urllib.parse import quote

from fastapi import Request
from fastapi.responses import Response, StreamingResponse
from starlette.datastructures import UploadFile

from workflow.cases.queries import FileItem
from workflow.commands import AddFile
from workflow.errors import Conflict
from workflow.files.scan import withheld
from workflow.files.store import FolderStore, open_store
from workflow.web.base import app_of

_CHUNK = 256 * 1024


def store_of(request: Request) -> FolderStore:
    return open_store(app_of(request).settings.files)


def taken_in(request: Request, case_id: str, upload: UploadFile, secrecy: str) -> AddFile:
    """Keep the bytes, and the command that puts them on the case. Raises InvalidForm at `file`."""
    stored = store_of(request).put(upload.file, upload.filename or "")
    return AddFile(case_id, stored.name, stored.media_type, stored.size, stored.sha256, secrecy or None)


def why_withheld(request: Request, item: FileItem) -> str | None:
    """The code of what keeps a file from being given out: its scan is not done, or found a virus."""
    return withheld(item.scan, scanning=bool(app_of(request).settings.scan_command))


def attachment(name: str, media_type: str) -> dict[str, str]:
    """The headers under which a browser saves a file and shows nothing of it."""
    plain = "".join(c if (c.isascii() and c.isalnum()) or c in ".-_ " else "_" for c in name)
    return {
        "Content-Type": media_type,
        "Content-Disposition": f"attachment; filename=\"{plain}\"; filename*=UTF-8''{quote(name, safe='')}",
        "Content-Security-Policy": "sandbox; default-src 'none'",
        "X-Content-Type-Options": "nosniff",
    }


def download(name: str, content: bytes, media_type: str) -> Response:
    """Content that was made for this answer, as a file that the browser saves."""
    return Response(content, headers=attachment(name, media_type))


def given_out(request: Request, item: FileItem) -> Response:
    """A file that the viewer was found to see. Raises Conflict before a virus scan found it clean."""
    if reason := why_withheld(request, item):
        raise Conflict(reason)
    headers = attachment(item.name, item.media_type) | {"Content-Length": str(item.size)}
    return StreamingResponse(_chunks(store_of(request).open(item.sha256)), headers=headers)


def _chunks(file: BinaryIO) -> Iterator[bytes]:
    with file:
        while chunk := file.read(_CHUNK):
            yield chunk


def etag_of(content: bytes) -> str:
    """The name of this very content."""
    return f'"{hashlib.sha256(content).hexdigest()[:32]}"'


def is_known(request: Request, etag: str) -> bool:
    """Whether whoever asks has it already. Weak comparison (RFC 9110 13.1.2): proxies mark a compressed copy as weak."""
    given = request.headers.get("if-none-match", "")
    return etag in [tag.strip().removeprefix("W/") for tag in given.split(",")] or given.strip() == "*"
