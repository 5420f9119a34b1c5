"""The house keeps its plan: who imports whom, where there is one place for a thing, and that every name has its thing."""

from __future__ import annotations

import ast
import inspect
import re
import subprocess
import sys
import textwrap
from collections.abc import Iterator
from pathlib import Path

import pytest
from pydantic import BaseModel

import workflow.subjects  # noqa: F401
from states.due_dates import DUE_DATES
from states.guards import GUARDS
from states.registry import DEFINITIONS
from templates.labels import LOCALES, label
from workflow.engine import registries
from workflow.engine.access import Secrecy
from workflow.engine.forms import Form, secrecy_classes

ROOT = Path(__file__).parent.parent
PACKAGES = ("workflow", "states", "notifications", "templates")
MODULES = sorted(p for package in PACKAGES for p in (ROOT / package).rglob("*.py"))
STEPS = sorted({(d.id, t.trigger) for d in DEFINITIONS.values() for t in d.transitions})


def name_of(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def calls(path: Path) -> Iterator[tuple[str, int]]:
    """Every call in a module by its last names (`datetime.now`), with its line."""
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            owner = node.func.value
            first = owner.id if isinstance(owner, ast.Name) else owner.attr if isinstance(owner, ast.Attribute) else "?"
            yield f"{first}.{node.func.attr}", node.lineno


def test_a_layer_imports_downward_only() -> None:
    lint = [sys.executable, "-c", "from importlinter.cli import lint_imports_command as main; main()"]
    done = subprocess.run(lint, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_nothing_commits_but_the_database() -> None:
    allowed = {"workflow/db/database.py", "workflow/db/schema.py"}
    commits = {name_of(p) for p in MODULES for c, _ in calls(p) if c.endswith(".commit")}
    assert commits == allowed


def test_nothing_reads_the_clock_but_the_clock() -> None:
    reading = re.compile(r"(datetime\.(now|utcnow|today)|date\.today|time\.(time|monotonic|localtime|gmtime))$")
    readers = {name_of(p) for p in MODULES for c, _ in calls(p) if reading.search(c)}
    assert readers == {"workflow/clock.py"}


def test_nothing_imports_transitions_but_the_machine() -> None:
    importers = {
        name_of(p) for p in MODULES if re.search(r"^\s*(from|import) transitions\b", p.read_text("utf-8"), re.M)
    }
    assert importers == {"states/machine.py"}


def test_no_async_and_no_print_in_the_engine() -> None:
    for path in (ROOT / "workflow" / "engine").rglob("*.py"):
        assert not [n for n in ast.walk(ast.parse(path.read_text("utf-8"))) if isinstance(n, ast.AsyncFunctionDef)], (
            path
        )


def test_every_effect_is_there_and_none_is_idle() -> None:
    named = {e for d in DEFINITIONS.values() for t in d.transitions for e in t.effects}
    opening = {f"open.{d.id}" for d in DEFINITIONS.values()}
    assert set(registries.EFFECTS) == named | opening


def test_every_basis_is_there_and_none_is_idle() -> None:
    assert set(registries.BASIS) == {b for d in DEFINITIONS.values() for t in d.transitions for b in t.basis}


def test_every_fact_that_a_guard_or_deadline_needs_has_its_loader() -> None:
    needed = {n for g in (*GUARDS.values(), *DUE_DATES.values()) for n in g.needs}
    assert needed <= set(registries.FACTS)


@pytest.mark.parametrize("name", sorted(GUARDS))
def test_a_guard_declares_the_facts_that_it_reads(name: str) -> None:
    guard = GUARDS[name]
    assert _read(guard.check) <= set(guard.needs)


def _read(check: object) -> set[str]:
    """The facts that a function looks at, itself or through a private one of its module."""
    source = textwrap.dedent(inspect.getsource(check))  # type: ignore[arg-type]
    found = set(re.findall(r's\.facts\["(\w+)"\]', source))
    found |= {fact for fact in ("procurement", "contract", "deviation") if re.search(rf"\bs\.{fact}\b", source)}
    module = inspect.getmodule(check)
    for called in set(re.findall(r"\b(_\w+|targets_are_complete)\(s\b", source)):
        function = getattr(module, called, None)
        if function is not None and function is not check:
            found |= _read(function)
    return found


@pytest.mark.parametrize(("process", "trigger"), STEPS)
def test_a_step_has_a_form_or_asks_for_nothing(process: str, trigger: str) -> None:
    edges = [t for d in DEFINITIONS.values() if d.id == process for t in d.edges(trigger)]
    if (process, trigger) in registries.FORMS:
        return
    # Without a form nothing can be asked: no effect may read one, and no route may depend on an answer.
    assert not [e for e in edges if e.when and {f for f, _ in e.when} - {"track"}]
    read = [n for e in edges for n in e.effects if "step.form" in inspect.getsource(registries.EFFECTS[n])]
    assert read == []


def test_every_form_belongs_to_a_step() -> None:
    assert set(registries.FORMS) - set(STEPS) == {(p, "open") for p in {d.id for d in DEFINITIONS.values()}}


def models(form: type[BaseModel]) -> Iterator[type[BaseModel]]:
    """A form and the rows in it."""
    yield form
    for info in form.model_fields.values():
        for found in re.findall(r"[\w.]+\.(\w+)", str(info.annotation)):
            for row in Form.__subclasses__() + [s for c in Form.__subclasses__() for s in c.__subclasses__()]:
                if row.__name__ == found and row is not form:
                    yield from models(row)


FIELDS = sorted({(m.__name__, f) for form in registries.FORMS.values() for m in models(form) for f in m.model_fields})


@pytest.mark.parametrize("locale", LOCALES)
def test_every_field_of_every_form_has_its_label(locale: str) -> None:
    for form, field in FIELDS:
        assert label(f"field.{field}", locale).strip(), f"{form}.{field}"


def test_every_field_has_a_known_secrecy_class() -> None:
    for form in registries.FORMS.values():
        assert set(secrecy_classes(form).values()) <= set(Secrecy), form


def test_what_suppliers_offered_is_tender_matter() -> None:
    """OSL 19:3: the fields that hold it say so."""
    for trigger, fields in {
        "submit_award_proposal": {"suppliers", "award_reasons", "evaluation_reference"},
        "record_opening": {"protocol_reference", "tenders_received"},
    }.items():
        classes = secrecy_classes(registries.FORMS["procurement", trigger])
        assert {f for f, c in classes.items() if c == Secrecy.TENDER} == fields
