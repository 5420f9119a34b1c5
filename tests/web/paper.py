"""Pages as somebody without JavaScript uses them: links, forms with what stands in them, and what they say."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any
from xml.etree.ElementTree import Element

import html5lib
from fastapi.testclient import TestClient

_SPACES = " \n\t\u00a0"


@dataclass
class Form:
    """A form of a page: where it goes, and what the browser would send if nobody typed anything."""

    action: str
    fields: dict[str, Any] = field(default_factory=dict)
    buttons: list[str] = field(default_factory=list)


class Paper:
    """One page that was answered."""

    def __init__(self, answer: Any) -> None:
        self.status = answer.status_code
        self.headers = answer.headers
        self.html = answer.text
        self.tree: Element = html5lib.parse(answer.text, namespaceHTMLElements=False)

    @property
    def text(self) -> str:
        """Everything in `main`, with single spaces."""
        main = self.tree.find(".//main")
        return said(main if main is not None else self.tree)

    @property
    def title(self) -> str:
        found = self.tree.find(".//title")
        return said(found) if found is not None else ""

    def links(self) -> dict[str, str]:
        return {said(a): a.attrib["href"] for a in self.tree.iter("a") if "href" in a.attrib}

    def forms(self) -> Iterator[Form]:
        for node in self.tree.iter("form"):
            if node.attrib.get("method", "get").lower() == "post":
                yield _form(node)

    def form(self, action: str) -> Form:
        """The form that goes to an address (without its query)."""
        for each in self.forms():
            if each.action.split("?")[0].endswith(action):
                return each
        raise AssertionError(f"no form for {action} among {[f.action for f in self.forms()]}: {self.text[:2000]}")

    def faults(self) -> list[str]:
        """What the summary of errors says."""
        box = next((n for n in self.tree.iter("div") if n.attrib.get("id") == "errors"), None)
        return [said(li) for li in box.iter("li")] if box is not None else []


def said(node: Element) -> str:
    skipped = {"script", "style"}
    parts: list[str] = []

    def walk(e: Element) -> None:
        if e.tag in skipped:
            return
        parts.append(e.text or "")
        for child in e:
            walk(child)
            parts.append(child.tail or "")

    walk(node)
    return " ".join("".join(parts).replace("\u00a0", " ").split())


def _form(node: Element) -> Form:
    found = Form(node.attrib["action"])
    for e in node.iter():
        name = e.attrib.get("name")
        if e.tag == "button":
            found.buttons.append(said(e))
        if not name or e.tag == "button":
            continue
        if e.tag == "textarea":
            found.fields[name] = (e.text or "").removeprefix("\n")
        elif e.tag == "select":
            options = list(e.iter("option"))
            chosen = [o for o in options if "selected" in o.attrib] or options[:1]
            found.fields[name] = chosen[0].attrib.get("value", "") if chosen else ""
        elif e.attrib.get("type") in ("checkbox", "radio"):
            if "checked" in e.attrib:
                found.fields[name] = e.attrib.get("value", "on")
        elif e.attrib.get("type") != "file":
            found.fields[name] = e.attrib.get("value", "")
    return found


@dataclass
class Reader:
    """A person at a browser."""

    browser: TestClient

    def open(self, path: str) -> Paper:
        answer = self.browser.get(path)
        hops = 0
        while answer.status_code in (302, 303, 307) and hops < 5:
            answer, hops = self.browser.get(answer.headers["location"]), hops + 1
        return Paper(answer)

    def send(self, form: Form, **typed: Any) -> Paper:
        """Send a form as the browser would, with some fields typed over; None leaves a field out."""
        fields = {**form.fields, **typed}
        answer = self.browser.post(form.action, data={k: v for k, v in fields.items() if v is not None})
        if answer.status_code == 303:
            return self.open(answer.headers["location"])
        return Paper(answer)

    def step(self, case: str, trigger: str, lot: str = "", **typed: Any) -> Paper:
        """Open the page of a step, fill its form in and send it."""
        path = f"/cases/{case}/do/{trigger}"
        page = self.open(path + (f"?lot={lot}" if lot else ""))
        assert page.status == 200, page.text
        return self.send(page.form(path), **typed)
