"""A sales document as a PDF that a person would accept: letterhead, parties, lines, taxes, sums, and VOID across it."""

import io
import threading
from collections.abc import Callable
from functools import cache
from html import escape
from typing import Any

import pymupdf_fonts  # type: ignore[import-untyped]
from reportlab.lib.colors import HexColor  # type: ignore[import-untyped]
from reportlab.lib.enums import TA_LEFT, TA_RIGHT  # type: ignore[import-untyped]
from reportlab.lib.pagesizes import A4, LETTER  # type: ignore[import-untyped]
from reportlab.lib.styles import ParagraphStyle  # type: ignore[import-untyped]
from reportlab.pdfbase import pdfmetrics  # type: ignore[import-untyped]
from reportlab.pdfbase.ttfonts import TTFont  # type: ignore[import-untyped]
from reportlab.platypus import LongTable, Paragraph, SimpleDocTemplate, Spacer  # type: ignore[import-untyped]

from sandbox.company import Company
from sandbox.documents import Document, Letterhead, Line, document_of, letterhead_of, money, plain
from sandbox.numbers import Json

REGULAR, BOLD = "NotoSans", "NotoSans-Bold"
INK, MUTED, RULE, SHADE, ALARM = "#1c2733", "#55606e", "#c7ced6", "#eef2f5", "#a3242c"
MARGIN = 40
REPLACEMENT = "\N{REPLACEMENT CHARACTER}"
# Fonts and their subsets are shared by all documents of a process, so one is drawn at a time.
_drawing = threading.Lock()


def document_pdf(company: Company, kind: str, record: Json) -> bytes:
    """The record as QuickBooks would print it, on as many Letter or A4 pages as its lines need.

    The same record gives the same bytes: nothing in the file comes from a clock. Letters of Latin, Greek and Cyrillic
    scripts are printed; each of another script, and each emoji, becomes a replacement character.
    """
    with _drawing:
        return _drawn(document_of(company, kind, record), letterhead_of(company), company.country.code)


def _drawn(document: Document, sender: Letterhead, country: str) -> bytes:
    _use_fonts()
    written = io.BytesIO()
    name = f"{document.title} {document.number}".strip()
    template = SimpleDocTemplate(
        written,
        pagesize=LETTER if country in ("US", "CA") else A4,
        leftMargin=MARGIN,
        rightMargin=MARGIN,
        topMargin=MARGIN,
        bottomMargin=MARGIN + 12,
        title=name,
        author=sender.name,
        creator="QuickBooks Online sandbox (not Intuit's)",
        # No creation date and no random file id.
        invariant=True,
    )
    decorate = _page_marks(name, document.is_void)
    # A frame keeps six points free on either side.
    template.build(_story(document, sender, template.width - 12), onFirstPage=decorate, onLaterPages=decorate)
    return written.getvalue()


@cache
def _use_fonts() -> None:
    for name, file in ((REGULAR, "notos"), (BOLD, "notosbo")):
        pdfmetrics.registerFont(TTFont(name, io.BytesIO(pymupdf_fonts.myfont(file))))


def _page_marks(name: str, is_void: bool) -> Callable[[Any, Any], None]:
    """What every page carries besides the text: its name and number below, VOID across it."""

    def decorate(canvas: Any, template: Any) -> None:
        width, height = template.pagesize
        canvas.saveState()
        canvas.setFont(REGULAR, 8)
        canvas.setFillColor(MUTED)
        canvas.drawString(MARGIN + 6, MARGIN - 12, _printable(name))
        canvas.drawRightString(width - MARGIN - 6, MARGIN - 12, f"Page {canvas.getPageNumber()}")
        if is_void:
            canvas.translate(width / 2, height / 2)
            canvas.rotate(38)
            canvas.setFillColor(ALARM)
            canvas.setFillAlpha(0.22)
            canvas.setFont(BOLD, 150)
            canvas.drawCentredString(0, -50, "VOID")
        canvas.restoreState()

    return decorate


def _story(document: Document, sender: Letterhead, width: float) -> list[Any]:
    return [
        _heading(document, sender, width),
        Spacer(1, 18),
        _parties(document, width),
        Spacer(1, 18),
        _lines(document, width),
        Spacer(1, 10),
        _sums(document, width),
        *_closing(document),
    ]


def _heading(document: Document, sender: Letterhead, width: float) -> Any:
    facts = [
        ("Number", document.number),
        ("Date", document.issued),
        ("Terms", document.terms),
        document.due or ("", ""),
        ("Currency", document.currency),
        ("Exchange rate", document.rate),
    ]
    left = [_text(sender.name, 13, bold=True), *(_text(one, 9, MUTED) for one in (*sender.address, sender.email))]
    rows = [[_text(label, 9, MUTED), _text(value, 9, align="right")] for label, value in facts if value]
    title = [_text(document.title.upper(), 20, align="right", bold=True)]
    # The stamp across the page lies askew, so that a search does not find its word.
    title += [_text("VOID", 13, ALARM, "right", bold=True)] if document.is_void else []
    right = [*title, _table(rows, [width * 0.2, width * 0.25])]
    return _table([[left, right]], [width * 0.55, width * 0.45])


def _parties(document: Document, width: float) -> Any:
    label = "Received from" if document.title == "Payment" else "Bill to"
    bill = [_text(label, 8, MUTED), _text(document.customer, 10, bold=True), *_block(document, document.bill_to)]
    ship = [_text("Ship to", 8, MUTED), *_block(document, document.ship_to)] if document.ship_to else []
    return _table([[bill, ship]], [width / 2, width / 2])


def _block(document: Document, address: tuple[str, ...]) -> list[Any]:
    """An address without a first line that repeats the customer's name."""
    return [_text(one, 9) for n, one in enumerate(address) if n or one != document.customer]


def _lines(document: Document, width: float) -> Any:
    is_payment = document.title == "Payment"
    heads = ("Applied to", "Date", "", "", "Amount") if is_payment else ("Item", "Description", "Qty", "Rate", "Amount")
    header = [_text(head, 8, MUTED, "right" if n > 1 else "left", bold=True) for n, head in enumerate(heads)]
    shares = (0.26, 0.34, 0.1, 0.14, 0.16)
    style = [
        ("LINEBELOW", (0, 0), (-1, -1), 0.4, RULE),
        ("BACKGROUND", (0, 0), (-1, 0), SHADE),
        ("VALIGN", (0, 0), (-1, -1), "TOP"),
    ]
    rows = [header, *(_line(line) for line in document.lines)]
    return _table(rows, [width * share for share in shares], style, repeatRows=1, padding=(5, 4))


def _line(line: Line) -> list[Any]:
    numbers = (
        "" if line.quantity is None else plain(line.quantity),
        "" if line.rate is None else money(line.rate),
        "" if line.amount is None else money(line.amount),
    )
    product = f"   {line.product}" if line.inside else line.product
    return [_text(product, 9), _text(line.description, 9), *(_text(one, 9, align="right") for one in numbers)]


def _sums(document: Document, width: float) -> Any:
    steps = [*document.sums, *([("Total", document.total), *document.settled] if document.left else [])]
    rows = [[_text(label, 9), _text(money(amount), 9, align="right")] for label, amount in steps]
    label, amount = document.left or ("Total", document.total)
    due = f"{money(amount)} {document.currency}"
    rows.append([_text(label, 12, bold=True), _text(due, 12, align="right", bold=True)])
    table = _table(rows, [width * 0.34, width * 0.22], [("LINEABOVE", (0, -1), (-1, -1), 0.8, INK)], padding=(3, 4))
    table.hAlign = "RIGHT"
    return table


def _closing(document: Document) -> list[Any]:
    return [Spacer(1, 18), _text(document.message, 9)] if document.message else []


def _table(
    rows: list[Any],
    widths: list[float],
    style: list[Any] | None = None,
    repeatRows: int = 0,
    padding: tuple[float, float] = (1, 0),
) -> Any:
    """`padding` is that above and below, then that on either side. A row higher than a page goes on over the next."""
    above, beside = padding
    base = [
        ("VALIGN", (0, 0), (-1, -1), "TOP"),
        ("TOPPADDING", (0, 0), (-1, -1), above),
        ("BOTTOMPADDING", (0, 0), (-1, -1), above),
        ("LEFTPADDING", (0, 0), (-1, -1), beside),
        ("RIGHTPADDING", (0, 0), (-1, -1), beside),
    ]
    return LongTable(rows, colWidths=widths, style=base + (style or []), repeatRows=repeatRows, splitInRow=1)


def _text(text: str, size: int, colour: str = INK, align: str = "left", bold: bool = False) -> Any:
    # Line ends and leading spaces are the writer's; everything else is text, never markup.
    shown = escape(_printable(text)).replace("\n", "<br/>")
    indented = "&nbsp;" * (len(shown) - len(shown.lstrip(" "))) + shown.lstrip(" ")
    return Paragraph(indented, _style(size, colour, align, bold))


def _printable(text: str) -> str:
    known = _letters()
    return "".join(one if ord(one) in known or one == "\n" else REPLACEMENT for one in text)


@cache
def _letters() -> frozenset[int]:
    """The code points that our fonts can print."""

    return frozenset(pdfmetrics.getFont(REGULAR).face.charToGlyph) & frozenset(
        pdfmetrics.getFont(BOLD).face.charToGlyph
    )


@cache
def _style(size: int, colour: str, align: str, bold: bool) -> Any:
    return ParagraphStyle(
        f"{size} {colour} {align} {bold}",
        fontName=BOLD if bold else REGULAR,
        fontSize=size,
        leading=size * 1.35,
        textColor=HexColor(colour),
        alignment=TA_RIGHT if align == "right" else TA_LEFT,
        # A word longer than its column is broken, not run into the next.
        splitLongWords=True,
    )
