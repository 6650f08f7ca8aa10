"""Customers: to whom an invoice goes, and which customer in the books that is."""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Literal

from models.domain.deals import Address, Deal
from models.domain.errors import NeedsAttention, Problem
from models.domain.mappings import (
    InvoiceMapping,
    mapping_problems,
    recipient_address,
    recipient_email,
    recipient_name,
    recipient_tax_id,
)

# Customer.DisplayName and Customer.PrimaryEmailAddr in Intuit's reference of the Customer entity:
# https://developer.intuit.com/app/developer/qbo/docs/api/accounting/all-entities/customer
LONGEST_NAME = 500
LONGEST_EMAIL = 100


@dataclass(frozen=True, kw_only=True)
class Recipient:
    """To whom the invoice goes, as the CRM knows them; `contact_type` and `contact_id` name the CRM's record."""

    crm: str
    contact_type: Literal["organization", "person"]
    contact_id: str
    name: str = ""
    email: str = ""
    address: Address = field(default_factory=Address)
    tax_id: str = ""
    person_name: str = ""
    phone: str = ""


@dataclass(frozen=True, kw_only=True)
class Customer:
    """A customer in the books. `currency` is an ISO code, '' where the books know only one."""

    customer_id: str
    display_name: str
    email: str = ""
    currency: str = ""
    active: bool = True


@dataclass(frozen=True, kw_only=True)
class CustomerMatch:
    """The customer to invoice; None with problems: a person decides; None without: make a new one."""

    customer: Customer | None = None
    problems: tuple[Problem, ...] = ()


def recipient_of(deal: Deal, mapping: InvoiceMapping) -> Recipient:
    """To whom the deal's invoice goes: the organisation if the deal has one, else the person.

    Raises NeedsAttention with every broken part of the mapping, so that nobody is ever matched by a stand-in.
    """
    if broken := mapping_problems(deal, mapping):
        raise NeedsAttention(*broken)
    organization, person = deal.organization, deal.person
    contact = organization or person
    name, email = recipient_name(deal, mapping), recipient_email(deal, mapping)
    return Recipient(
        crm=deal.crm,
        contact_type="organization" if organization else "person",
        contact_id=contact.id if contact and contact.id else _stand_in(deal, name, email),
        name=name,
        email=email,
        address=recipient_address(deal, mapping),
        tax_id=recipient_tax_id(deal, mapping),
        person_name=person.name.strip() if person else "",
        phone=next(iter(person.phones), "") if person else "",
    )


def _stand_in(deal: Deal, name: str, email: str) -> str:
    """What stands for the id that the CRM did not tell: a customer is remembered by it, and two must never share one.

    Name and e-mail are hashed, because causes and subjects repeat ids where no name belongs.
    """
    known_by = (name_key(name), email_key(email)) if name.strip() or email.strip() else ("deal", deal.id)
    return "unnumbered-" + hashlib.sha256("\n".join(known_by).encode()).hexdigest()[:16]


def match_customer(recipient: Recipient, candidates: Sequence[Customer], linked: Customer | None) -> CustomerMatch:
    """Which customer the recipient is: the linked one, else by e-mail, else by name; never a guess between two.

    `candidates` are customers of the same e-mail or the same name; inactive ones among them do not count, because
    QuickBooks renames a customer that it makes inactive.
    """
    problems = tuple(_email_problems(recipient))
    if linked is not None:
        return _linked(recipient, linked, problems)
    if not display_name(recipient):
        return CustomerMatch(problems=(_recipient_missing(recipient), *problems))
    active = list({each.customer_id: each for each in candidates if each.active}.values())
    match, doubtful = _found(recipient, active)
    if match is not None:
        return CustomerMatch(customer=match, problems=problems)
    if doubtful:
        return CustomerMatch(problems=(_ambiguous(recipient, doubtful), *problems))
    if len(display_name(recipient)) > LONGEST_NAME:
        return CustomerMatch(problems=(_name_too_long(recipient), *problems))
    return CustomerMatch(problems=problems)


def display_name(recipient: Recipient) -> str:
    """The name we give a new customer.

    QuickBooks refuses colons, tabs and newlines in names (a colon separates a customer from its sub-customer), so we
    write a dash for a colon and one space for every run of blanks and control characters.
    """
    spaced = "".join(" " if unicodedata.category(mark) == "Cc" else mark for mark in recipient.name)
    return re.sub(r"\s+", " ", spaced.replace(":", "-")).strip()


def name_key(name: str) -> str:
    """What makes two names the same: QuickBooks compares them without case; we also fold width and blanks."""
    folded = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", name).casefold())
    return " ".join(folded.split())


def email_key(email: str) -> str:
    """What makes two e-mail addresses the same: all but case and blanks around them."""
    return email.strip().casefold()


def contact_cause(contact_type: str, contact_id: str) -> str:
    """The cause that a link of this contact to a customer removes: `organization:5063 not linked`."""
    return f"{contact_type}:{contact_id} not linked"


def _linked(recipient: Recipient, linked: Customer, problems: tuple[Problem, ...]) -> CustomerMatch:
    if linked.active:
        return CustomerMatch(customer=linked, problems=problems)
    return CustomerMatch(problems=(_inactive(recipient, linked), *problems))


def _found(recipient: Recipient, active: Sequence[Customer]) -> tuple[Customer | None, Sequence[Customer]]:
    """The customer it is, and those between whom a person must choose; neither means somebody new."""
    by_email = [each for each in active if _same_email(recipient, each)]
    by_name = [each for each in active if _same_name(recipient, each)]
    if by_email:
        return _by_email(by_email, by_name)
    if len(by_name) == 1 and _may_be(recipient, by_name[0]):
        return by_name[0], ()
    return None, by_name


def _by_email(by_email: Sequence[Customer], by_name: Sequence[Customer]) -> tuple[Customer | None, Sequence[Customer]]:
    others = [each for each in by_name if each not in by_email]
    if len(by_email) == 1:
        return (None, [*by_email, *others]) if others else (by_email[0], ())
    both = [each for each in by_email if each in by_name]
    return (both[0], ()) if len(both) == 1 else (None, [*by_email, *others])


def _may_be(recipient: Recipient, namesake: Customer) -> bool:
    """An organisation is known by its name; two persons may share one, unless no e-mail tells them apart."""
    return recipient.contact_type == "organization" or not (recipient.email.strip() and namesake.email.strip())


def _same_email(recipient: Recipient, customer: Customer) -> bool:
    return bool(recipient.email.strip()) and email_key(recipient.email) in _email_keys(customer.email)


def _same_name(recipient: Recipient, customer: Customer) -> bool:
    return name_key(display_name(recipient)) == name_key(customer.display_name)


def _email_keys(emails: str) -> set[str]:
    """QuickBooks customers may carry several addresses in one field, separated by commas."""
    return {email_key(each) for each in re.split(r"[,;]", emails)} | {email_key(emails)}


def _email_problems(recipient: Recipient) -> Iterable[Problem]:
    email = recipient.email.strip()
    if email and ("@" not in email or "." not in email or len(email) > LONGEST_EMAIL):
        yield Problem(
            reason="email_invalid",
            cause=f"{recipient.contact_type}:{recipient.contact_id} e-mail invalid",
            message=f"QuickBooks does not take the billing e-mail: it needs an @ and a dot, and at most "
            f"{LONGEST_EMAIL} characters.",
            remedy="Correct the e-mail in the CRM; the deal is taken up again by itself, or retry.",
            detail={"email": recipient.email},
        )


def _recipient_missing(recipient: Recipient) -> Problem:
    return Problem(
        reason="recipient_missing",
        cause=f"{recipient.contact_type}:{recipient.contact_id} without name",
        message="The deal has neither an organisation nor a person with a name, so nobody can be invoiced.",
        remedy="Put an organisation or a person on the deal in the CRM; or choose the customer with "
        "`dealbooks attention resolve <ID> --customer CUSTOMER_ID`.",
        choices=("customer", "retry", "dismiss"),
    )


def _name_too_long(recipient: Recipient) -> Problem:
    return Problem(
        reason="customer_name_too_long",
        cause=f"{recipient.contact_type}:{recipient.contact_id} name too long",
        message=f"QuickBooks takes names of at most {LONGEST_NAME} characters; this one has "
        f"{len(display_name(recipient))}.",
        remedy="Shorten the name in the CRM and retry; or choose a customer with "
        "`dealbooks attention resolve <ID> --customer CUSTOMER_ID`.",
        choices=("customer", "retry", "dismiss"),
    )


def _inactive(recipient: Recipient, linked: Customer) -> Problem:
    return Problem(
        reason="customer_inactive",
        cause=contact_cause(recipient.contact_type, recipient.contact_id),
        message="The customer this contact is linked to was made inactive in QuickBooks, and cannot be invoiced.",
        remedy="Make the customer active again in QuickBooks and retry; or choose another with "
        "`dealbooks attention resolve <ID> --customer CUSTOMER_ID`, or make a new one with `--create`.",
        choices=("customer", "create", "retry", "dismiss"),
        detail={"candidates": _listed([linked])},
    )


def _ambiguous(recipient: Recipient, candidates: Sequence[Customer]) -> Problem:
    return Problem(
        reason="customer_ambiguous",
        cause=contact_cause(recipient.contact_type, recipient.contact_id),
        message=f"The recipient may or may not be one of {len(candidates)} customers in QuickBooks."
        if len(candidates) > 1
        else "A customer in QuickBooks has the recipient's name but another e-mail.",
        remedy="Choose one with `dealbooks attention resolve <ID> --customer CUSTOMER_ID`, or make a new one with "
        "`--create`.",
        choices=("customer", "create", "dismiss"),
        detail={"candidates": _listed(candidates)},
    )


def _listed(customers: Iterable[Customer]) -> list[dict[str, str]]:
    return [{"customer_id": each.customer_id, "name": each.display_name} for each in customers]
