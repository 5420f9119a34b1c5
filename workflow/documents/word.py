"""Word files with the region's letterhead: real styles, language tag, header rows, page fields.

Accessible by construction (lag 2018:1937 om tillgänglighet till digital offentlig service): headings
are heading styles, tables have a header row that repeats, the language is set. The same document at
the same instant gives the same bytes.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import UTC, datetime
from functools import cache
from io import BytesIO
from typing import Any
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

import docx
from docx.document import Document as WordDocument
from docx.enum.section import WD_ORIENT
from docx.enum.style import WD_STYLE_TYPE
from docx.enum.text import WD_TAB_ALIGNMENT
from docx.oxml import OxmlElement, parse_xml
from docx.oxml.ns import nsdecls, qn
from docx.shared import Cm, Length, Pt, RGBColor
from docx.text.paragraph import Paragraph

from templates.labels import gettext
from workflow.documents.content import Block, Bullets, Document, Facts, Heading, Table, Text, lines, one_line

MEDIA_TYPE = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
LANGUAGES = {"sv": "sv-SE", "en": "en-GB"}

_FONT = "Arial"
_INK = RGBColor(0x1B, 0x3A, 0x57)
_MARGIN = Cm(2.5)
_LABEL_WIDTH = Cm(5.5)
#: What one sign of a table takes at most, on average; the margins of a cell in signs; the longest line worth its room.
_SIGN, _CELL_SIGNS, _LINE_SIGNS = Cm(0.21), 2, 60
#: Signs that find room in front of a value, and in the value's own column.
_LABEL_SIGNS, _VALUE_SIGNS = 23, 40
_PROPERTY_LIMIT = 255  # characters in a core property, python-docx refuses more
_TABLE_STYLE = "Register"
_TABLE_STYLE_XML = f"""
<w:style {nsdecls("w")} w:type="table" w:customStyle="1" w:styleId="{_TABLE_STYLE}">
  <w:name w:val="{_TABLE_STYLE}"/><w:basedOn w:val="TableNormal"/><w:qFormat/>
  <w:tblPr>
    <w:tblBorders>
      <w:top w:val="single" w:sz="8" w:space="0" w:color="1B3A57"/>
      <w:bottom w:val="single" w:sz="8" w:space="0" w:color="1B3A57"/>
      <w:insideH w:val="single" w:sz="4" w:space="0" w:color="B8C2CC"/>
    </w:tblBorders>
    <w:tblCellMar><w:left w:w="85" w:type="dxa"/><w:right w:w="85" w:type="dxa"/></w:tblCellMar>
  </w:tblPr>
  <w:tblStylePr w:type="firstRow">
    <w:tcPr><w:shd w:val="clear" w:color="auto" w:fill="E6ECF2"/></w:tcPr>
  </w:tblStylePr>
</w:style>"""


def write_word(document: Document, *, locale: str, now: datetime, landscape: bool = False) -> bytes:
    """The document as a .docx on A4. ``now`` (aware) becomes its time of creation."""
    word = docx.Document(BytesIO(_blank(LANGUAGES[locale], landscape)))
    _set_properties(word, document, LANGUAGES[locale], now)
    _write_letterhead(word, document, locale)
    for block in document.before:
        _write_block(word, block)
    title = word.add_paragraph(one_line(document.title), style="Title")
    if document.before:  # the title of a letter is its subject: no larger than a heading
        title.runs[0].font.size, title.paragraph_format.space_before = Pt(15), Pt(20)
        title.paragraph_format.space_after = Pt(10)
    if document.subtitle:
        word.add_paragraph(one_line(document.subtitle), style="Subtitle")
    for block in document.blocks:
        _write_block(word, block)
    return _with_fixed_times(word)


@cache
def _blank(language: str, landscape: bool) -> bytes:
    """An empty document in the house's look: made once, since styling takes longer than writing."""
    word = docx.Document()
    _drop_ballast(word)
    _set_page(word, landscape)
    _set_styles(word, language)
    saved = BytesIO()
    word.save(saved)
    return saved.getvalue()


def _drop_ballast(word: WordDocument) -> None:
    """The library's own blank brings a picture of itself, its styles twice and a hundred table styles: most of the bytes."""
    for relations in (word.part.rels, word.part.package.rels):
        for key, relation in list(relations.items()):
            if relation.reltype.endswith(("/stylesWithEffects", "/thumbnail")):
                del relations[key]
    for style in list(word.styles):
        if style.type == WD_STYLE_TYPE.TABLE and style.name not in ("Normal Table", "Table Grid"):
            style.delete()


def _text_width(word: WordDocument) -> Length:
    section = word.sections[0]
    return Length((section.page_width or 0) - 2 * _MARGIN)


def _set_page(word: WordDocument, landscape: bool) -> None:
    section = word.sections[0]
    short, long = Cm(21.0), Cm(29.7)
    section.page_width, section.page_height = (long, short) if landscape else (short, long)
    section.orientation = WD_ORIENT.LANDSCAPE if landscape else WD_ORIENT.PORTRAIT
    section.left_margin = section.right_margin = section.bottom_margin = _MARGIN
    section.top_margin = Cm(3.2)
    section.header_distance = section.footer_distance = Cm(1.3)


def _set_styles(word: WordDocument, language: str) -> None:
    defaults = word.styles.element.find(f"{qn('w:docDefaults')}/{qn('w:rPrDefault')}/{qn('w:rPr')}")
    _set_font(defaults)
    defaults.find(qn("w:lang")).set(qn("w:val"), language)
    word.settings.element.find(qn("w:themeFontLang")).set(qn("w:val"), language)

    for name in ("Facts", "Table Text", "Table Heading"):
        word.styles.add_style(name, WD_STYLE_TYPE.PARAGRAPH).base_style = word.styles["Normal"]
    # name: size, space before, space after, bold, in the letterhead's colour
    looks = {
        "Normal": (11, 0, 6, False, False),
        "Title": (20, 6, 2, True, True),
        "Subtitle": (13, 0, 12, False, False),
        "Heading 1": (14, 16, 4, True, True),
        "Caption": (10.5, 8, 4, True, False),
        "List Bullet": (11, 0, 3, False, False),
        "Facts": (11, 0, 3, False, False),
        "Table Text": (9.5, 2, 2, False, False),
        "Table Heading": (9.5, 2, 2, True, False),
        "Header": (9.5, 0, 0, False, False),
        "Footer": (9.5, 0, 0, False, False),
    }
    for name, (size, before, after, bold, coloured) in looks.items():
        style = word.styles[name]
        _set_font(style.element.get_or_add_rPr())
        for link in style.element.findall(qn("w:link")):  # the twin for characters keeps the old look
            style.element.remove(link)
        style.font.size, style.font.bold, style.font.italic = Pt(size), bold or None, None
        style.font.color.rgb = _INK if coloured else None
        layout = style.paragraph_format
        layout.space_before, layout.space_after = Pt(before), Pt(after)
        layout.line_spacing = 1.15
    for border in word.styles["Title"].element.findall(f".//{qn('w:pBdr')}"):
        border.getparent().remove(border)
    word.styles["Caption"].paragraph_format.keep_with_next = True
    facts = word.styles["Facts"]
    facts.paragraph_format.keep_together = True
    facts.paragraph_format.left_indent = _LABEL_WIDTH
    facts.paragraph_format.first_line_indent = Length(-_LABEL_WIDTH)
    facts.paragraph_format.tab_stops.add_tab_stop(_LABEL_WIDTH)
    for name in ("Header", "Footer"):
        stops = word.styles[name].paragraph_format.tab_stops
        stops.clear_all()
        stops.add_tab_stop(_text_width(word), WD_TAB_ALIGNMENT.RIGHT)
    word.styles.element.append(parse_xml(_TABLE_STYLE_XML))


def _set_font(properties: Any) -> None:
    fonts = properties.find(qn("w:rFonts"))
    if fonts is None:
        fonts = OxmlElement("w:rFonts")
        properties.insert(0, fonts)
    fonts.attrib.clear()  # a theme font would win over a named one
    for script in ("ascii", "hAnsi", "cs", "eastAsia"):
        fonts.set(qn(f"w:{script}"), _FONT)


def _set_properties(word: WordDocument, document: Document, language: str, now: datetime) -> None:
    properties = word.core_properties
    properties.title = one_line(document.title)[:_PROPERTY_LIMIT]
    properties.subject = one_line(document.subtitle)[:_PROPERTY_LIMIT]
    properties.author = properties.last_modified_by = one_line(document.sender)[:_PROPERTY_LIMIT]
    properties.identifier = one_line(document.reference)[:_PROPERTY_LIMIT]
    properties.comments, properties.language = "", language
    properties.created = properties.modified = now.astimezone(UTC)


def _write_letterhead(word: WordDocument, document: Document, locale: str) -> None:
    header, footer = word.sections[0].header, word.sections[0].footer
    first = header.paragraphs[0]
    first.add_run(one_line(document.sender)).bold = True
    first.add_run(f"\t{one_line(document.number)}")
    second = header.add_paragraph(f"{one_line(document.unit)}\t", style="Header")
    for part in re.split("[<>]", gettext("Page %(page)s of %(pages)s", locale, page="<PAGE>", pages="<NUMPAGES>")):
        if part in ("PAGE", "NUMPAGES"):
            _add_field(second, part)
        else:
            second.add_run(part)
    if document.foot:
        footer.paragraphs[0].text = one_line(document.foot[0])
        for line in document.foot[1:]:
            footer.add_paragraph(one_line(line), style="Footer")
    else:
        footer.paragraphs[0].text = f"{one_line(document.reference)}\t{one_line(document.title)}"


def _add_field(paragraph: Paragraph, instruction: str) -> None:
    paragraph._p.append(
        parse_xml(f'<w:fldSimple {nsdecls("w")} w:instr="{instruction}"><w:r><w:t>1</w:t></w:r></w:fldSimple>')
    )


def _write_block(word: WordDocument, block: Block) -> None:
    match block:
        case Heading(text):
            word.add_heading(one_line(text), level=1)
        case Text(text):
            for line in lines(text):
                word.add_paragraph(line)
        case Facts(rows):
            _write_facts(word, rows)
        case Bullets(items):
            for item in items:
                word.add_paragraph("\n".join(lines(item)), style="List Bullet")
        case Table():
            _write_table(word, block)


def _write_facts(word: WordDocument, rows: Iterable[tuple[str, str]]) -> None:
    """Label and value side by side; the value begins on the next line where the label needs the room."""
    for label, value in rows:
        paragraph = word.add_paragraph(style="Facts")
        paragraph.add_run(one_line(label)).bold = True
        run = paragraph.add_run(("\t" if len(label) <= _LABEL_SIGNS else "\n") + "\n".join(lines(value)))
        if _longest_word(value) > _VALUE_SIGNS:  # a checksum, which has no place to break
            run.font.size = Pt(7.5)


def _longest_word(text: str) -> int:
    return max(map(len, re.split(r"[ \t\n]", text)), default=0)


def _column_signs(content: Table) -> list[int]:
    """How many signs each column needs so that no word is broken."""
    columns = zip(content.headers, *content.body, strict=True)
    return [max(map(_longest_word, cells)) + _CELL_SIGNS for cells in columns]


def _column_widths(content: Table, width: Length) -> list[Length] | None:
    """Widths that break no word, the rest shared by how much is said in each; None where the paper is too narrow."""
    least, there = _column_signs(content), width / _SIGN
    if sum(least) > there:
        return None
    columns = zip(content.headers, *content.body, strict=True)
    wanted = [max(0, min(_LINE_SIGNS, max(map(len, c))) - n) for c, n in zip(columns, least, strict=True)]
    share = (there - sum(least)) / (sum(wanted) or 1)
    return [Length(int((n + w * share) * _SIGN)) for n, w in zip(least, wanted, strict=True)]


def _write_table(word: WordDocument, content: Table) -> None:
    """A table; on paper too narrow for it, each row stands as a list of its own."""
    word.add_paragraph(one_line(content.title), style="Caption")
    widths = _column_widths(content, _text_width(word))
    if widths is None:
        for row_number, row in enumerate(content.body):
            if row_number:
                word.add_paragraph(style="Table Text")
            _write_facts(word, zip(content.headers, row, strict=True))
        return
    table = word.add_table(rows=0, cols=len(content.headers), style=_TABLE_STYLE)
    properties = table._tbl.tblPr
    properties.find(qn("w:tblLook")).getparent().remove(properties.find(qn("w:tblLook")))
    properties.append(
        parse_xml(
            f'<w:tblLook {nsdecls("w")} w:val="0020" w:firstRow="1" w:lastRow="0" w:firstColumn="0" '
            'w:lastColumn="0" w:noHBand="1" w:noVBand="1"/>'
        )
    )
    caption = OxmlElement("w:tblCaption")
    caption.set(qn("w:val"), one_line(content.title))
    properties.append(caption)
    table.autofit = False
    for column, width in zip(table.columns, widths, strict=True):
        column.width = width
    for number, values in enumerate((content.headers, *content.body)):
        row = table.add_row()
        for cell, value, width in zip(row.cells, values, widths, strict=True):
            cell.width = width
            cell.paragraphs[0].text = "\n".join(lines(value))
            cell.paragraphs[0].style = "Table Text" if number else "Table Heading"
        row_properties = row._tr.get_or_add_trPr()
        row_properties.append(OxmlElement("w:cantSplit"))
        if number == 0:
            row_properties.append(OxmlElement("w:tblHeader"))
            look = OxmlElement("w:cnfStyle")  # for readers that do not work out the first row themselves
            look.set(qn("w:val"), "100000000000")
            row_properties.append(look)


def _with_fixed_times(word: WordDocument) -> bytes:
    """The file with the time of each part set to the start of the ZIP calendar: same input, same bytes."""
    saved, fixed = BytesIO(), BytesIO()
    word.save(saved)
    with ZipFile(saved) as source, ZipFile(fixed, "w", ZIP_DEFLATED) as target:
        for name in source.namelist():
            target.writestr(ZipInfo(name, (1980, 1, 1, 0, 0, 0)), source.read(name), ZIP_DEFLATED)
    return fixed.getvalue()
