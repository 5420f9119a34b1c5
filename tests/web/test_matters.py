"""Where several wait, the page of the step that settles them asks which one it is about."""

from __future__ import annotations

from tests.play import Play
from tests.web.paper import Paper
from tests.web.site import csrf_token, sign_in
from tests.workflow.test_matters import begun, due, settled
from tests.workflow.test_renewal import contract


def test_the_page_offers_what_waits_in_its_own_words_and_the_oldest_first(play: Play) -> None:
    contract(play)
    first = begun(play, "Parten A vill byta ort", "2026-02-02")
    browser = sign_in(play, "officer")
    path = f"/cases/{play.case}/do/record_party_decision"

    def offered() -> list[tuple[str | None, str]]:
        tree = Paper(browser.get(path)).tree
        return [(o.get("value"), "".join(o.itertext())) for o in tree.iterfind(".//select[@name='matter']/option")]

    assert offered() == [], "there is nothing to choose"
    second = begun(play, "Parten B vill byta varor", "2026-02-23")
    assert offered() == [
        (str(first), "2 feb. 2026: Parten A vill byta ort"),
        (str(second), "23 feb. 2026: Parten B vill byta varor"),
    ]
    version = str(play.row().row_version)
    form = {"csrf_token": csrf_token(browser), "row_version": version, "decided_on": play.today.isoformat(),
            "party_outcome": "Avslag", "matter": str(second)}  # fmt: skip
    assert browser.post(path, data=form).status_code == 303
    assert settled(play) == [second]
    assert due(play, "record_party_decision")
    assert offered() == []
