"""`dealbooks proof`: everything known about one invoice, on one page: who asked, what was sent, what came."""

from __future__ import annotations

import json
import shutil
import textwrap
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import click
from sqlalchemy import Row

from models.domain import keys
from models.domain.money import Money
from models.records import events, intents, links
from models.records.database import OPERATOR, Session
from models.records.intents import Intent
from webhooks.cli import looking
from webhooks.cli.common import Refused, company_option, data_option, json_option, not_found
from webhooks.cli.opening import opened
from webhooks.cli.showing import jsonable, plain, printable, shown

MADE_BY = "create_invoice"
WIDTH = 14
FEWEST_COLUMNS, MOST_COLUMNS = 60, 100


@dataclass(frozen=True)
class Proof:
    """One invoice with its evidence. `asks` is everything we sent about it, with the event each came from."""

    invoice: Row[Any]
    deal: Row[Any] | None
    asks: Sequence[tuple[Intent, Row[Any] | None]]
    attention: Sequence[Row[Any]]
    history: Sequence[Row[Any]]

    @property
    def made_here(self) -> bool:
        """Whether one of our own changes made it, and not somebody in QuickBooks."""
        return any(intent.kind == MADE_BY and intent.state == intents.DONE for intent, _ in self.asks)


@click.command()
@click.argument("invoice")
@click.option("--connection", metavar="C", default=None, help="In which books, where several have such an invoice.")
@click.option("--by", type=click.Choice(["id", "number"]), default=None, help="What INVOICE is, where both would fit.")
@company_option
@data_option
@json_option
def proof(
    invoice: str, connection: str | None, by: str | None, company: str | None, data: str | None, as_json: bool
) -> None:
    """The evidence of one INVOICE (its number, or its id in QuickBooks)."""
    with opened(data) as wiring, wiring.database.reading(OPERATOR) as session:
        found = proof_of(session, _the_one(session, invoice, connection, company, by))
    if as_json:
        click.echo(json.dumps(jsonable(_as_object(found)), ensure_ascii=False))
        return
    for line in page_of(found):
        click.echo(line)


def _the_one(session: Session, name: str, connection: str | None, company: str | None, by: str | None) -> Row[Any]:
    found = [
        row
        for row in looking.invoices_called(session, name, connection, company)
        if by is None or (row.invoice_id if by == "id" else row.number) == name
    ]
    if not found:
        raise not_found(
            "invoice", name, "neither a number nor an id of QuickBooks that we know; try `dealbooks catch-up`"
        )
    if len(found) > 1:
        which = "; ".join(f"id {row.invoice_id}, number {row.number}, connection {row.connection_id}" for row in found)
        raise Refused(f"{name} may be {len(found)} invoices ({which}): add --connection or --by.", code="ambiguous")
    return found[0]


def proof_of(session: Session, invoice: Row[Any]) -> Proof:
    """Gather what is known of one invoice."""
    asked = intents.of_invoice(session, invoice.connection_id, invoice.invoice_id)
    deal = links.deal_of(session, invoice.connection_id, invoice.invoice_id)
    points = (
        looking.attention_of_deal(session, invoice.company_id, deal.crm, deal.record_id) if deal is not None else []
    )
    return Proof(
        invoice=invoice,
        deal=deal,
        asks=[(intent, events.row_of(session, intent.cause)) for intent in asked],
        attention=points,
        history=looking.history_of(session, invoice.connection_id, invoice.invoice_id),
    )


def _as_object(found: Proof) -> dict[str, Any]:
    return {
        "invoice": plain(found.invoice),
        "made_here": found.made_here,
        "deal": _deal(found),
        "asks": [{"event": plain(event) if event else None, **_ask(intent)} for intent, event in found.asks],
        "attention": [plain(point) for point in found.attention],
        "history": [plain(line) for line in found.history],
    }


def _deal(found: Proof) -> dict[str, str] | None:
    deal = found.deal
    return {"crm": deal.crm, "deal_id": deal.record_id, "slot": deal.slot} if deal is not None else None


def _ask(intent: Intent) -> dict[str, Any]:
    """An intent with its body both as it was sent, to the letter, and as JSON."""
    return {**plain(intent), "body": intent.body}


# ---------------------------------------------------------------- the page


def page_of(found: Proof) -> Iterator[str]:
    """The evidence in lines for people."""
    yield from _head(found)
    if not found.made_here:
        yield ""
        yield "Nobody here made this invoice: no request of ours was answered with it. It was made in QuickBooks (or by"
        yield "another app), and what stands below is what QuickBooks told of it."
    for intent, event in found.asks:
        yield from _page_of_ask(intent, event)
    yield from _page_of_attention(found.attention)
    yield from _page_of_history(found.history)


def _head(found: Proof) -> Iterator[str]:
    row = found.invoice
    yield f"Invoice {row.number or '(without a number)'}"
    yield _line("customer", f"{row.customer_name} (id {row.customer_id})")
    yield _line(
        "total", f"{_money(row.total_minor, row.currency)}, still due {_money(row.balance_minor, row.currency)}"
    )
    yield _line("status", f"{row.status}, issued {shown(row.issued_on)}, due {shown(row.due_on)}")
    yield _line("in the books", f"id {row.invoice_id}, connection {row.connection_id}, company {row.company_id}")
    deal = _deal(found)
    if deal is not None:
        yield _line("deal", f"{deal['deal_id']} ({deal['crm']}, slot {deal['slot']})")


def _page_of_ask(intent: Intent, event: Row[Any] | None) -> Iterator[str]:
    yield from _title({MADE_BY: "How it was made", "void_invoice": "How it was voided"}.get(intent.kind, intent.kind))
    if event is None:
        yield _line("event", f"{intent.cause} (no longer stored)")
    else:
        yield _line("event", f"{event.event_id}  {event.kind}")
        yield _line("told by", f"{_teller(event.source)}, id {event.delivery_id}")
        yield _line("received", shown(event.received_at))
    yield _line("decided", f"{_decision(intent)} ({shown(intent.planned_at)})")
    yield _line("request id", f"{intent.request_id}  (marker {intent.marker}, generation {intent.generation})")
    yield _line("asked", _asked(intent))
    yield _exactly("body sent", intent.body)
    yield _line("answer", _answer(intent))
    yield _line("intuit_tid", intent.intuit_tid or "(none was given)")
    yield _line("by whom", _whom(intent, event))


def _teller(source: str) -> str:
    parts = keys.parts_of(source)
    return parts[-1] if parts[0] == "crm" else " ".join(parts)


def _decision(intent: Intent) -> str:
    deal: Mapping[str, Any] = intent.decision.get("deal", {})
    if not deal:
        return intent.kind.replace("_", " ")
    told = deal.get("deal", {})
    lines = len(deal.get("lines") or ())
    title = f' "{told["title"]}"' if told.get("title") else ""
    return f"deal {told.get('id')}{title} is {intent.decision.get('trigger')}: invoice its {lines} line(s)"


def _asked(intent: Intent) -> str:
    if intent.first_asked_at is None:
        return "not yet"
    if intent.attempts <= 1:
        return f"once, {shown(intent.first_asked_at)}"
    return (
        f"{intent.attempts} times under the same request id, first {shown(intent.first_asked_at)}, "
        f"last {shown(intent.asked_at)}"
    )


def _answer(intent: Intent) -> str:
    outcome = dict(intent.outcome or {})
    answer = outcome.pop("answer", None)
    rest = json.dumps(outcome, ensure_ascii=False) if outcome else ""
    if answer is None:
        return " ".join(filter(None, [intent.state, rest]))
    number = f", number {answer['DocNumber']}" if answer.get("DocNumber") else ""
    return f"{intent.state}: id {answer.get('Id')}{number}, version {answer.get('SyncToken')} {rest}".rstrip()


def _whom(intent: Intent, event: Row[Any] | None) -> str:
    decided_by = (intent.outcome or {}).get("by")
    if decided_by:
        return f"settled by {decided_by}"
    if event is not None and event.source == "command":
        return "dealbooks, because a person asked for it"
    return "dealbooks, by itself"


def _page_of_attention(points: Sequence[Row[Any]]) -> Iterator[str]:
    if not points:
        return
    yield from _title("What a person was asked")
    for point in points:
        yield _line(shown(point.since)[11:], point.message)
        settled = f"{point.resolution}, by {point.by}, {shown(point.resolved_at)}"
        yield _line("", settled if point.state != "open" else "open")


def _page_of_history(lines: Sequence[Row[Any]]) -> Iterator[str]:
    yield from _title("History")
    for line in lines:
        amount = _money(line.amount_minor, line.currency) if line.amount_minor is not None else ""
        balance = _money(line.balance_minor, line.currency) if line.balance_minor is not None else ""
        yield f"  {shown(line.at)}  {line.what:<16}{amount:>14}"
        yield f"  {'':22}now {line.status or '-'}, due {balance or '-'}; by {line.by}"


def _title(text: str) -> tuple[str, str]:
    return "", text


def _line(name: str, text: str) -> str:
    """A name and what is said of it; longer texts go on below, broken between words."""
    return _block(name, textwrap.wrap(printable(text), _room(), break_long_words=False, break_on_hyphens=False))


def _exactly(name: str, text: str) -> str:
    """A text to the letter: broken anywhere, so that its lines put together are what was sent."""
    told, room = printable(text), _room()
    return _block(name, [told[start : start + room] for start in range(0, len(told), room)])


def _block(name: str, lines: Sequence[str]) -> str:
    return ("\n" + " " * (WIDTH + 2)).join([f"  {name:<{WIDTH}}{next(iter(lines), '')}".rstrip(), *lines[1:]])


def _room() -> int:
    """How many characters stand beside a name: the terminal's width, but no more than reads well."""
    columns = shutil.get_terminal_size((MOST_COLUMNS, 24)).columns
    return max(FEWEST_COLUMNS, min(columns, MOST_COLUMNS)) - WIDTH - 2


def _money(minor: int, currency: str) -> str:
    money = Money.from_minor(minor, currency)
    return f"{money.amount:,f} {money.currency}"
