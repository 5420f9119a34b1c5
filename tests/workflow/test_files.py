"""What people put on cases: scanned before it is given out, and nothing left lying that no case names."""

from __future__ import annotations

import hashlib
import io
import os
import stat
import sys
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.play import Play
from tests.web.site import csrf_token, program, sign_in
from workflow.commands import AddFile, RecordScan
from workflow.engine.verify import verify_all
from workflow.errors import Forbidden
from workflow.files.scan import AT_ONCE, GIVE_UP, scan_waiting, sweep_orphans
from workflow.files.store import FolderStore, open_store
from workflow.housekeeping import sweep
from workflow.scheduler import Scheduler

CLEAN, BAD = b"%PDF-1.7 rent", b"%PDF-1.7 EICAR"
SCANNER = """#!{python}
import pathlib, sys
content = pathlib.Path(sys.argv[1]).read_bytes()
sys.exit(1 if b"EICAR" in content else 2 if b"oklart" in content else 0)
"""


@pytest.fixture
def desk(play: Play, tmp_path: Path) -> Play:
    """A case, and a scanner that knows one virus."""
    scanner = tmp_path / "scanner"
    scanner.write_text(SCANNER.format(python=sys.executable))
    scanner.chmod(scanner.stat().st_mode | stat.S_IXUSR)
    set_up(play, scan_command=str(scanner), files_url=f"dir:{tmp_path / 'files'}")
    play.open()
    return play


def set_up(play: Play, **settings: Any) -> None:
    play.app.settings = play.app.settings.model_copy(update=settings)


def store(play: Play) -> FolderStore:
    return open_store(play.app.settings.files)


def put(play: Play, content: bytes, name: str = "underlag.pdf") -> str:
    kept = store(play).put(io.BytesIO(content), name)
    command = AddFile(play.case, kept.name, kept.media_type, kept.size, kept.sha256)
    return str(play.do("officer", command)["id"])


def states(play: Play) -> list[str]:
    return [r.scan for r in play.sql("SELECT scan FROM files ORDER BY id")]


def stored(play: Play) -> list[str]:
    return sorted(p.name for p in Path(store(play).folder).glob("??/??/*"))


def sha(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


# --- quarantined, clean, served ------------------------------------------------------------------------------------


def test_a_file_is_given_out_when_the_scheduler_has_found_it_clean(desk: Play) -> None:
    file, client = put(desk, CLEAN), program(desk, "officer")
    path = f"/api/v1/cases/{desk.case}/files"
    (item,) = client.get(path).json()["items"]
    assert (item["scan"], item["withheld"]) == ("waiting", "file_not_scanned")
    refused = client.get(item["href"])
    assert (refused.status_code, refused.json()["code"]) == (409, "file_not_scanned")
    browser = sign_in(desk, "officer")
    page = browser.get(f"/cases/{desk.case}").text
    assert "Väntar på virussökning" in page
    assert f"/files/{file}" not in page
    assert browser.get(f"/cases/{desk.case}/files/{file}").status_code == 409
    Scheduler(desk.app).cycle(housekeeping=False)
    (item,) = client.get(path).json()["items"]
    assert (item["scan"], item["withheld"]) == ("clean", None)
    assert client.get(item["href"]).content == CLEAN
    assert f"/files/{file}" in browser.get(f"/cases/{desk.case}").text


def test_a_file_with_a_virus_is_removed_and_the_case_says_so(desk: Play) -> None:
    before = desk.row().row_version
    put(desk, BAD)
    file = put(desk, BAD, "samma igen.pdf")
    put(desk, CLEAN)
    assert scan_waiting(desk.app) == 3
    assert states(desk) == ["infected", "infected", "clean"]
    assert stored(desk) == [sha(CLEAN)]
    browser = sign_in(desk, "owner")
    assert "Virus hittat" in browser.get(f"/cases/{desk.case}").text
    set_up(desk, scan_command="")
    assert browser.get(f"/cases/{desk.case}/files/{file}").status_code == 409
    kinds = [e.kind for e in desk.sql("SELECT kind FROM audit_events WHERE case_id IS NOT NULL ORDER BY seq")]
    assert (kinds.count("file_found_infected"), kinds.count("file_found_clean")) == (2, 1)
    assert desk.row().row_version == before
    with desk.app.database.read() as uow:
        assert verify_all(uow).ok


def test_what_the_scanner_cannot_tell_waits_and_is_asked_again(desk: Play) -> None:
    put(desk, b"%PDF-1.7 oklart")
    assert (scan_waiting(desk.app), states(desk)) == (0, ["waiting"])
    put(desk, CLEAN)
    assert (scan_waiting(desk.app), states(desk)) == (1, ["waiting", "clean"])
    good = desk.app.settings.scan_command
    set_up(desk, scan_command="/finns/inte")
    desk.clock.at += timedelta(minutes=6)
    Scheduler(desk.app).cycle(housekeeping=False)
    assert desk.sql("SELECT error FROM heartbeats")[0].error is None
    set_up(desk, scan_command=good)
    store(desk).path(sha(b"%PDF-1.7 oklart")).write_bytes(CLEAN)
    assert scan_waiting(desk.app) == 0
    desk.clock.at += timedelta(minutes=6)
    assert (scan_waiting(desk.app), states(desk)) == (1, ["clean", "clean"])


def test_a_scanner_that_is_down_is_left_alone_for_the_round(desk: Play) -> None:
    for n in range(GIVE_UP + 2):
        put(desk, b"%%PDF-1.7 oklart %d" % n)
    assert GIVE_UP < AT_ONCE
    scan_waiting(desk.app)
    tried = desk.sql("SELECT id FROM files WHERE scan_tried_at IS NOT NULL")
    assert len(tried) == GIVE_UP


def test_without_a_scanner_files_are_served_and_people_never_record_a_scan(desk: Play) -> None:
    file = put(desk, CLEAN)
    with pytest.raises(Forbidden):
        desk.do("officer", RecordScan(file, "clean"))
    set_up(desk, scan_command="")
    assert scan_waiting(desk.app) == 0
    assert program(desk, "officer").get(f"/api/v1/cases/{desk.case}/files/{file}/content").content == CLEAN


def test_a_wrong_file_is_refused_at_its_field(desk: Play) -> None:
    browser = sign_in(desk, "officer")
    form = {"csrf_token": csrf_token(browser), "secrecy": "open"}
    answer = browser.post(f"/cases/{desk.case}/files", data=form, files={"file": ("a.pdf", b"MZ program")})
    assert answer.status_code == 422
    assert 'id="f-file-error"' in answer.text
    assert "Filens innehåll är inte det som namnet säger." in answer.text


# --- nothing is left lying -----------------------------------------------------------------------------------------


def age(play: Play, content: bytes, at: datetime) -> None:
    os.utime(store(play).path(sha(content)), (at.timestamp(), at.timestamp()))


def test_a_torn_upload_is_swept_after_a_day_and_what_a_case_names_never(
    desk: Play, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(desk, CLEAN)
    client, torn = program(desk, "officer"), b"%PDF-1.7 avbrutet"
    with monkeypatch.context() as broken:
        broken.setattr("workflow.files.handlers.audit.append", lambda *_a, **_k: 1 / 0)
        answer = client.post(f"/api/v1/cases/{desk.case}/files", files={"file": ("b.pdf", torn)})
    assert answer.status_code == 500
    assert stored(desk) == sorted([sha(CLEAN), sha(torn)])
    now = desk.clock.now()
    for content in (CLEAN, torn):
        age(desk, content, now - timedelta(hours=23))
    assert sweep_orphans(desk.app) == 0
    for content in (CLEAN, torn):
        age(desk, content, now - timedelta(hours=25))
    sweep(desk.app)
    assert stored(desk) == [sha(CLEAN)]


def test_an_orphan_that_is_wanted_again_is_young_again(desk: Play) -> None:
    before = desk.clock.now() - timedelta(days=1)
    kept = store(desk).put(io.BytesIO(CLEAN), "a.pdf")
    age(desk, CLEAN, before - timedelta(days=3))
    assert list(store(desk).older_than(before)) == [kept.sha256]
    store(desk).put(io.BytesIO(CLEAN), "b.pdf")
    assert not store(desk).discard(kept.sha256, before)
    assert stored(desk) == [kept.sha256]


def test_what_a_dead_process_was_taking_in_goes_too(desk: Play) -> None:
    put(desk, CLEAN)
    left = Path(store(desk).folder) / ".incoming-x"
    left.write_bytes(b"halva")
    old = (desk.clock.now() - timedelta(days=2)).timestamp()
    os.utime(left, (old, old))
    assert sweep_orphans(desk.app) == 1
    assert not left.exists()
