"""An example of each form that passes it: made from the form's own fields, so that it never falls behind."""

from __future__ import annotations

from datetime import date, timedelta
from types import UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from pydantic import BaseModel

from templates.labels import has_label, label
from workflow.engine.forms import Form

#: What a field of this name could hold. Optional fields that are named here are shown too: steps ask for them.
_WORDS: dict[str, Any] = {
    "title": "Städtjänster, Närsjukhuset Öster",
    "need": "Avtalet löper ut. Behovet är städning av 12 000 kvadratmeter vårdlokaler.",
    "estimated_value": "12000000.00",
    "value": "11400000.00",
    "cpv": "90911000-6",
    "framework": "Ramavtal städtjänster 2026",
    "indicator": "Andel miljömärkta rengöringsmedel",
    "level": "basic",
    "goal": 12,
    "statement": "Städningen sker utan särskilt farliga ämnen.",
    "follow_up": "Årlig redovisning från leverantören",
    "baseline": "40 procent",
    "target_value": "95 procent",
    "text": "Leverantören använder miljömärkta rengöringsmedel.",
    "proof": "Intyg om miljömärkning",
    "target_number": 1,
    "opened_by": "Karin Ek",
    "opened_with": "Bo Berg",
    "supplier_name": "Fjällstad Städ AB",
    "organisation_number": "556036-0793",
    "country": "SE",
    "court": "Förvaltningsrätten i Luleå",
    "court_case_number": "1234-26",
    "tenders_received": 4,
    "notice_reference": "2026/S 044-123456",
    "individual_report": "Rapport 2026-17",
    "option_count": 2,
    "option_months": 12,
    "notice_months": 6,
    "supports": True,
    "contract_follows": True,
}
#: Days from today; any other day is today.
_DAYS = {"end_on": 730, "tender_deadline_on": 40, "target_on": 365, "resume_on": 30, "stated_until_on": 10}
_OPTIONAL_DAYS = frozenset({"start_on", "end_on", "target_on"})


def schema_of(form: type[Form], locale: str, person_id: str, today: date) -> dict[str, Any]:
    """The form's JSON Schema with its fields named in the language, and an `example` that the form accepts."""
    schema = form.model_json_schema()
    schema.setdefault("properties", {})
    for part in (schema, *schema.get("$defs", {}).values()):
        for name, field in part.get("properties", {}).items():
            if has_label(f"field.{name}", locale):
                field["title"] = label(f"field.{name}", locale)
    schema["example"] = example(form, person_id, today)
    return schema


def example(form: type[BaseModel], person_id: str, today: date) -> dict[str, Any]:
    """Answers that `parse(form, …)` accepts: all that must be answered, and what steps usually ask for."""
    answers: dict[str, Any] = {}
    for name, info in form.model_fields.items():
        if name == "lot":
            continue
        required = info.is_required()
        kind = _plain(info.annotation)
        if required and info.examples:
            answers[name] = info.examples[0]
        elif kind is date:
            if required or name in _OPTIONAL_DAYS:
                answers[name] = (today + timedelta(days=_DAYS.get(name, 0))).isoformat()
        elif name in _WORDS:
            answers[name] = _WORDS[name]
        elif required:
            answers[name] = _value(name, info.annotation, person_id, today)
    return answers


def _plain(annotation: Any) -> Any:
    """The type itself, without `Annotated` and without `| None`."""
    while get_origin(annotation) is Annotated:
        annotation = get_args(annotation)[0]
    if get_origin(annotation) in (Union, UnionType):
        inner = [a for a in get_args(annotation) if a is not type(None)]
        return _plain(inner[0])
    return annotation


def _value(name: str, annotation: Any, person_id: str, today: date) -> Any:
    kind = _plain(annotation)
    if get_origin(kind) is Literal:
        return get_args(kind)[0]
    if get_origin(kind) is tuple:
        return [_value(name, get_args(kind)[0], person_id, today)]
    if isinstance(kind, type) and issubclass(kind, BaseModel):
        return example(kind, person_id, today)
    if name in ("person", "owner", "officer", "manager"):
        return person_id
    if kind is bool:
        return True
    if kind is str:
        return "Se handlingarna i ärendet."
    return 1
