"""What waits after the steps that were taken."""

from __future__ import annotations

from datetime import date

from states.matters import Record, waiting

MARCH, APRIL, OCTOBER = date(2026, 3, 2), date(2026, 4, 1), date(2026, 10, 1)


def numbers(*records: Record) -> list[int | None]:
    return [m.number for m in waiting(records)]


def test_the_oldest_comes_first_and_each_is_settled_by_itself() -> None:
    begun = (
        Record(2, "record_party_matter", None, APRIL, None),
        Record(3, "record_party_matter", None, MARCH, None),
        Record(4, "record_contract_change", None, MARCH, None),
    )
    assert numbers(*begun) == [3, 4, 2]
    assert numbers(*begun, Record(5, "record_party_decision", None, None, 3)) == [4, 2]


def test_a_change_that_nobody_advertises_never_waits() -> None:
    assert numbers(Record(2, "record_contract_change", None, None, None)) == []


def test_what_was_settled_before_they_were_told_apart_settled_all_that_waited_then() -> None:
    begun = (Record(2, "record_party_matter", None, MARCH, None), Record(3, "record_party_matter", None, APRIL, None))
    old = Record(5, "record_party_decision", None, None, None)
    assert numbers(*begun, old) == []
    assert numbers(*begun, old, Record(6, "record_party_matter", None, APRIL, None)) == [6]
    asked = waiting((*begun, Record(4, "record_party_asks", None, OCTOBER, None)))
    assert {m.asked_on for m in asked} == {OCTOBER}
    asked = waiting((*begun, Record(4, "record_party_asks", None, OCTOBER, 3)))
    assert [m.asked_on for m in asked] == [None, OCTOBER]


def test_lots_are_kept_apart() -> None:
    asked = (
        Record(2, "record_reasons_request", 1, MARCH, None),
        Record(3, "record_reasons_request", 2, MARCH, None),
    )
    assert numbers(*asked, Record(4, "record_reasons_given", 1, None, None)) == [3]
