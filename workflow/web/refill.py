"""A page's form filled in again with what had been typed in it, whatever page it is: no page has to know of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape
from html.parser import HTMLParser
from urllib.parse import urlsplit

#: What the page itself gives its form, or what a browser lets nobody fill in.
_OWN = frozenset({"hidden", "submit", "button", "reset", "image", "file", "password"})
_Attributes = list[tuple[str, str | None]]


def refilled(html: str, action: str, answers: Mapping[str, Sequence[str]]) -> tuple[str, list[str]]:
    """The page with the answers in its POST form to the path `action`; and the texts that found no field there.

    `html` is a whole page of ours. Hidden fields, passwords and files stay as the page has them.
    """
    filler = _Filler(action, answers)
    filler.feed(html)
    filler.close()
    return "".join(filler.out), filler.left()


class _Filler(HTMLParser):
    def __init__(self, action: str, answers: Mapping[str, Sequence[str]]) -> None:
        super().__init__(convert_charrefs=False)
        self.out: list[str] = []
        self._action = action
        self._answers = {name: list(values) for name, values in answers.items()}
        self._inside = self._done = False
        self._select: str | None = None
        self._swallows = False

    def left(self) -> list[str]:
        """Answers of the person that no field took."""
        return [v for name, values in self._answers.items() if not name.startswith("_") for v in values if v.strip()]

    def handle_starttag(self, tag: str, attrs: _Attributes) -> None:
        given = dict(attrs)
        if tag == "form" and not self._done:
            to_it = urlsplit(given.get("action") or "").path == self._action
            self._inside = to_it and (given.get("method") or "").lower() == "post"
        name = given.get("name") or ""
        if not self._inside or (not name and tag != "option"):
            self.out.append(self.get_starttag_text() or "")
        elif tag == "input":
            self._input(name, given.get("type") or "text", attrs)
        elif tag == "textarea":
            self.out.append(self.get_starttag_text() or "")
            if self._answers.get(name):
                self.out.append("\n" + escape(self._answers[name].pop(0)))
                self._swallows = True
        elif tag == "option" and self._select is not None:
            self._mark(attrs, "selected", self._select, given.get("value") or "")
        else:
            if tag == "select":
                self._select = name if self._answers.get(name) else None
            elif tag == "button":
                self._answers.pop(name, None)
            self.out.append(self.get_starttag_text() or "")

    def _input(self, name: str, kind: str, attrs: _Attributes) -> None:
        if kind in ("checkbox", "radio"):
            self._mark(attrs, "checked", name, dict(attrs).get("value") or "on")
        elif kind in _OWN or not self._answers.get(name):
            if kind in _OWN:
                self._answers.pop(name, None)
            self.out.append(self.get_starttag_text() or "")
        else:
            kept = [(n, v) for n, v in attrs if n != "value"]
            self._tag("input", [*kept, ("value", self._answers[name].pop(0))])

    def _mark(self, attrs: _Attributes, mark: str, name: str, value: str) -> None:
        """A box, a radio button or an option: marked if its value is among the answers."""
        chosen = value in self._answers.get(name, ())
        if chosen:
            self._answers[name].remove(value)
        kept = [(n, v) for n, v in attrs if n != mark]
        self._tag("option" if mark == "selected" else "input", [*kept, (mark, None)] if chosen else kept)

    def _tag(self, tag: str, attrs: _Attributes) -> None:
        said = "".join(f" {n}" if v is None else f' {n}="{escape(v)}"' for n, v in attrs)
        self.out.append(f"<{tag}{said}>")

    def handle_endtag(self, tag: str) -> None:
        if tag == "textarea":
            self._swallows = False
        if tag == "select":
            self._select = None
        if tag == "form" and self._inside:
            self._inside, self._done = False, True
        self.out.append(f"</{tag}>")

    def handle_data(self, data: str) -> None:
        if not self._swallows:
            self.out.append(data)

    def handle_entityref(self, name: str) -> None:
        self.handle_data(f"&{name};")

    def handle_charref(self, name: str) -> None:
        self.handle_data(f"&#{name};")

    def handle_comment(self, data: str) -> None:
        self.out.append(f"<!--{data}-->")

    def handle_decl(self, decl: str) -> None:
        self.out.append(f"<!{decl}>")
