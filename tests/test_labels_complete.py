"""Every code that a person may meet has words in both languages; the codes are computed from the law book itself."""

from __future__ import annotations

import ast
import inspect
import re
from collections import Counter
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

from states import deviation_dates, due_dates, errors, steps
from states.definition import Mark, ProcessDefinition
from states.due_dates import DUE_DATES
from states.facts import ROUTING
from states.guards import GUARDS, registered
from states.registry import DEFINITIONS
from states.roles import Role
from states.terms import SWITCHES, TERMS
from templates.labels import LOCALES, all_labels
from workflow.engine import forms

ROOT = Path(__file__).parent.parent
CATALOGUES = ROOT / "templates" / "locale"
#: The catalogues of the law book; other subjects have a style of their own.
SUBJECTS = ("processes", "forms", "errors", "events")


def codes_of(definition: ProcessDefinition) -> Iterator[str]:
    """What a released definition shows: its phases, states and steps, and why a step has no last day."""
    name = definition.id
    yield f"process.{name}"
    yield from (f"phase.{name}.{phase}" for phase in definition.phases)
    for state in definition.states:
        yield from (f"{kind}.{name}.{state.name}" for kind in ("state", "state_waits"))
    for trigger in definition.triggers():
        yield from (f"{kind}.{name}.{trigger}" for kind in ("trigger", "done", "asked", "next"))
    yield from (f"decided.{name}.{t.trigger}" for t in definition.transitions if t.decides)
    for step in definition.transitions:  # the page of the process tells what each step demands and brings
        yield from (f"requires.{g}" for g in step.guards)
        yield from (f"effect.{e}" for e in step.effects)
        yield from (f"routing.{fact}" for fact, _ in step.when)
    owed = [s.owes for s in definition.states if s.owes] + [o for t in definition.transitions for o in t.opens]
    yield from (f"open_ended.{o.open_ended}" for o in owed if o.open_ended)


def routing_codes() -> Iterator[str]:
    for fact, values in ROUTING.items():
        yield from (f"value.{'yes_no' if values == ('yes', 'no') else fact}.{value}" for value in values)


def error_codes() -> Iterator[str]:
    refusals = (error for _, error in inspect.getmembers(errors, inspect.isclass))
    yield from (f"error.{e.code}" for e in refusals if issubclass(e, errors.LawBookError))


def anchors() -> Iterator[str]:
    """Every event that the registry of deadlines counts from: where each counting function takes its anchor."""
    position = {
        "count": 2,
        "derive": 1,
        "fixed": 1,
        "none_applies": 1,
        "_from_today": 1,
        "_from_first_day": 2,
        "agreed": 2,
    }
    for module in (due_dates, deviation_dates):
        for node in ast.walk(ast.parse(inspect.getsource(module))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in position:
                anchor = node.args[position[node.func.id] :][:1]
                if anchor and isinstance(anchor[0], ast.Constant):
                    yield "anchor." + str(anchor[0].value)


class Refusals(ast.NodeVisitor):
    """Finds what guards answer: each code, with the names of the parameters that come with it."""

    def __init__(self) -> None:
        self.found: dict[str, set[str]] = {}
        self.loops: dict[str, list[str]] = {}

    def visit_For(self, node: ast.For) -> None:
        if isinstance(node.target, ast.Name) and isinstance(node.iter, ast.Tuple):
            self.loops[node.target.id] = [str(e.value) for e in node.iter.elts if isinstance(e, ast.Constant)]
        self.generic_visit(node)

    def visit_Call(self, node: ast.Call) -> None:
        self.generic_visit(node)
        function = node.func.id if isinstance(node.func, ast.Name) else ""
        if function not in ("Unmet", "_unless"):
            return
        names = {k.arg for k in node.keywords if k.arg and k.arg not in ("cites", "cleared_by", "params")}
        for given in ast.walk(node):
            if isinstance(given, ast.Dict):
                names |= {str(key.value) for key in given.keys if isinstance(key, ast.Constant)}
        for code in self._codes(node.args[0 if function == "Unmet" else 1]):
            self.found.setdefault(code, set()).update(names)

    def _codes(self, code: ast.expr) -> list[str]:
        if isinstance(code, ast.Constant):
            return [str(code.value)]
        if not isinstance(code, ast.JoinedStr):
            return []  # the general form inside `_unless` itself
        head, hole = code.values
        assert isinstance(head, ast.Constant), ast.unparse(code)
        assert isinstance(hole, ast.FormattedValue), ast.unparse(code)
        assert isinstance(hole.value, ast.Name), ast.unparse(code)
        return [str(head.value) + value for value in self.loops[hole.value.id]]


@cache
def nodes() -> tuple[ast.AST, ...]:
    """All that stands in the modules of ours that refuse something or write on the trail, read once."""
    folders = (ROOT / "workflow", ROOT / "notifications")
    files = [file for folder in folders for file in sorted(folder.rglob("*.py"))]
    return tuple(node for file in files for node in ast.walk(ast.parse(file.read_text("utf-8"))))


def calls() -> Iterator[tuple[str, ast.Call]]:
    for node in nodes():
        if isinstance(node, ast.Call):
            if isinstance(node.func, ast.Name):
                yield node.func.id, node
            elif isinstance(node.func, ast.Attribute):
                yield node.func.attr, node


def constants(value: ast.expr) -> list[str]:
    """The codes an expression may give: itself, both ways of a choice, the values of a mapping."""
    if isinstance(value, ast.Constant) and isinstance(value.value, str):
        return [value.value]
    if isinstance(value, ast.IfExp):
        return [*constants(value.body), *constants(value.orelse)]
    if isinstance(value, ast.Dict):
        return [code for each in value.values for code in constants(each)]
    if isinstance(value, ast.Subscript):
        return constants(value.value)
    if isinstance(value, ast.Call) and isinstance(value.func, ast.Attribute) and value.func.attr == "get":
        return [*constants(value.func.value), *(code for arg in value.args[1:] for code in constants(arg))]
    return []


#: Where a refusal takes its code: argument of the call.
_REFUSALS = {"FieldError": 1, "StegvisError": 0, "NotFound": 0, "Forbidden": 0, "Stale": 0, "Conflict": 0}
_CODE = re.compile(r"[a-z]+(_[a-z]+)*")


def refused_codes() -> Iterator[str]:
    """The codes of all refusals outside the law book: raised, set on a class, or answered by a check of a value."""
    for name, call in calls():
        place = _REFUSALS.get(name, 0 if name == "ValueError" else None)
        if place is not None and len(call.args) > place:
            yield from (f"error.{code}" for code in constants(call.args[place]) if _CODE.fullmatch(code))
    for node in nodes():
        if isinstance(node, ast.ClassDef) and any(
            "Error" in ast.unparse(b) or "Stale" in ast.unparse(b) or "Exception" in ast.unparse(b) for b in node.bases
        ):
            yield from (
                f"error.{code}"
                for line in node.body
                if isinstance(line, ast.Assign) and ast.unparse(line.targets[0]) == "code"
                for code in constants(line.value)
            )
        if isinstance(node, ast.FunctionDef) and node.name == "fault":
            returned = [line.value for line in ast.walk(node) if isinstance(line, ast.Return) and line.value]
            yield from (f"error.{code}" for value in returned for code in constants(value))
    yield from (f"error.{code}" for code in forms.CODES.values())


def event_codes() -> Iterator[str]:
    """The events that are no step of a process: what a timeline or a register says somebody did."""
    place = {"note": 2, "_note": 2, "_give": 4, "note_access": 2}
    for name, call in calls():
        kinds = [k.value for k in call.keywords if k.arg == "kind"] if name == "append" else []
        if name in place and len(call.args) > place[name]:
            kinds = [call.args[place[name]]]
        yield from (f"done.{code}" for value in kinds for code in constants(value))


@cache
def refusals() -> dict[str, set[str]]:
    finder = Refusals()
    guards = {inspect.getmodule(g.check) for g in GUARDS.values()} | {registered}
    for module in (*guards, steps):
        finder.visit(ast.parse(inspect.getsource(module)))
    return finder.found


@cache
def registered_codes() -> frozenset[str]:
    roles = [f"{kind}.{role.value}" for role in Role for kind in ("role", "role_plural")]
    return frozenset(
        {
            *(code for definition in DEFINITIONS.values() for code in codes_of(definition)),
            *roles,
            *(f"guard.{code}" for code in refusals()),
            *(f"term.{name}" for name in {*TERMS, *DUE_DATES}),
            *(f"parameter.{name}" for name in {*TERMS, *SWITCHES}),
            *(f"mark.{mark.value}" for mark in Mark),
            *anchors(),
            *routing_codes(),
            *error_codes(),
            *refused_codes(),
            *event_codes(),
        }
    )


def placeholders(text: str) -> set[str]:
    return set(re.findall(r"%\((\w+)\)s", text))


def entries(locale: str) -> list[tuple[str, str]]:
    """(subject, code) of every label as it stands in the files, before they are merged."""
    pattern = re.compile(r'^msgctxt "label"\nmsgid "(.+)"$', re.MULTILINE)
    files = sorted((CATALOGUES / locale / "LC_MESSAGES").glob("*.po"))
    return [(file.stem, code) for file in files for code in pattern.findall(file.read_text("utf-8"))]


@pytest.mark.parametrize("locale", LOCALES)
def test_every_code_of_the_law_book_has_words(locale: str) -> None:
    missing = sorted(registered_codes() - set(all_labels(locale)))
    assert not missing, f"no {locale} words for {missing}"


def test_no_words_are_kept_for_what_the_law_book_no_longer_has() -> None:
    """A step that is renamed takes its words with it."""
    kinds = (
        "process.",
        "phase.",
        "state.",
        "state_waits.",
        "trigger.",
        "asked.",
        "next.",
        "guard.",
        "term.",
        "anchor.",
        "decided.",
        "done.",
    )
    kept = {code for code in all_labels("sv") if code.startswith((*kinds, "parameter.", "role.", "open_ended."))}
    assert not sorted(kept - registered_codes())


def test_both_languages_have_the_same_codes_and_placeholders() -> None:
    swedish, english = all_labels("sv"), all_labels("en")
    assert swedish.keys() == english.keys()
    assert {c for c in swedish if placeholders(swedish[c]) != placeholders(english[c])} == set()


@pytest.mark.parametrize("locale", LOCALES)
def test_a_refusal_only_names_what_its_guard_tells(locale: str) -> None:
    texts = all_labels(locale)
    told = refusals()
    assert {code: told[code] for code in told if not placeholders(texts[f"guard.{code}"]) <= told[code]} == {}


@pytest.mark.parametrize("locale", LOCALES)
def test_no_code_stands_twice(locale: str) -> None:
    """Catalogues are merged, and a second text for a code would silently win."""
    times = Counter(code for _, code in entries(locale))
    assert [code for code, n in times.items() if n > 1] == []


@pytest.mark.parametrize("locale", LOCALES)
def test_words_read_as_they_are_used(locale: str) -> None:
    """A button is no sentence, what happens next is one, and the timeline goes on after somebody's name."""
    texts = all_labels(locale)
    mine = {code: texts[code] for subject, code in entries(locale) if subject in SUBJECTS}
    for code, text in mine.items():
        kind = code.split(".")[0]
        assert text, code
        assert text == " ".join(text.split()), code
        is_sentence = text[-1] in ".?"
        if kind in ("next", "guard", "error", "hint", "open_ended"):
            assert is_sentence, code
            assert text[0].isupper(), code
        elif kind != "field":
            assert not is_sentence, code
        if kind in ("done", "state_waits", "term", "anchor", "pause"):
            assert text[0].islower(), code
        elif kind in ("trigger", "asked", "decided", "state", "field", "role", "phase", "parameter"):
            assert text[0].isupper(), code


@pytest.mark.parametrize("locale", LOCALES)
def test_two_steps_out_of_one_state_never_share_a_button_text(locale: str) -> None:
    texts = all_labels(locale)
    for definition in DEFINITIONS.values():
        for state in definition.states:
            buttons = Counter(texts[f"trigger.{definition.id}.{t}"] for t in definition.triggers_from(state.name))
            assert [text for text, n in buttons.items() if n > 1] == [], state.name


def test_the_law_book_was_really_read() -> None:
    """Guards against a finder that finds nothing: known codes of each shape are among those computed."""
    codes = registered_codes()
    assert {
        "guard.target_without_indicator",
        "guard.role_required",
        "guard.prepared_by_decider",
        "guard.still_owed",
        "anchor.step_begun",
        "anchor.court_ruled",
        "anchor.last_possible_end",
        "open_ended.court_decides_when",
        "error.no_such_step",
        "error.organisation_number",
        "error.password_length",
        "error.stale_basis",
        "error.date_out_of_range",
        "decided.procurement.decide_award",
        "done.question_asked",
        "done.mail_withdrawn",
        "done.escalated",
        "done.conflict_declared",
        "done.person_added",
    } <= codes
    assert refusals()["still_owed"] == {"trigger"}
    assert refusals()["tender_period_too_short"] == {"days", "earliest"}
