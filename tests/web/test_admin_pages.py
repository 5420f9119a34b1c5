"""The pages of administration, operations and the trail, as the people who use them meet them."""

from __future__ import annotations

import html
import json
import re
from datetime import timedelta
from hashlib import sha256
from typing import Any

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import text

from notifications.errors import ServerAway
from notifications.transport import MemoryTransport
from states.guards import GUARDS
from states.registry import DEFINITIONS, EFFECTS
from templates.labels import LOCALES, has_label
from tests.play import Play
from tests.web.site import csrf_token, email, sign_in, site
from workflow.commands import AddFile, AssignRole, SetSubstitute, WriteComment
from workflow.db.columns import new_id
from workflow.engine.operations import scheduler_is_late
from workflow.engine.verify import FAULTS
from workflow.scheduler import Scheduler

NEW_PASSWORD = "en ny lång mening att minnas"


def send(browser: TestClient, path: str, **fields: str) -> Any:
    """Send a form as the browser would, with the session's token."""
    return browser.post(path, data={"csrf_token": csrf_token(browser), **fields})


def words(answer: Any) -> str:
    """The text of a page without its tags."""
    return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", answer.text)).split())


# --- people ------------------------------------------------------------------------------------------------------


def test_the_administrator_adds_a_person_who_can_sign_in(play: Play) -> None:
    browser = sign_in(play, "admin")
    added = send(
        browser, "/admin/people", name="Nils Ny", email="nils@norrbotten.example", role="registrar",
        password=NEW_PASSWORD,
    )  # fmt: skip
    assert added.status_code == 303
    page = words(browser.get("/admin/people"))
    assert "Kontot är öppet." in page
    assert "Nils Ny nils@norrbotten.example Registrator" in page
    welcome = site(play).post("/sign-in", data={"email": "nils@norrbotten.example", "password": NEW_PASSWORD})
    assert welcome.status_code == 303


def test_a_wrong_address_is_told_at_its_field_and_nothing_that_was_typed_is_lost(play: Play) -> None:
    browser = sign_in(play, "admin")
    again = send(browser, "/admin/people", name="Nils Ny", email="nils", role="registrar")
    assert again.status_code == 422
    assert "<title>Fel: Personer och roller" in again.text
    assert 'href="#f-email"' in again.text
    assert 'value="Nils Ny"' in again.text
    assert 'value="nils"' in again.text
    assert '<option value="registrar" selected>' in again.text
    assert "E-postadress: Skriv en hel e-postadress" in words(again)


def test_only_the_administrator_adds_people_and_the_reviewer_may_look(play: Play) -> None:
    reviewer, officer = sign_in(play, "reviewer"), sign_in(play, "officer")
    assert reviewer.get("/admin/people").status_code == 200
    assert "Lägg till en person" not in reviewer.get("/admin/people").text
    assert officer.get("/admin/people").status_code == 403
    assert send(reviewer, "/admin/people", name="N", email="n@n.example", role="registrar").status_code == 403


def test_a_role_is_given_in_a_unit_and_ended_again(play: Play) -> None:
    browser, person = sign_in(play, "admin"), play.people["strategist"]
    path = f"/admin/people/{person}"
    assert send(browser, f"{path}/roles", role="registrar", unit=play.people["unit"]).status_code == 303
    page = browser.get(path)
    assert "Avsluta rollen Registrator" in page.text
    row = play.sql("SELECT id FROM role_assignments WHERE person_id = :p AND role = 'registrar'", p=person)[0]
    assert send(browser, f"{path}/roles/{row.id}/end").status_code == 303
    assert "Avsluta rollen Registrator" not in browser.get(path).text


def test_a_role_that_ends_before_it_begins_is_refused_at_the_last_day(play: Play) -> None:
    browser, path = sign_in(play, "admin"), f"/admin/people/{play.people['strategist']}"
    again = send(browser, f"{path}/roles", role="registrar", valid_from="2026-05-01", valid_to="2026-04-01")
    assert again.status_code == 422
    assert 'href="#f-valid_to"' in again.text
    assert 'value="2026-05-01"' in again.text
    nonsense = send(browser, f"{path}/roles", role="registrar", valid_from="snart")
    assert "Skriv datumet så här" in words(nonsense)


def test_a_closed_account_is_out_at_once_and_stays_in_the_list(play: Play) -> None:
    browser, strategist = sign_in(play, "admin"), sign_in(play, "strategist")
    assert strategist.get("/me").status_code == 200
    path = f"/admin/people/{play.people['strategist']}"
    assert send(browser, f"{path}/disable").status_code == 303
    assert strategist.get("/me").status_code == 303
    assert "Kontot är stängt." in words(browser.get(path))
    assert "Hanna Hållbar" in browser.get("/admin/people").text


def test_nobody_closes_their_own_account_by_mistake(play: Play) -> None:
    browser, path = sign_in(play, "admin"), f"/admin/people/{play.people['admin']}"
    assert "Stäng kontot för" not in browser.get(path).text
    assert send(browser, f"{path}/disable").status_code == 404


def test_a_password_that_is_too_short_is_refused_and_never_shown_again(play: Play) -> None:
    browser, path = sign_in(play, "admin"), f"/admin/people/{play.people['strategist']}"
    again = send(browser, f"{path}/password", password="kort lösen")
    assert again.status_code == 422
    assert "15 till 200 tecken" in words(again)
    assert "kort lösen" not in again.text
    assert send(browser, f"{path}/password", password=NEW_PASSWORD).status_code == 303


def test_people_of_another_region_are_not_there(play: Play, kalmar: Play) -> None:
    browser = sign_in(play, "admin")
    assert "Karin Ägare" not in browser.get("/admin/people").text
    for path in ("", "/password", "/disable", "/roles"):
        address = f"/admin/people/{kalmar.people['owner']}{path}"
        answer = send(browser, address, password=NEW_PASSWORD, role="registrar") if path else browser.get(address)
        assert answer.status_code == 404, address


# --- units, delegation order, substitutes ------------------------------------------------------------------------


def test_units_stand_as_a_tree_and_get_a_new_manager(play: Play) -> None:
    browser = sign_in(play, "admin")
    added = send(browser, "/admin/units", name="Enhet Öst", unit_kind="unit", unit=play.people["unit"])
    assert added.status_code == 303
    assert "– Enhet Öst Enhet ingen ingen" in words(browser.get("/admin/units"))
    unit = play.sql("SELECT id FROM units WHERE name = 'Enhet Öst'")[0].id
    changed = send(browser, f"/admin/units/{unit}", name="Enhet Ost", manager=play.people["owner_2"])
    assert changed.status_code == 303
    assert "– Enhet Ost Enhet Örjan Ägare ingen" in words(browser.get("/admin/units"))
    assert send(browser, f"/admin/units/{unit}", name=" ").status_code == 422


def test_everybody_reads_the_delegation_order_and_only_the_administrator_changes_it(play: Play) -> None:
    officer = sign_in(play, "officer")
    page = officer.get("/admin/mandates")
    assert page.status_code == 200
    assert "Lägg till en rad" not in page.text
    assert "Personer och roller" not in page.text
    assert send(officer, "/admin/mandates", act="decide_award", role="registrar").status_code == 403


def test_a_row_of_the_delegation_order_is_added_with_its_limit_and_ended(play: Play) -> None:
    browser = sign_in(play, "admin")
    added = send(
        browser, "/admin/mandates", act="decide_award", person=play.people["owner"], limit_amount="1 500 000,50",
        mandate_rule="9.9", source="Delegationsordning 2026",
    )  # fmt: skip
    assert added.status_code == 303
    row = play.sql("SELECT id, limit_ore FROM mandates WHERE rule = '9.9'")[0]
    assert row.limit_ore == 150_000_050
    page = words(browser.get("/admin/mandates"))
    assert "Åsa Ägare 1 500 000,50 kr 9.9 Delegationsordning 2026 från 2026-03-02" in page
    assert send(browser, f"/admin/mandates/{row.id}/end").status_code == 303
    assert str(play.sql("SELECT valid_to FROM mandates WHERE rule = '9.9'")[0].valid_to) == "2026-03-02"


def test_a_mandate_is_for_a_role_or_a_person_and_its_limit_is_a_number(play: Play) -> None:
    browser = sign_in(play, "admin")
    both = send(
        browser, "/admin/mandates", act="decide_award", role="registrar", person=play.people["owner"], mandate_rule="9"
    )
    assert "Välj antingen en roll eller en person" in words(both)
    wrong = send(browser, "/admin/mandates", act="decide_award", role="registrar", limit_amount="mycket")
    assert 'href="#f-limit_amount"' in wrong.text
    assert 'value="mycket"' in wrong.text


def test_everybody_sets_a_substitute_for_themselves(play: Play) -> None:
    browser = sign_in(play, "owner")
    again = send(browser, "/me/substitute", substitute=play.people["owner_2"], valid_from="2026-03-02")
    assert again.status_code == 422
    assert 'href="#f-valid_to"' in again.text
    fields = {"substitute": play.people["owner_2"], "valid_from": "2026-03-02", "valid_to": "2026-03-13"}
    assert send(browser, "/me/substitute", **fields).status_code == 303
    assert "Örjan Ägare ersätter dig från 2 mars till 13 mars" in words(browser.get("/me"))
    assert "Du ersätter Åsa Ägare från 2 mars till 13 mars" in words(sign_in(play, "owner_2").get("/me"))
    assert "Åsa Ägare nu Örjan Ägare 2026-03-02 2026-03-13" in words(sign_in(play, "officer").get("/admin/substitutes"))


# --- settings ----------------------------------------------------------------------------------------------------


def test_the_head_sets_a_time_within_its_bounds_and_the_old_one_stays_in_the_history(play: Play) -> None:
    browser, path = sign_in(play, "head"), "/admin/parameters/target_decision"
    assert "Värde 10 arbetsdagar" in words(browser.get(path))
    outside = send(browser, path, value="600", valid_from="2026-03-02", source="Beslut")
    assert outside.status_code == 422
    assert "Värde: Värdet ligger utanför de gränser" in words(outside)
    assert 'value="600"' in outside.text
    first = {"value": "8", "valid_from": "2026-03-01", "source": "Riktlinje Inköp, 2026-02-12"}
    second = {"value": "9", "valid_from": "2026-04-01", "source": "Riktlinje Inköp"}
    releaser = sign_in(play, "admin")
    for value in (first, second):
        proposed = send(browser, path, **value)
        assert proposed.status_code == 303
        change = proposed.headers["location"]
        assert "Kan frisläppas av: Adam Administratör." in words(browser.get(change))
        assert send(browser, f"{change}/release").status_code == 403
        assert send(releaser, f"{change}/release").status_code == 303
    page = words(browser.get(path))
    assert (
        "Värde 8 arbetsdagar Källa Riktlinje Inköp, 2026-02-12 Sedan 2026-03-01 Tillåtet 1 till 60 arbetsdagar" in page
    )
    assert "Adam Administratör, föreslaget av Cecilia Chef" in page
    assert page.index("2026-04-01 9 arbetsdagar") < page.index("2026-03-01 8 arbetsdagar")
    assert "8 arbetsdagar Riktlinje Inköp, 2026-02-12" in words(browser.get("/admin/parameters"))


def test_what_the_law_gives_cannot_be_set(play: Play) -> None:
    browser = sign_in(play, "head")
    page = browser.get("/admin/parameters/standstill")
    assert "Det här står i lagen." in words(page)
    assert "Föreslå värdet" not in page.text
    refused = send(browser, "/admin/parameters/standstill", value="5", valid_from="2026-03-02", source="nej")
    assert refused.status_code == 422
    assert browser.get("/admin/parameters/nothing").status_code == 404


def test_an_officer_reads_the_settings_and_does_not_change_them(play: Play) -> None:
    browser = sign_in(play, "officer")
    assert "Föreslå värdet" not in browser.get("/admin/parameters/target_decision").text
    assert send(browser, "/admin/parameters/target_decision", value="8").status_code == 403


# --- my own ------------------------------------------------------------------------------------------------------


def test_a_key_is_shown_once_works_and_can_be_stopped(play: Play) -> None:
    browser = sign_in(play, "officer")
    made = send(browser, "/me/tokens")
    token = re.search(r"stv_[\w-]{40,}", made.text)
    assert made.status_code == 200
    assert token
    assert token[0] not in browser.get("/me").text
    program = site(play)
    program.headers["Authorization"] = f"Bearer {token[0]}"
    assert program.get("/api/v1/tasks").status_code == 200
    assert send(browser, "/me/tokens/revoke").status_code == 303
    assert program.get("/api/v1/tasks").status_code == 401


def test_my_language_is_kept_for_pages_and_mail(play: Play) -> None:
    browser = sign_in(play, "officer")
    assert send(browser, "/me/language", locale="en").status_code == 303
    assert '<html lang="en">' in browser.get("/me").text
    assert play.sql("SELECT locale FROM people WHERE id = :p", p=play.people["officer"])[0].locale == "en"
    assert send(browser, "/me/language", locale="de").status_code == 422


# --- operations --------------------------------------------------------------------------------------------------


def failed_timer(play: Play) -> str:
    play.open()
    timer = play.sql("SELECT id FROM timers WHERE case_id = :c LIMIT 1", c=play.case)[0].id
    play.sql("UPDATE timers SET status = 'failed', error = 'ValueError: trasig' WHERE id = :t", t=timer)
    return str(timer)


def test_a_failed_timer_shows_its_error_and_is_tried_again(play: Play) -> None:
    timer, browser = failed_timer(play), sign_in(play, "head")
    assert "ValueError: trasig" in words(browser.get("/operations"))
    assert send(browser, f"/operations/timers/{timer}/retry").status_code == 303
    row = play.sql("SELECT status, attempts, error FROM timers WHERE id = :t", t=timer)[0]
    assert (row.status, row.attempts, row.error) == ("pending", 0, None)
    assert send(browser, f"/operations/timers/{timer}/retry").status_code == 409
    kinds = play.sql("SELECT kind, actor_id FROM audit_events WHERE stream_id = 'operations.norrbotten'")
    assert [(k.kind, k.actor_id) for k in kinds] == [("timer_retried", play.people["head"])]


def test_mail_that_could_not_be_delivered_is_sent_again(play: Play) -> None:
    play.open()
    play.do("officer", WriteComment(play.case, "Vad menas?", kind="question", addressee_id=play.people["owner"]))
    message = play.sql("SELECT id FROM outbox_messages LIMIT 1")[0].id
    play.sql("UPDATE outbox_messages SET status = 'failed', error = '550 no such user' WHERE id = :m", m=message)
    browser = sign_in(play, "admin")
    assert "550 no such user" in words(browser.get("/operations"))
    assert send(browser, f"/operations/mails/{message}/retry").status_code == 303
    assert play.sql("SELECT status FROM outbox_messages WHERE id = :m", m=message)[0].status == "queued"
    play.advance(0)
    assert play.sql("SELECT status FROM outbox_messages WHERE id = :m", m=message)[0].status == "sent"


def test_operations_of_another_region_cannot_be_touched(play: Play, kalmar: Play) -> None:
    timer, browser = failed_timer(kalmar), sign_in(play, "admin")
    assert "trasig" not in browser.get("/operations").text
    assert send(browser, f"/operations/timers/{timer}/retry").status_code == 404


def test_what_was_late_and_when_nothing_ran_is_said(play: Play) -> None:
    """A standstill of three months, then a round: the page and the API say how late what was done then was."""
    play.open()
    Scheduler(play.app, node="n1").cycle()
    begun = play.clock.at
    play.clock.at += timedelta(days=90)
    Scheduler(play.app, node="n2").cycle()
    browser = sign_in(play, "head")
    page = words(browser.get("/operations"))
    assert "Tider då ingenting kördes" in page
    assert "90 dagar" in page
    assert "Det som blev sent" in page
    told = browser.get("/api/v1/operations").json()
    (gap,) = told["gaps"]
    assert gap["from_at"] == begun.isoformat().replace("+00:00", "Z")
    assert gap["waiting"] >= 1
    late = told["timers"]["punctuality"]
    assert late["done"] >= late["late"] >= 1
    assert late["worst_seconds"] > 30 * 86_400
    assert sign_in(play, "officer").get("/api/v1/operations").status_code == 403


def test_a_mail_server_that_is_away_is_said_to_be_away(play: Play) -> None:
    class Away(MemoryTransport):
        def ready(self) -> None:
            raise ServerAway("mail.example:25: refused")

    play.open()
    play.need()
    play.app.transport = Away()
    Scheduler(play.app, node="n1").cycle()
    browser = sign_in(play, "head")
    assert "Mejlservern tar inte emot mejl" in words(browser.get("/operations"))
    assert "refused" in browser.get("/api/v1/operations").json()["mail_server_away"]
    assert "stegvis_mail_server_away 1.0" in browser.get("/metrics").text


def test_an_officer_has_no_operations_page(play: Play) -> None:
    assert sign_in(play, "officer").get("/operations").status_code == 403


def test_a_hold_stops_everything_until_an_administrator_releases_it(play: Play) -> None:
    hold = new_id(play.clock.now())
    play.sql("INSERT INTO holds (id, reason, since_at) VALUES (:i, 'Återläst från säkerhetskopia', :at)",
        i=hold, at=play.clock.now().replace(tzinfo=None) if "sqlite" in play.app.settings.database else play.clock.now(),
    )  # fmt: skip
    head, admin = sign_in(play, "head"), sign_in(play, "admin")
    assert "Återläst från säkerhetskopia" in words(head.get("/operations"))
    assert send(head, f"/operations/holds/{hold}/release").status_code == 403
    assert send(admin, f"/operations/holds/{hold}/release").status_code == 303
    assert play.sql("SELECT id FROM holds") == []


def test_everybody_is_told_when_the_scheduler_has_stood_still_for_two_minutes(play: Play) -> None:
    banner = "Påminnelser och mejl är försenade just nu."
    browser = sign_in(play, "officer")
    assert banner not in browser.get("/me").text
    at = play.clock.now()
    play.sql("INSERT INTO heartbeats (node, kind, cycle_at, fired, sent) VALUES ('n:1', 'worker', :at, 0, 0)",
        at=at.replace(tzinfo=None) if "sqlite" in play.app.settings.database else at,
    )  # fmt: skip
    play.clock.at = at + timedelta(seconds=119)
    assert banner not in browser.get("/me").text
    play.clock.at = at + timedelta(seconds=121)
    assert banner in browser.get("/me").text
    assert "Bevakningen står still" in words(sign_in(play, "head").get("/operations"))


def test_before_its_first_round_the_scheduler_is_late_when_something_waits_for_it(play: Play) -> None:
    play.open()
    with play.app.database.read() as uow:
        assert not scheduler_is_late(uow)
    play.clock.at += timedelta(days=400)
    with play.app.database.read() as uow:
        assert scheduler_is_late(uow)


# --- the trail ---------------------------------------------------------------------------------------------------


def test_a_trail_that_is_whole_is_said_to_be_whole_with_its_time(play: Play) -> None:
    play.open()
    browser = sign_in(play, "reviewer")
    assert "Loggen är inte kontrollerad än" in words(browser.get("/trail"))
    assert send(browser, "/trail").status_code == 303
    page = words(browser.get("/trail"))
    assert "Loggen är hel" in page
    assert "händelser kontrollerades 2 mars kl. 09.00" in page


def test_the_trail_is_checked_by_those_who_oversee_and_at_most_every_five_minutes(play: Play) -> None:
    play.open()
    officer, reviewer = sign_in(play, "officer"), sign_in(play, "reviewer")
    checks = "SELECT seq FROM audit_events WHERE kind = 'trail_checked'"
    assert "Kontrollera nu" not in officer.get("/trail").text
    assert send(officer, "/trail").status_code == 403
    for _ in range(2):
        assert send(reviewer, "/trail").status_code == 303
    assert len(play.sql(checks)) == 1
    play.clock.at += timedelta(minutes=6)
    send(reviewer, "/trail")
    assert len(play.sql(checks)) == 2


def test_a_trail_that_somebody_changed_names_the_first_wrong_event(play: Play) -> None:
    play.open()
    play.do("officer", WriteComment(play.case, "Hej"))
    with play.app.database.write() as uow:
        if "sqlite" in play.app.settings.database:
            uow.connection.execute(text("DROP TRIGGER IF EXISTS audit_events_no_update"))
            names = uow.connection.execute(
                text("SELECT name FROM sqlite_master WHERE type = 'trigger' AND tbl_name = 'audit_events'")
            ).all()
            for (name,) in names:
                uow.connection.execute(text(f'DROP TRIGGER "{name}"'))
        else:
            uow.connection.execute(text("ALTER TABLE audit_events DISABLE TRIGGER USER"))
        uow.connection.execute(
            text("UPDATE audit_events SET body = replace(body, '\"kind\":\"commented\"', '\"kind\":\"approved_\"') "
                 "WHERE stream_id = :c AND seq = 2"), {"c": play.case},
        )  # fmt: skip
    browser = sign_in(play, "reviewer")
    send(browser, "/trail")
    page = words(browser.get("/trail"))
    assert "Loggen är inte hel" in page
    assert "är nummer 2: den sparade texten ger inte det sparade fingeravtrycket" in page


def test_the_trail_is_filtered_by_person_case_kind_and_period_and_paged(play: Play) -> None:
    play.open(title="Lampor")
    for i in range(60):
        play.do("head", WriteComment(play.case, f"Rad {i}"))
    reference = play.sql("SELECT reference FROM cases WHERE id = :c", c=play.case)[0].reference
    browser = sign_in(play, "reviewer")
    talk = {"person": play.people["head"], "case": reference, "kind": "talk", "from_on": "2026-03-02"}
    first = browser.get("/trail", params=talk)
    assert first.text.count("skrev en kommentar") == 50
    following = re.search(r'href="(/trail\?[^"]+)" rel="next"', first.text)
    assert following
    assert browser.get(html.unescape(following[1])).text.count("skrev en kommentar") == 10
    assert "öppnade ärendet" in words(browser.get("/trail", params={"case": reference, "kind": "steps"}))
    assert "Inga händelser här." in words(browser.get("/trail", params={"to_on": "2026-03-01"}))
    wrong = browser.get("/trail", params={"case": "UPP-0000-0000", "from_on": "i går"})
    assert wrong.status_code == 422
    assert "Skriv datumet så här" in words(wrong)
    assert browser.get("/trail", params={"after": "strunt"}).status_code == 422


def test_registers_are_shown_to_those_who_oversee_and_to_nobody_else(play: Play) -> None:
    play.do("admin", AssignRole(play.people["owner"], "registrar"))
    reviewer, officer = sign_in(play, "reviewer"), sign_in(play, "officer")
    assert "gav en person en roll" in words(reviewer.get("/trail"))
    assert "gav en person en roll" not in words(officer.get("/trail"))
    assert "loggade in" not in words(officer.get("/trail"))
    assert reviewer.get("/trail/people.norrbotten/1").status_code == 200
    assert officer.get("/trail/people.norrbotten/1").status_code == 404


def test_another_regions_events_are_not_there(play: Play, kalmar: Play) -> None:
    kalmar.open(title="Hemligt i Kalmar")
    browser = sign_in(play, "reviewer")
    assert "Hemligt i Kalmar" not in browser.get("/trail").text
    assert browser.get(f"/trail/{kalmar.case}/1").status_code == 404
    assert browser.get("/trail/people.kalmar/1").status_code == 404


def test_a_tender_file_and_tender_fields_show_only_to_the_access_list_until_the_award(play: Play) -> None:
    play.open()
    play.to_evaluation()
    play.do("officer", AddFile(play.case, "Anbud Städ AB.pdf", "application/pdf", 1, "0" * 64, "tender"))
    seq = play.sql("SELECT max(seq) AS n FROM audit_events WHERE stream_id = :c", c=play.case)[0].n
    opening = play.sql("SELECT seq FROM audit_events WHERE stream_id = :c AND kind = 'opening_recorded'", c=play.case)[
        0
    ].seq
    officer, reviewer = sign_in(play, "officer"), sign_in(play, "reviewer")
    assert "lade till en fil" in words(officer.get("/trail"))
    assert "Städ AB" in officer.get(f"/trail/{play.case}/{seq}").text
    assert "lade till en fil" not in words(reviewer.get("/trail"))
    assert reviewer.get(f"/trail/{play.case}/{seq}").status_code == 404
    assert reviewer.get(f"/trail/{play.case}/{seq}/json").status_code == 404
    shown, withheld = (words(b.get(f"/trail/{play.case}/{opening}")) for b in (officer, reviewer))
    assert "Du får inte se:" not in shown
    assert "Du får inte se:" in withheld
    play.award()
    assert "lade till en fil" in words(reviewer.get("/trail"))
    assert reviewer.get(f"/trail/{play.case}/{seq}").status_code == 200


def test_an_event_can_be_fetched_and_its_fingerprint_computed_by_anybody(play: Play) -> None:
    play.open()
    browser = sign_in(play, "reviewer")
    assert "öppnade ärendet" in words(browser.get(f"/trail/{play.case}/1"))
    fetched = browser.get(f"/trail/{play.case}/1/json")
    assert "attachment" in fetched.headers["content-disposition"]
    event = fetched.json()
    assert sha256(event["body"].encode()).hexdigest() == event["hash"]
    assert json.loads(event["body"])["prev"] == event["prev_hash"]


def test_every_fault_of_the_trail_has_words() -> None:
    assert [(c, x) for c in FAULTS for x in LOCALES if not has_label(f"trail_fault.{c}", x)] == []


# --- processes, help, reports ------------------------------------------------------------------------------------


@pytest.mark.parametrize("locale", LOCALES)
def test_every_step_of_every_process_is_told_in_words(locale: str) -> None:
    codes = [
        *(f"requires.{g}" for d in DEFINITIONS.values() for t in d.transitions for g in t.guards),
        *(f"effect.{e}" for e in EFFECTS),
        *(f"routing.{fact}" for d in DEFINITIONS.values() for t in d.transitions for fact, _ in t.when),
    ]
    assert sorted({c for c in codes if not has_label(c, locale)}) == []
    assert set(GUARDS) >= {g for d in DEFINITIONS.values() for t in d.transitions for g in t.guards}


def test_a_process_is_shown_with_drawing_steps_and_rules(play: Play) -> None:
    play.open()
    browser = sign_in(play, "officer")
    assert "Upphandling 1 1 följer alla regler" in words(browser.get("/processes"))
    page = browser.get("/processes/procurement/1")
    assert page.text.count("<svg") == page.text.count("</svg>")
    told = words(page)
    assert "Följer alla regler." in told
    assert "avtalsspärren har löpt ut (Lag: LOU 20:1, 20:18)" in told
    assert browser.get("/processes/procurement/1?lang=en").status_code == 200
    assert browser.get("/processes/contract/1").status_code == 200
    assert browser.get("/processes/procurement/99").status_code == 404
    assert browser.get("/processes/procurement/1/json").json()["id"] == "procurement"


def test_help_and_statement_are_open_to_all_and_a_fault_can_be_reported(play: Play) -> None:
    stranger = site(play)
    assert "Logga in för att se vem du kan fråga" in words(stranger.get("/help"))
    assert "(2018:1937)" in stranger.get("/accessibility").text
    owner = sign_in(play, "owner")
    assert f"Adam Administratör, {email(play, 'admin')}".split(",")[0] in words(owner.get("/help"))
    assert send(owner, "/accessibility", text=" ").status_code == 422
    assert send(owner, "/accessibility", text="Knappen syns inte i mörkt läge").status_code == 303
    assert "Åsa Ägare 2 mars kl. 09.00 Knappen syns inte i mörkt läge" in words(
        sign_in(play, "admin").get("/operations")
    )


def test_the_report_of_delegated_decisions_is_a_word_file(play: Play) -> None:
    browser = sign_in(play, "registrar")
    period = {"from_on": "2026-02-01", "to_on": "2026-02-28", "meeting_on": "2026-03-20", "board": "Regionstyrelsen"}
    made = send(browser, "/reports/delegated-decisions", **period)
    assert made.status_code == 200
    assert made.content.startswith(b"PK")
    assert ".docx" in made.headers["content-disposition"]
    wrong = send(browser, "/reports/delegated-decisions", **period | {"to_on": "2026-01-01", "board": " "})
    assert wrong.status_code == 422
    assert {"#f-to_on", "#f-board"} <= set(re.findall(r'href="(#f-\w+)"', wrong.text))
    assert 'value="2026-03-20"' in wrong.text


def test_a_supplier_shows_its_contracts_and_another_regions_supplier_is_not_there(play: Play) -> None:
    browser = sign_in(play, "officer")
    assert "Inga leverantörer här." in words(browser.get("/suppliers"))
    assert browser.get("/suppliers/0123").status_code == 404
    assert browser.get("/suppliers?after=strunt").status_code == 422


def test_every_page_of_administration_speaks_english_too(play: Play) -> None:
    play.do(
        "admin", SetSubstitute(play.people["owner"], play.people["owner_2"], play.clock.now().date(), play.clock.now().date())
    )  # fmt: skip
    browser = sign_in(play, "admin")
    for path in (
        "/operations", "/trail", "/reports/delegated-decisions", "/admin/people", f"/admin/people/{play.people['owner']}",
        "/admin/units", f"/admin/units/{play.people['unit']}", "/admin/mandates", "/admin/substitutes",
        "/admin/parameters", "/admin/parameters/mail_hour", "/me", "/suppliers", "/processes", "/help", "/accessibility",
    ):  # fmt: skip
        page = browser.get(path, params={"lang": "en"})
        assert page.status_code == 200, path
        assert '<html lang="en">' in page.text
        assert "Sign out" in page.text, path
