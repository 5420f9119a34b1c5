"""Signing in with a region's own account, against a provider that speaks real HTTP and signs with real keys."""

from __future__ import annotations

import logging
import re
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from fastapi.testclient import TestClient

from tests.play import TARGET, Play
from tests.provider import CLIENT, SECRET, TestProvider, running
from tests.web.site import PASSWORD, csrf_token, email, program, site
from tests.web.site import sign_in as by_password
from workflow.clock import FixedClock
from workflow.commands import BindIdentity, DisableUser, SetDirectoryNumber, SetPassword, UnbindIdentity
from workflow.config import ProviderSettings, Settings
from workflow.housekeeping import sweep
from workflow.people import provider as provider_rules
from workflow.people.provider import Provider, ProviderUnavailable

SUB = "f3c1-åsa"


@pytest.fixture(scope="module")
def server() -> Iterator[TestProvider]:
    from tests.people import BEGIN

    with running(FixedClock(BEGIN)) as provider:
        yield provider


@pytest.fixture
def provider(server: TestProvider, clock: FixedClock) -> TestProvider:
    server.begin(clock)
    server.add("åsa", SUB, name="Åsa Ägare", email="asa.agare@norrbotten.example")
    return server


def visitor(play: Play, provider: TestProvider, **more: Any) -> TestClient:
    """A browser at a Stegvis that uses the region's sign-in."""
    settings = {
        "oidc_issuer": provider.address, "oidc_client_id": CLIENT, "oidc_client_secret": SECRET,
        "oidc_region": "norrbotten", "oidc_claims": "number=employeeHsaId", **more,
    }  # fmt: skip
    return site(play, **settings)


def bound(play: Play, provider: TestProvider, who: str = "owner", sub: str = SUB) -> None:
    play.do("admin", BindIdentity(play.people[who], issuer=provider.address, subject=sub))


def there(browser: TestClient, path: str = "/sign-in/provider?next=/contracts") -> str:
    """The address at the provider that Stegvis sends the browser to."""
    answer = browser.get(path)
    assert answer.status_code == 303, answer.text
    return answer.headers["location"]


def back(browser: TestClient, address: str) -> Any:
    """The browser comes back to Stegvis."""
    parts = urlsplit(address)
    assert address.startswith("http://127.0.0.1:8000/sign-in/provider/callback?")
    return browser.get(f"{parts.path}?{parts.query}")


def signed_in(browser: TestClient, provider: TestProvider, name: str = "åsa", path: str = "") -> Any:
    """The whole way: out, log in there, back. The answer to coming back."""
    return back(browser, provider.sign_in(there(browser, path or "/sign-in/provider?next=/contracts"), name))


def access(play: Play) -> list[tuple[str, str]]:
    rows = play.sql("SELECT kind, actor_id FROM audit_events WHERE stream_id = 'access.norrbotten' ORDER BY seq")
    return [(r.kind, r.actor_id) for r in rows]


def kinds(play: Play) -> list[str]:
    return [kind for kind, _ in access(play)]


def text_of(answer: Any) -> str:
    return " ".join(re.sub(r"<[^>]+>", " ", answer.text).split())


# --- the way in --------------------------------------------------------------------------------------------------


def test_who_is_bound_comes_in_and_lands_where_they_were_going(play: Play, provider: TestProvider) -> None:
    bound(play, provider)
    browser = visitor(play, provider)
    page = browser.get("/sign-in?next=/contracts?x=1%26y=2")
    assert "Logga in med regionens konto" in page.text
    link = re.search(r'href="(/sign-in/provider[^"]+)"', page.text)
    assert link
    address = there(browser, link[1].replace("&amp;", "&"))
    asked = parse_qs(urlsplit(address).query)
    assert asked["code_challenge_method"] == ["S256"]
    assert {"state", "nonce", "code_challenge", "max_age"} <= set(asked)
    welcome = back(browser, provider.sign_in(address, "åsa"))
    assert (welcome.status_code, welcome.headers["location"]) == (303, "/contracts?x=1&y=2")
    assert "Åsa Ägare" in browser.get("/me").text
    assert access(play) == [("signed_in", play.people["owner"])]


@pytest.mark.parametrize("next_page", ["//evil.example", "https://evil.example", "/\\evil.example", "javascript:x"])
def test_the_way_back_leads_nowhere_else(play: Play, provider: TestProvider, next_page: str) -> None:
    bound(play, provider)
    browser = visitor(play, provider)
    assert signed_in(browser, provider, path=f"/sign-in/provider?next={next_page}").headers["location"] == "/"


def test_the_session_is_new_and_the_old_one_dead(play: Play, provider: TestProvider) -> None:  # I47
    bound(play, provider)
    browser = visitor(play, provider)
    by_hand = by_password(play, "owner")
    old = by_hand.cookies["sid"]
    browser.cookies.set("sid", old)
    signed_in(browser, provider)
    thief = site(play)
    thief.cookies.set("sid", old)
    assert thief.get("/me").status_code == 303


def test_nothing_is_asked_of_the_provider_before_somebody_goes_there(play: Play, provider: TestProvider) -> None:
    browser = visitor(play, provider)
    for path in ("/sign-in", "/readyz", "/healthz", "/sign-in/provider/callback?code=x&state=y"):
        browser.get(path)
    assert provider.requests == []


def test_no_code_token_or_secret_is_written_in_a_log_or_a_column(  # I33
    play: Play, provider: TestProvider, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    bound(play, provider)
    browser = visitor(play, provider)
    address = provider.sign_in(there(browser), "åsa")
    back(browser, address)
    back(browser, address)
    code = parse_qs(urlsplit(address).query)["code"][0]
    ours = "\n".join(r.getMessage() for r in caplog.records if r.name.startswith(("workflow", "states", "templates")))
    assert code not in ours
    assert SECRET not in ours
    (row,) = play.sql("SELECT * FROM sessions WHERE ended_at IS NULL")
    assert row.sealed_token
    assert not row.sealed_token.startswith("ey")
    assert browser.cookies["sid"] not in str(row)


# --- who is nobody here ------------------------------------------------------------------------------------------


def test_a_stranger_is_told_what_to_do_and_an_administrator_lets_them_in(play: Play, provider: TestProvider) -> None:
    browser = visitor(play, provider)
    refused = signed_in(browser, provider)
    assert refused.status_code == 403
    assert "Be en Stegvis-administratör i din region" in text_of(refused)
    code = re.search(r"Kod\s+([0-9a-f]{6})", text_of(refused))
    assert code
    assert "sid" not in browser.cookies
    assert kinds(play) == ["sign_in_failed"]
    admin = by_password(play, "admin")
    page = admin.get("/admin/identities")
    assert "Åsa Ägare" in page.text
    assert code[1] in page.text
    action = re.search(r'action="(/admin/identities/[^"]+/bind)"', page.text)
    assert action
    empty = admin.post(action[1], data={"csrf_token": csrf_token(admin), "person": ""})
    assert empty.status_code == 422
    done = admin.post(action[1], data={"csrf_token": csrf_token(admin), "person": play.people["owner"]})
    assert done.status_code == 303
    people = play.sql("SELECT kind FROM audit_events WHERE stream_id = 'people.norrbotten' ORDER BY seq DESC LIMIT 1")
    assert people[0].kind == "identity_bound"
    assert signed_in(browser, provider).status_code == 303
    unbind = re.search(r'action="(/admin/identities/[^"]+/unbind)"', admin.get("/admin/identities").text)
    assert unbind
    assert admin.post(unbind[1], data={"csrf_token": csrf_token(admin)}).status_code == 303
    assert browser.get("/me").status_code == 303
    assert signed_in(browser, provider).status_code == 403


def test_an_address_of_e_mail_makes_nobody_somebody(play: Play, provider: TestProvider) -> None:  # nOAuth
    """Who sets the head's address at the provider, verified or not, waits like any stranger."""
    play.do("admin", SetDirectoryNumber(play.people["head"], "SE2321000-1234"))
    provider.add("mallory", "m", email=email(play, "head"), email_verified=True, preferred_username=email(play, "head"))
    assert signed_in(visitor(play, provider), provider, "mallory").status_code == 403
    with pytest.raises(ValueError, match="STEGVIS_OIDC_CLAIMS"):
        Settings(oidc_issuer=provider.address, oidc_client_id=CLIENT, oidc_claims="number=email")


def test_a_number_in_the_directory_lets_in_at_once_and_only_the_first(play: Play, provider: TestProvider) -> None:
    play.do("admin", SetDirectoryNumber(play.people["head"], "SE2321000-1234"))
    provider.add("cecilia", "c", employeeHsaId="se2321000-1234")
    provider.add("mallory", "m", employeeHsaId="SE2321000-1234")
    browser = visitor(play, provider)
    assert signed_in(browser, provider, "cecilia").status_code == 303
    assert "Cecilia Chef" in browser.get("/me").text
    assert signed_in(visitor(play, provider), provider, "mallory").status_code == 403


def test_a_disabled_person_stays_outside(play: Play, provider: TestProvider) -> None:  # I45
    bound(play, provider)
    browser = visitor(play, provider)
    assert signed_in(browser, provider).status_code == 303
    play.do("admin", DisableUser(email(play, "owner")))
    assert browser.get("/me").status_code == 303
    refused = signed_in(browser, provider)
    assert refused.status_code == 403
    assert "stängt" in refused.text
    assert kinds(play)[-1] == "sign_in_failed"


def test_a_region_s_provider_lets_in_its_own_people_only(play: Play, kalmar: Play, provider: TestProvider) -> None:
    kalmar.do("admin", BindIdentity(kalmar.people["owner"], issuer=provider.address, subject=SUB))
    assert signed_in(visitor(play, provider), provider).status_code == 403
    assert "Åsa Ägare" not in by_password(play, "admin").get("/admin/identities").text


def test_nobody_binds_or_unbinds_in_another_region(play: Play, kalmar: Play, provider: TestProvider) -> None:  # I41
    signed_in(visitor(play, provider), provider)
    (row,) = play.sql("SELECT id FROM identities")
    from workflow.errors import NotFound, StegvisError

    for command in (
        BindIdentity(kalmar.people["owner"], row.id),
        BindIdentity(play.people["owner"], row.id),
        UnbindIdentity(row.id),
    ):
        with pytest.raises(NotFound):
            kalmar.do("admin", command)
    for command in (BindIdentity(play.people["officer"], row.id), SetDirectoryNumber(play.people["officer"], "1")):
        with pytest.raises(StegvisError, match="forbidden"):
            play.do("officer", command)


# --- what does not hold ------------------------------------------------------------------------------------------


def changed(**changes: Any) -> Any:
    def spoil(claims: dict[str, Any]) -> None:
        for name, value in changes.items():
            if value is None:
                claims.pop(name, None)
            else:
                claims[name] = value(claims) if callable(value) else value

    return spoil


@pytest.mark.parametrize(
    "spoil",
    [
        changed(nonce="another"),
        changed(nonce=None),
        changed(aud="another client"),
        changed(aud=[CLIENT, "another"]),
        changed(azp="another"),
        changed(iss="https://another-tenant.example"),
        changed(sub=None),
        changed(sub=""),
        changed(sub=17),
        changed(exp=lambda c: c["iat"] - 120),
        changed(exp=None),
        changed(iat=lambda c: c["iat"] + 600),
        changed(nbf=lambda c: c["iat"] + 600),
    ],
)
def test_a_token_that_is_not_for_this_sign_in_lets_nobody_in(play: Play, provider: TestProvider, spoil: Any) -> None:
    bound(play, provider)
    provider.spoil = spoil
    browser = visitor(play, provider)
    assert signed_in(browser, provider).status_code == 401
    assert "sid" not in browser.cookies
    assert kinds(play) == []


def test_two_clocks_may_differ_by_a_minute(play: Play, provider: TestProvider) -> None:
    bound(play, provider)
    provider.spoil = changed(iat=lambda c: c["iat"] + 45, exp=lambda c: c["iat"] - 45)
    assert signed_in(visitor(play, provider), provider).status_code == 303


@pytest.mark.parametrize("algorithm", ["none", "HS256"])
def test_a_signature_that_anybody_could_make_is_none(play: Play, provider: TestProvider, algorithm: str) -> None:
    bound(play, provider)
    provider.algorithm = algorithm
    assert signed_in(visitor(play, provider), provider).status_code == 401


def test_a_key_of_somebody_else_signs_nothing(play: Play, provider: TestProvider) -> None:
    bound(play, provider)
    browser = visitor(play, provider)
    signed_in(browser, provider)
    from joserfc import jwk

    own, kept = provider.keys[0], provider.keys
    forged = jwk.RSAKey.generate_key(2048, {"kid": own.kid, "use": "sig"})
    address = provider.sign_in(there(browser), "åsa")
    provider.sign = lambda claims: TestProvider.sign(_with(provider, forged), claims)  # type: ignore[method-assign]
    try:
        assert back(browser, address).status_code == 401
    finally:
        del provider.sign  # type: ignore[method-assign]
        provider.keys = kept


def _with(provider: TestProvider, key: Any) -> TestProvider:
    """The same provider with another key in its hand (and the right one on its door)."""
    other = object.__new__(TestProvider)
    other.__dict__ = {**provider.__dict__, "keys": [key]}
    return other


def test_new_keys_are_fetched_when_a_token_names_one(play: Play, provider: TestProvider, monkeypatch: Any) -> None:
    bound(play, provider)
    browser = visitor(play, provider)
    moment = [1000.0]
    monkeypatch.setattr("workflow.people.provider.monotonic", lambda: moment[0])
    assert signed_in(browser, provider).status_code == 303
    assert signed_in(browser, provider).status_code == 303
    assert provider.requests.count("/keys") == 1
    provider.rotate()
    moment[0] += 31
    assert signed_in(browser, provider).status_code == 303
    assert provider.requests.count("/keys") == 2


def test_while_one_thread_asks_the_provider_others_go_on_with_what_is_known(
    play: Play, provider: TestProvider, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("workflow.people.provider.WAIT", 0.05)
    moment, asked, answers = [1000.0], threading.Event(), threading.Event()
    monkeypatch.setattr("workflow.people.provider.monotonic", lambda: moment[0])
    known = Provider(ProviderSettings(issuer=provider.address, client_id=CLIENT), play.clock)
    fetch = provider_rules._fetch

    def slow(url: str, *more: Any) -> Any:
        asked.set()
        assert answers.wait(10)
        return fetch(url, *more)

    monkeypatch.setattr("workflow.people.provider._fetch", slow)
    with ThreadPoolExecutor() as threads:
        first = threads.submit(known.description)
        assert asked.wait(10)
        with pytest.raises(ProviderUnavailable):
            known.description()
        answers.set()
        told = first.result()
        moment[0] += 3601
        asked.clear()
        answers.clear()
        again = threads.submit(known.description)
        assert asked.wait(10)
        assert threads.submit(known.description).result(5) == told
        answers.set()
        assert again.result() == told


def test_a_state_of_another_browser_or_day_begins_nothing(play: Play, provider: TestProvider) -> None:
    bound(play, provider)
    browser, victim = visitor(play, provider), visitor(play, provider)
    address = provider.sign_in(there(browser), "åsa")
    there(victim)
    assert back(victim, address).status_code == 400
    assert back(victim, re.sub(r"state=[^&]+", "state=" + "x" * 43, address)).status_code == 400
    play.clock.at += timedelta(minutes=11)
    late = back(browser, address)
    assert late.status_code == 400
    assert "Börja om" in late.text
    assert "/token" not in provider.requests
    assert kinds(play) == []


def test_a_code_counts_once(play: Play, provider: TestProvider) -> None:
    bound(play, provider)
    browser = visitor(play, provider)
    address = there(browser)
    name = "flow-" + parse_qs(urlsplit(address).query)["state"][0][:12]
    flow = browser.cookies[name]
    answer = provider.sign_in(address, "åsa")
    assert back(browser, answer).status_code == 303
    assert back(browser, answer).status_code == 400
    other = visitor(play, provider)
    other.cookies.set(name, flow)
    assert back(other, answer).status_code == 401


def test_a_sign_in_whose_code_was_stolen_is_worth_nothing_without_its_verifier(
    play: Play, provider: TestProvider
) -> None:
    """The thief puts the victim's code into a sign-in of their own: PKCE and nonce both say no."""
    bound(play, provider)
    stolen = parse_qs(urlsplit(provider.sign_in(there(visitor(play, provider)), "åsa")).query)["code"][0]
    thief = visitor(play, provider)
    own = parse_qs(urlsplit(there(thief)).query)["state"][0]
    assert thief.get(f"/sign-in/provider/callback?code={stolen}&state={own}").status_code == 401


def test_an_answer_of_another_issuer_is_not_taken(play: Play, provider: TestProvider) -> None:  # mix-up, RFC 9207
    bound(play, provider)
    browser = visitor(play, provider)
    address = provider.sign_in(there(browser), "åsa")
    assert back(browser, re.sub(r"iss=[^&]+", "iss=https://evil.example", address)).status_code == 401


def test_a_discovery_document_of_another_tenant_is_not_taken(play: Play, provider: TestProvider) -> None:
    provider.description = {"issuer": "https://another-tenant.example"}
    assert visitor(play, provider).get("/sign-in/provider").status_code == 503
    provider.description = {"token_endpoint": "http://evil.example/token"}
    assert visitor(play, provider).get("/sign-in/provider").status_code == 503


def test_who_breaks_off_there_reads_what_happened(play: Play, provider: TestProvider) -> None:
    browser = visitor(play, provider)
    state = parse_qs(urlsplit(there(browser)).query)["state"][0]
    answer = browser.get(f"/sign-in/provider/callback?error=access_denied&state={state}")
    assert answer.status_code == 401
    assert "Inloggningen avbröts" in answer.text


def test_a_provider_that_is_down_keeps_nobody_with_a_password_outside(play: Play, provider: TestProvider) -> None:
    provider.down = True
    browser = visitor(play, provider)
    answer = browser.get("/sign-in/provider")
    assert answer.status_code == 503
    assert "svarar inte" in answer.text
    asked = len(provider.requests)
    assert browser.get("/sign-in/provider").status_code == 503
    assert len(provider.requests) == asked, "left alone for a while"
    play.do("admin", SetPassword(play.people["owner"], PASSWORD))
    form = {"email": email(play, "owner"), "password": PASSWORD}
    assert browser.post("/sign-in", data=form).status_code == 303


def test_many_codes_that_fail_close_the_door_for_their_address(play: Play, provider: TestProvider) -> None:  # I52
    browser = visitor(play, provider)
    for _ in range(60):
        play.sql("INSERT INTO sign_in_failures (id, subject, at) VALUES (:i, :s, :a)",
                 i=str(_), s=_subject(), a=play.clock.at.isoformat(sep=" "))  # fmt: skip
    state = parse_qs(urlsplit(there(browser)).query)["state"][0]
    assert browser.get(f"/sign-in/provider/callback?code=x&state={state}").status_code == 429
    assert "/token" not in provider.requests


def _subject() -> str:
    from workflow.people.sessions import counted_as

    return counted_as("address", "testclient")


# --- confirming before a decision --------------------------------------------------------------------------------


def at_the_target(play: Play) -> str:
    """A procurement that waits for the owner to fix its targets."""
    case = play.open()
    play.act("officer", "submit_needs_analysis", need="Städ", kind="services", track="above_threshold",
             estimated_value=9e6)  # fmt: skip
    play.act("owner", "decide_start")
    risks: dict[str, Any] = {f"risk_{n}": "low" for n in ("environment", "human_rights", "corruption", "labour_law")}
    play.act("officer", "submit_risk_analysis", **risks)
    play.act("officer", "save_targets", targets=[TARGET])
    play.act("strategist", "record_opinion", supports=True, opinion="Bra")
    play.act("officer", "submit_targets")
    return case


def hidden(page: str) -> dict[str, str]:
    """The hidden fields of the form of a step."""
    form = re.search(r'<form method="post" action="/cases/[^"]+/do/.*?</form>', page, re.S)
    assert form, page
    return dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)"', form[0]))


def decide(browser: TestClient, case: str, **typed: str) -> Any:
    path = f"/cases/{case}/do/decide_sustainability_target"
    return browser.post(path, data={**hidden(browser.get(path).text), **typed})


def press_again(browser: TestClient, path: str) -> Any:
    """Send the form as it is shown, typed values included."""
    page = browser.get(path).text
    written = dict(re.findall(r'<input id="f-\w+" name="(\w+)" type="text" value="([^"]*)"', page))
    return browser.post(path.partition("?")[0], data={**hidden(page), **written})


def test_a_decision_just_after_signing_in_asks_nothing_more(play: Play, provider: TestProvider) -> None:
    case = at_the_target(play)
    bound(play, provider)
    browser = visitor(play, provider)
    signed_in(browser, provider)
    play.clock.at += timedelta(minutes=9)
    assert decide(browser, case).headers["location"].startswith(f"/cases/{case}/done/")


def test_an_old_session_confirms_at_the_provider_and_nothing_typed_is_lost(  # I31, I47
    play: Play, provider: TestProvider
) -> None:
    case = at_the_target(play)
    bound(play, provider)
    browser = visitor(play, provider, oidc_acr_step_up="loa3 loa4")
    provider.people["åsa"].acr = "loa3"
    signed_in(browser, provider)
    old = browser.cookies["sid"]
    play.clock.at += timedelta(minutes=11)
    other_tab = csrf_token(browser)
    asked = decide(browser, case, reasons="Därför att åäö")
    assert play.row(case).state == "target_decision"
    page = browser.get(asked.headers["location"])
    assert "Bekräfta att det är du" in page.text
    link = re.search(r'href="(/sign-in/provider\?confirm=\w+)"', page.text)
    assert link
    returned = signed_in(browser, provider, path=link[1])
    assert provider.asked["acr_values"] == "loa3 loa4"
    assert int(provider.asked["max_age"]) <= 600
    assert returned.status_code == 303
    assert browser.cookies["sid"] != old
    filled = browser.get(returned.headers["location"])
    assert "Därför att åäö" in filled.text
    assert "Du har bekräftat att det är du" in filled.text
    assert play.row(case).state == "target_decision"
    done = press_again(browser, returned.headers["location"])
    assert done.headers["location"].startswith(f"/cases/{case}/done/")
    assert play.row(case).state == "requirement_selection"
    kept = play.sql("SELECT value FROM audit_payloads WHERE name = 'reasons' AND value LIKE '%åäö%'")
    assert [r.value for r in kept] == ['"Därför att åäö"']
    thief = site(play)
    thief.cookies.set("sid", old)
    assert thief.get("/me").status_code == 303
    assert csrf_token(browser) == other_tab, "what is written in another tab can still be sent"
    assert kinds(play) == ["signed_in", "identity_confirmed"]


@pytest.mark.parametrize(
    ("spoil", "text"),
    [
        (changed(auth_time=lambda c: c["iat"] - 900), "för länge sedan"),
        (changed(auth_time=None), "när du loggade in"),
        (changed(acr="loa2"), "starkare"),
        (changed(acr=None), "starkare"),
    ],
)
def test_an_old_or_a_weak_sign_in_confirms_nothing(play: Play, provider: TestProvider, spoil: Any, text: str) -> None:
    case = at_the_target(play)
    bound(play, provider)
    browser = visitor(play, provider, oidc_acr_step_up="loa3")
    signed_in(browser, provider)
    provider.people["åsa"].acr = "loa3"
    asked = decide(browser, case, reasons="Kvar")  # fresh, but the session is loa2
    assert asked.headers["location"].startswith("/confirm/")
    provider.spoil = spoil
    form = asked.headers["location"].rsplit("/", 1)[1]
    refused = signed_in(browser, provider, path=f"/sign-in/provider?confirm={form}")
    assert refused.status_code == 401
    assert text in refused.text
    assert browser.get("/me").status_code == 200, "still signed in as before"
    provider.spoil = None
    again = signed_in(browser, provider, path=f"/sign-in/provider?confirm={form}")
    assert "Kvar" in browser.get(again.headers["location"]).text


def test_somebody_else_confirms_nothing(play: Play, provider: TestProvider) -> None:
    case = at_the_target(play)
    bound(play, provider)
    provider.add("cecilia", "c")
    bound(play, provider, "head", "c")
    browser = visitor(play, provider)
    signed_in(browser, provider)
    play.clock.at += timedelta(minutes=11)
    form = decide(browser, case).headers["location"].rsplit("/", 1)[1]
    refused = signed_in(browser, provider, "cecilia", path=f"/sign-in/provider?confirm={form}")
    assert refused.status_code == 403
    assert "Åsa Ägare" in browser.get("/me").text


def test_a_provider_that_tells_no_time_is_asked_again_before_the_first_decision(
    play: Play, provider: TestProvider
) -> None:
    case = at_the_target(play)
    bound(play, provider)
    provider.tells_time = False
    browser = visitor(play, provider)
    signed_in(browser, provider)
    assert decide(browser, case).headers["location"].startswith("/confirm/")


def test_a_password_session_confirms_with_the_password(play: Play) -> None:
    case = at_the_target(play)
    browser = by_password(play, "owner")
    play.clock.at += timedelta(minutes=11)
    place = decide(browser, case, reasons="Skäl som tog en halvtimme").headers["location"]
    token = csrf_token(browser)
    assert browser.post(place, data={"csrf_token": token, "password": ""}).status_code == 422
    wrong = browser.post(place, data={"csrf_token": token, "password": "fel"})
    assert wrong.status_code == 401
    assert "Lösenordet stämmer inte" in wrong.text
    assert browser.post(place, data={"csrf_token": "gissat", "password": PASSWORD}).status_code == 403
    right = browser.post(place, data={"csrf_token": token, "password": PASSWORD})
    assert "Skäl som tog en halvtimme" in browser.get(right.headers["location"]).text
    assert press_again(browser, right.headers["location"]).headers["location"].startswith(f"/cases/{case}/done/")
    assert kinds(play) == ["signed_in", "sign_in_failed", "identity_confirmed"]


def test_a_key_that_may_decide_is_made_by_whoever_showed_lately_who_they_are(play: Play) -> None:
    browser = by_password(play, "owner")
    play.clock.at += timedelta(minutes=11)
    form = {"csrf_token": csrf_token(browser)}
    place = browser.post("/me/tokens", data=form).headers["location"]
    assert place.startswith("/confirm/")
    assert "skapa en nyckel" in browser.get(place).text
    assert play.sql("SELECT * FROM api_tokens") == []
    right = browser.post(place, data={**form, "password": PASSWORD})
    assert "tryck en gång till" in browser.get(right.headers["location"]).text
    assert "stv_" in browser.post("/me/tokens", data=form).text


def test_a_demo_session_confirms_with_a_press(play: Play) -> None:
    case = at_the_target(play)
    play.sql("UPDATE people SET demo = :yes WHERE id = :id", yes=True, id=play.people["owner"])
    browser = site(play, demo=True)
    browser.post("/sign-in/demo", data={"email": email(play, "owner")})
    play.clock.at += timedelta(minutes=11)
    place = decide(browser, case).headers["location"]
    assert "password" not in browser.get(place).text
    right = browser.post(place, data={"csrf_token": csrf_token(browser)})
    assert press_again(browser, right.headers["location"]).headers["location"].startswith(f"/cases/{case}/done/")


def test_a_key_that_would_decide_asks_an_old_session_who_it_is(play: Play) -> None:
    """Else an open screen makes one, and the key decides without being asked."""
    browser = by_password(play, "head")
    play.clock.at += timedelta(minutes=11)
    asked = browser.post("/me/tokens", data={"csrf_token": csrf_token(browser)})
    assert (asked.status_code, asked.headers["location"][:9]) == (303, "/confirm/")
    assert play.sql("SELECT token_hash FROM api_tokens") == []
    back = browser.post(asked.headers["location"], data={"csrf_token": csrf_token(browser), "password": PASSWORD})
    assert browser.get(back.headers["location"]).status_code == 200
    made = browser.post("/me/tokens", data={"csrf_token": csrf_token(browser, "/me")})
    assert "stv_" in made.text


def test_what_decides_nothing_asks_for_no_confirmation(play: Play) -> None:
    case = play.open()
    browser = by_password(play, "officer")
    play.clock.at += timedelta(minutes=25)
    path = f"/cases/{case}/do/submit_needs_analysis"
    form = {**hidden(browser.get(path).text), "need": "Städ", "kind": "services", "track": "above_threshold",
            "estimated_value": "9000000"}  # fmt: skip
    assert browser.post(path, data=form).headers["location"] == f"/cases/{case}"


def test_what_was_written_is_its_writer_s_alone(play: Play) -> None:
    case = at_the_target(play)
    browser = by_password(play, "owner")
    play.clock.at += timedelta(minutes=11)
    place = decide(browser, case, reasons="Hemligt skäl").headers["location"]
    other = by_password(play, "head")
    assert other.get(place).status_code == 404
    stolen = other.get(f"/cases/{case}/do/decide_sustainability_target?kept={place.rsplit('/', 1)[1]}")
    assert "Hemligt skäl" not in stolen.text
    (row,) = play.sql("SELECT sealed FROM kept_forms")
    assert "Hemligt" not in row.sealed
    play.clock.at += timedelta(days=2)
    sweep(play.app)
    assert play.sql("SELECT id FROM kept_forms") == []


def test_a_program_decides_with_its_token_and_a_browser_at_the_api_confirms_like_any(play: Play) -> None:
    case = at_the_target(play)
    path = f"/api/v1/cases/{case}/actions/decide_sustainability_target"
    basis = play.basis("owner", "decide_sustainability_target")
    body = {"row_version": play.row(case).row_version, "basis_hash": basis, "form": {}}
    browser = by_password(play, "owner")
    token = csrf_token(browser)
    play.clock.at += timedelta(minutes=11)
    refused = browser.post(path, json=body, headers={"X-CSRF-Token": token})
    assert refused.status_code == 403
    assert refused.json()["code"] in ("confirmation_needed", "csrf")
    assert program(play, "owner").post(path, json=body).status_code == 200


# --- the way out -------------------------------------------------------------------------------------------------


def test_signing_out_ends_here_first_and_then_there(play: Play, provider: TestProvider) -> None:
    bound(play, provider)
    browser = visitor(play, provider)
    signed_in(browser, provider)
    kept = browser.cookies["sid"]
    page = browser.post("/sign-out", data={"csrf_token": csrf_token(browser)})
    assert page.status_code == 200
    there = re.search(r'http-equiv="refresh" content="0; url=([^"]+)"', page.text)
    assert there
    parts = urlsplit(there[1].replace("&amp;", "&"))
    assert f"{parts.scheme}://{parts.netloc}{parts.path}" == f"{provider.address}/logout"
    asked = parse_qs(parts.query)
    assert asked["post_logout_redirect_uri"] == ["http://127.0.0.1:8000/sign-in"]
    assert asked["id_token_hint"][0].startswith("ey")
    thief = site(play)
    thief.cookies.set("sid", kept)
    assert thief.get("/me").status_code == 303
    assert kinds(play) == ["signed_in", "signed_out"]


def test_signing_out_works_with_the_provider_down(play: Play, provider: TestProvider) -> None:
    bound(play, provider)
    browser = visitor(play, provider)
    signed_in(browser, provider)
    token = csrf_token(browser)
    fresh = visitor(play, provider)
    fresh.cookies.set("sid", browser.cookies["sid"])
    provider.down = True
    out = fresh.post("/sign-out", data={"csrf_token": token})
    assert out.headers["location"] == "/sign-in"


def logout(browser: TestClient, token: str) -> int:
    answer = browser.post("/sign-in/provider/logout", data={"logout_token": token})
    assert "sid" not in answer.headers.get("set-cookie", "")
    return int(answer.status_code)


@pytest.mark.parametrize("named", [{"sub": SUB}, {"sid": f"sid-{SUB}"}, {"sub": SUB, "sid": f"sid-{SUB}"}])
def test_signing_out_there_ends_it_here(play: Play, provider: TestProvider, named: dict[str, str]) -> None:  # I45
    bound(play, provider)
    browser = visitor(play, provider)
    signed_in(browser, provider)
    nobody = visitor(play, provider)
    token = provider.logout_token(**named)
    assert logout(nobody, token) == 200
    assert browser.get("/me").status_code == 303
    assert kinds(play) == ["signed_in", "signed_out"]
    signed_in(browser, provider)
    assert logout(nobody, token) == 400, "an order is followed once"
    assert browser.get("/me").status_code == 200


def test_signing_out_there_of_another_sign_in_ends_nothing(play: Play, provider: TestProvider) -> None:
    bound(play, provider)
    browser = visitor(play, provider)
    signed_in(browser, provider)
    assert logout(browser, provider.logout_token(sub=SUB, sid="another")) == 200
    assert logout(browser, provider.logout_token(sub="another")) == 200
    assert browser.get("/me").status_code == 200


@pytest.mark.parametrize(
    "changes",
    [
        {"sub": None},
        {"events": {}},
        {"events": None},
        {"nonce": "n"},
        {"aud": "another"},
        {"iss": "https://another.example"},
        {"jti": None},
        {"iat": 0, "exp": None},
        {"exp": 1},
    ],
)
def test_an_order_that_does_not_hold_ends_nothing(
    play: Play, provider: TestProvider, changes: dict[str, Any]
) -> None:  # fmt: skip
    bound(play, provider)
    browser = visitor(play, provider)
    signed_in(browser, provider)
    assert logout(browser, provider.logout_token(**{"sub": SUB, **changes})) == 400
    provider.algorithm = "none"
    assert logout(browser, provider.logout_token(sub=SUB)) == 400
    assert logout(browser, "nonsense") == 400
    assert logout(browser, "") == 400
    assert browser.get("/me").status_code == 200


def test_an_id_token_is_no_order_to_sign_out(play: Play, provider: TestProvider) -> None:
    bound(play, provider)
    browser = visitor(play, provider)
    signed_in(browser, provider)
    assert logout(browser, provider.sign(provider.id_claims("åsa", "n"))) == 400
    assert browser.get("/me").status_code == 200


# --- several regions ---------------------------------------------------------------------------------------------


def test_each_region_has_its_own_way_in(play: Play, kalmar: Play, provider: TestProvider, tmp_path: Any) -> None:
    secret = tmp_path / "secret"
    secret.write_text(SECRET + "\n")
    listed = tmp_path / "providers.json"
    listed.write_text(
        f'[{{"issuer": "https://kalmar.example", "client_id": "k", "region": "kalmar", "name": "Region Kalmar län"}},'
        f' {{"issuer": "{provider.address}", "client_id": "{CLIENT}", "client_secret_file": "{secret}",'
        f' "region": "norrbotten", "name": "Region Norrbotten"}}]'
    )
    bound(play, provider)
    settings = Settings(oidc_providers_file=listed)
    assert [p.region for p in settings.providers] == ["kalmar", "norrbotten"]
    browser = site(play, oidc_providers_file=listed)
    assert "Logga in med kontot hos Region Norrbotten" in browser.get("/sign-in").text
    assert signed_in(browser, provider, path="/sign-in/provider?provider=1").status_code == 303
