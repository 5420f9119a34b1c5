"""Where files lie: by their content, whole or not at all, and only of the kinds that are taken."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path

import pytest

from workflow.errors import InvalidForm, NotFound
from workflow.files import store
from workflow.files.store import FolderStore, cleaned_name, open_store


@pytest.fixture
def folder(tmp_path: Path) -> FolderStore:
    return open_store(f"dir:{tmp_path / 'files'}")


def code(refused: pytest.ExceptionInfo[InvalidForm]) -> str:
    return refused.value.errors[0].code


def archive(**entries: bytes) -> io.BytesIO:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as packed:
        for name, content in entries.items():
            packed.writestr(name, content)
    made.seek(0)
    return made


def test_the_same_content_lies_once_and_reads_back(folder: FolderStore) -> None:
    first = folder.put(io.BytesIO(b"rad 1\n"), "a.txt")
    second = folder.put(io.BytesIO(b"rad 1\n"), "b.csv")
    assert first.sha256 == second.sha256
    assert [p.name for p in folder.folder.rglob("*/*/*") if p.is_file()] == [first.sha256]
    with folder.open(first.sha256) as file:
        assert file.read() == b"rad 1\n"


@pytest.mark.parametrize("sha256", ["0" * 64, "../../etc/passwd", ""])
def test_what_is_not_there_is_not_found(folder: FolderStore, sha256: str) -> None:
    with pytest.raises(NotFound):
        folder.open(sha256)


def test_too_much_is_refused_and_leaves_nothing(folder: FolderStore, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(store, "MAX_SIZE", 1000)
    with pytest.raises(InvalidForm) as refused:
        folder.put(io.BytesIO(b"x" * 1001), "a.txt")
    assert code(refused) == "file_too_large"
    assert [p for p in folder.folder.rglob("*") if p.is_file()] == []


def test_an_office_file_may_not_unpack_to_a_flood(folder: FolderStore) -> None:
    assert folder.put(archive(a=b"ett dokument"), "a.docx").media_type.endswith("wordprocessingml.document")
    with pytest.raises(InvalidForm) as refused:
        folder.put(archive(a=b"0" * 10_000_000), "a.docx")
    assert code(refused) == "file_archive"
    with pytest.raises(InvalidForm):
        folder.put(archive(**{f"f{n}": b"" for n in range(1001)}), "a.xlsx")


@pytest.mark.parametrize(
    ("given", "kept"),
    [("C:\\Mina filer\\avtal.pdf", "avtal.pdf"), ("../../x.pdf", "x.pdf"), ("a\r\nb.pdf", "ab.pdf"),
     ("Å\u0308.pdf", "Å\u0308.pdf"), ("fdp\u202eexe.pdf", "fdpexe.pdf"), (' "x".pdf ', "_x_.pdf"), ("x" * 300 + ".pdf", "x" * 150 + ".pdf")],
)  # fmt: skip
def test_a_name_is_data_and_never_a_path(given: str, kept: str) -> None:
    assert cleaned_name(given) == kept


def test_another_kind_of_store_is_refused_by_name() -> None:
    with pytest.raises(ValueError, match="dir:"):
        open_store("s3://bucket")
