"""A form on a page from its pydantic class: what to show, and what was typed, back as data for the class.

The class alone says what is asked: kinds come from its JSON schema, names and hints from the catalogues
(`field.<name>`, `hint.<name>` or the hint that the class names, `value.<field>.<value>`). Repeating groups need no
script. What was typed is given back as it was typed when something is wrong.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal
from typing import Any

from pydantic import BaseModel

from templates.formatting import NO_BREAK
from templates.labels import gettext, has_label, label
from workflow.errors import FieldError

Options = Sequence[tuple[str, str]]

#: Which role the person of a field holds; other fields of people take anybody in the region.
ROLE_OF_FIELD = {
    "owner": "contract_owner",
    "officer": "procurement_officer",
    "manager": "contract_manager",
}
#: Fields whose choices carry the texts of another field.
_SAME_CHOICES = {
    f"risk_{name}": "risk" for name in ("environment", "human_rights", "corruption", "labour_law", "other")
}
_GOALS = 17
_FEW = 5
#: Kinds of fields that somebody writes in.
_WRITTEN = {"text", "textarea", "money", "number", "date"}
#: Typed by nobody: chosen by the address, or only filled by imports.
_NOT_ASKED = {"lot"}


@dataclass(frozen=True, slots=True)
class Choices:
    """What the region offers: people by role ("" for all), units, the case's targets by number, and what waits in it."""

    people: Mapping[str, Options] = field(default_factory=dict)
    units: Options = ()
    targets: Options = ()
    matters: Options = ()


@dataclass(frozen=True, slots=True)
class Asked:
    """One field of a form: `kind` is a type of the macro `field`, or "lines" (one a line) or "rows"."""

    name: str
    kind: str
    required: bool
    values: tuple[str, ...] = ()
    default: Any = None
    maxlength: int | None = None
    columns: tuple[Asked, ...] = ()
    hint: str = ""


def asked(cls: type[BaseModel]) -> tuple[Asked, ...]:
    """The fields of a form class, in its order."""
    schema = cls.model_json_schema()
    return _fields(schema, schema.get("$defs", {}))


def _fields(schema: Mapping[str, Any], definitions: Mapping[str, Any]) -> tuple[Asked, ...]:
    required = set(schema.get("required", ()))
    return tuple(
        _field(name, part, name in required, definitions)
        for name, part in schema.get("properties", {}).items()
        if name not in _NOT_ASKED
    )


def _field(name: str, part: Mapping[str, Any], required: bool, definitions: Mapping[str, Any]) -> Asked:
    found = _kind_of(name, part, required, definitions)
    return replace(found, hint=part.get("hint", "")) if "hint" in part else found


def _kind_of(name: str, part: Mapping[str, Any], required: bool, definitions: Mapping[str, Any]) -> Asked:
    core = _core(part)
    default = part.get("default")
    widget = part.get("widget") or core.get("widget")
    if core.get("type") == "array":
        items = core.get("items", {})
        if "$ref" in items:
            row = definitions[items["$ref"].rsplit("/", 1)[1]]
            return Asked(name, "rows", required or bool(core.get("minItems")), columns=_fields(row, definitions))
        return Asked(name, "lines", required)
    if name == "unit":
        return Asked(name, "unit", required)
    if widget == "person":
        return Asked(name, "person", required)
    if widget == "matter":
        return Asked(name, "matter", required)
    if name == "goal":
        return Asked(name, "select", required, tuple(str(n) for n in range(1, _GOALS + 1)))
    if name == "target_number":
        return Asked(name, "target", required)
    if "enum" in core:
        values = tuple(str(v) for v in core["enum"])
        kind = "radios" if required and len(values) <= _FEW else "select"
        return Asked(name, kind, required or default is not None, values, default)
    if core.get("type") == "boolean":
        if required or default is None:
            return Asked(name, "yes_no", required)
        return Asked(name, "checkbox", False, default=default)
    kind = widget or {"date": "date"}.get(core.get("format", ""), "")
    if not kind:
        kind = "number" if core.get("type") == "integer" else "text"
    return Asked(name, kind, required, default=default, maxlength=core.get("maxLength"))


def _core(part: Mapping[str, Any]) -> Mapping[str, Any]:
    """The schema behind "or nothing"."""
    for alternative in part.get("anyOf", ()):
        if alternative.get("type") != "null":
            return _core(alternative)
    return part


# --- what was typed, as data for the form class --------------------------------------------------------------------


def typed(fields: Sequence[Asked], sent: Mapping[str, str], prefix: str = "") -> dict[str, Any]:
    """The data of a form from what the browser sent. Rows to be removed and rows left empty fall away."""
    data: dict[str, Any] = {}
    for each in fields:
        name = prefix + each.name
        if each.kind == "rows":
            data[each.name] = _rows(each, sent, name)
        elif each.kind == "lines":
            data[each.name] = [line.strip() for line in sent.get(name, "").splitlines() if line.strip()]
        elif each.kind == "checkbox":
            data[each.name] = name in sent
        elif each.kind == "yes_no":
            if sent.get(name) in ("yes", "no"):
                data[each.name] = sent[name] == "yes"
        elif sent.get(name, "").strip() or (each.required and each.kind not in ("radios", "select")):
            data[each.name] = sent.get(name, "")
    return data


def _rows(group: Asked, sent: Mapping[str, str], name: str) -> list[dict[str, Any]]:
    numbers = sorted({int(part) for key in sent if (part := _number(key, name)) is not None})
    found = []
    for number in numbers:
        prefix = f"{name}-{number}-"
        written = any(sent.get(prefix + c.name, "").strip() for c in group.columns if not _prefilled(c))
        if written and f"{prefix}_remove" not in sent:
            found.append(typed(group.columns, sent, prefix))
    return found


def _number(key: str, group: str) -> str | None:
    """The number of the row that a sent name such as `targets-0-goal` belongs to."""
    if not key.startswith(group + "-"):
        return None
    number = key[len(group) + 1 :].split("-", 1)[0]
    return number if number.isdecimal() and len(number) < 4 else None


def _prefilled(column: Asked) -> bool:
    """A column that is filled without anybody having written says nothing of the row."""
    return column.kind in ("checkbox", "select", "radios") or column.default is not None


# --- what stands in the fields -----------------------------------------------------------------------------------


def shown(fields: Sequence[Asked], data: Mapping[str, Any], locale: str) -> dict[str, Any]:
    """The values to show: what was typed as it stands, what is known as people write it."""
    values: dict[str, Any] = {}
    for each in fields:
        known = data.get(each.name, each.default)
        if each.kind == "rows":
            values[each.name] = [shown(each.columns, row, locale) for row in data.get(each.name) or ()]
        elif each.kind == "lines":
            values[each.name] = "\n".join(str(line) for line in data.get(each.name) or ())
        elif each.kind == "yes_no":
            values[each.name] = "" if known is None else ("yes" if known is True or known == "yes" else "no")
        elif each.kind == "checkbox":
            values[each.name] = bool(known)
        else:
            values[each.name] = written(known, locale)
    return values


def written(value: Any, locale: str) -> str:
    """A value as somebody would type it: 12 000 000,50."""
    if value is None:
        return ""
    if isinstance(value, Decimal):
        text = f"{value:,.2f}".removesuffix(".00")
        return text.replace(",", NO_BREAK).replace(".", ",") if locale == "sv" else text.replace(",", "")
    if isinstance(value, date):
        return value.isoformat()
    return str(value)


def in_words(fields: Sequence[Asked], data: Mapping[str, Any], locale: str) -> list[tuple[str, str]]:
    """What somebody wrote, as (label, text), where there is no form any more to show it in. Choices are left out."""
    found: list[tuple[str, str]] = []
    for each in fields:
        if each.kind == "rows":
            for row in data.get(each.name) or ():
                found += in_words(each.columns, row, locale)
        elif each.kind == "lines":
            found.append((label(f"field.{each.name}", locale), "\n".join(data.get(each.name) or ())))
        elif each.kind in _WRITTEN:
            found.append((label(f"field.{each.name}", locale), written(data.get(each.name), locale)))
    return [(name, text) for name, text in found if text.strip()]


# --- what the macros are given -----------------------------------------------------------------------------------


def described(
    fields: Sequence[Asked],
    values: Mapping[str, Any],
    errors: Mapping[str, str],
    choices: Choices,
    locale: str,
    *,
    add_to: str | None = None,
) -> list[dict[str, Any]]:
    """Each field as arguments of the macros `field` and `rows`; `add_to` gets one more empty row."""
    found = []
    for each in fields:
        if each.kind == "matter" and len(choices.matters) < 2:
            continue  # there is nothing to choose
        if each.kind == "rows":
            rows = list(values.get(each.name) or ())
            if each.name == add_to or not rows:
                rows.append(shown(each.columns, {}, locale))
            found.append(
                {
                    "kind": "rows",
                    "group": each.name,
                    "legend": label(f"field.{each.name}", locale),
                    "columns": [_described(c, choices, locale, each.name) for c in each.columns],
                    "rows": rows,
                    "errors": errors,
                    "hint": _hint(each, locale),
                    "optional": not each.required,
                }
            )
        else:
            given = _described(each, choices, locale)
            found.append({"kind": "field", "value": values.get(each.name), "error": errors.get(each.name), **given})
    return found


def _described(each: Asked, choices: Choices, locale: str, group: str = "") -> dict[str, Any]:
    return {
        "name": each.name,
        "label": label(f"field.{each.name}", locale),
        "hint": _hint(each, locale) or (gettext("One on each line.", locale) if each.kind == "lines" else None),
        "type": _type(each.kind),
        "required": each.required or each.kind == "checkbox",
        "options": _options(each, choices, locale),
        "maxlength": each.maxlength,
        "rows": 2 if group else 4,
    }


def _type(kind: str) -> str:
    return {
        "lines": "textarea",
        "yes_no": "radios",
        "unit": "select",
        "person": "select",
        "target": "select",
        "matter": "select",
    }.get(kind, kind)


def _hint(each: Asked, locale: str) -> str | None:
    """The hint that its form gives the field, else that of its name."""
    code = f"hint.{each.hint or each.name}"
    return label(code, locale) if has_label(code, locale) else None


def _options(each: Asked, choices: Choices, locale: str) -> list[tuple[str, str]]:
    if each.kind == "yes_no":
        return [(v, label(f"value.yes_no.{v}", locale)) for v in ("yes", "no")]
    if each.kind == "radios":
        return [(v, choice_text(each.name, v, locale)) for v in each.values]
    empty = [("", gettext("Choose", locale))]
    if each.kind == "select":
        own = [(v, choice_text(each.name, v, locale)) for v in each.values]
        return own if each.default is not None else empty + own
    if each.kind == "unit":
        return empty + list(choices.units)
    if each.kind == "person":
        return empty + list(choices.people.get(ROLE_OF_FIELD.get(each.name, ""), ()))
    if each.kind == "target":
        return [("", gettext("None", locale)), *choices.targets]
    if each.kind == "matter":
        return list(choices.matters)
    return []


def choice_text(name: str, value: str, locale: str) -> str:
    """The text of a choice: its field's, e.g. `value.track.direct`."""
    return label(f"value.{_SAME_CHOICES.get(name, name)}.{value}", locale)


def faults_at(fields: Sequence[Asked], faults: Sequence[FieldError], locale: str) -> list[tuple[str | None, str]]:
    """The error summary: (name of the field on the page or None, text). Names every field it speaks of."""
    known = {each.name: each for each in fields}
    found: list[tuple[str | None, str]] = []
    for fault in faults:
        parts = fault.field.split("-")
        text = label(f"error.{fault.code}", locale, **fault.params)
        head = known.get(parts[0])
        if head is None:
            found.append((None, text))
            continue
        if head.kind == "rows" and len(parts) > 2 and any(c.name == parts[2] for c in head.columns):
            where = f"{label(f'field.{head.name}', locale)} {int(parts[1]) + 1}, {label(f'field.{parts[2]}', locale)}"
            found.append(("-".join(parts[:3]), f"{where}: {text}"))
        else:
            found.append((head.name, f"{label(f'field.{head.name}', locale)}: {text}"))
    return found
