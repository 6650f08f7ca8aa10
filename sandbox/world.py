"""Everything one sandbox holds: realms, tokens, switches, faults, the clock, the meter and the log."""

import random
import secrets
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from sandbox.business import open_company
from sandbox.changes import Change, Happening
from sandbox.clock import Clock
from sandbox.company import Company, restore
from sandbox.countries import COUNTRIES, CURRENCIES
from sandbox.entities import BY_PATH, KINDS
from sandbox.events import BOXES, Event, sample_events
from sandbox.faults import FaultPlan
from sandbox.journal import Journal
from sandbox.limits import Limits
from sandbox.meter import Meter
from sandbox.notifications import Notifications
from sandbox.numbers import Json
from sandbox.oauth import OAuth
from sandbox.refusals import WrongControl
from sandbox.switches import Switches


@dataclass(frozen=True)
class Options:
    """How a sandbox was started; new realms are made of it unless their control says otherwise."""

    country: str = "US"
    currency: str | None = None
    multicurrency: bool = False
    empty: bool = False
    seed: int | None = None
    token: str | None = None
    client_id: str | None = None
    client_secret: str | None = None


@dataclass(eq=False)
class World:
    """Thrown away and made anew by a reset."""

    options: Options
    clock: Clock = field(default_factory=Clock)
    switches: Switches = field(default_factory=Switches)
    faults: FaultPlan = field(default_factory=FaultPlan)
    meter: Meter = field(default_factory=Meter)
    journal: Journal = field(default_factory=Journal)
    limits: Limits = field(default_factory=Limits)
    stopping: threading.Event = field(default_factory=threading.Event)
    companies: dict[str, Company] = field(default_factory=dict)
    _lock: threading.RLock = field(default_factory=threading.RLock)

    def __post_init__(self) -> None:
        options = self.options
        self.oauth = OAuth(self.clock, self.switches, options.token, options.client_id, options.client_secret)
        self.notifications = Notifications(self.clock, self.switches)

    def stop(self) -> None:
        self.stopping.set()
        self.notifications.stop()
        self.clock.wake()

    def open_realm(
        self,
        realm: str | None = None,
        country: str | None = None,
        currency: str | None = None,
        multicurrency: bool | None = None,
        empty: bool | None = None,
    ) -> Company:
        """The realm's books, made on first use; WrongControl for an unknown country or currency."""
        options = self.options
        with self._lock:
            known = self.companies.get(realm or "")
            if known is not None:
                return known
            code = country or options.country
            if code not in COUNTRIES:
                raise WrongControl(f"There is no country {code!r} here; there are {', '.join(sorted(COUNTRIES))}.")
            # The currency given at start belongs to the country given at start.
            money = currency or (options.currency if code == options.country else None) or COUNTRIES[code].currency
            if money not in CURRENCIES:
                raise WrongControl(f"There is no currency {money!r} here; there are {', '.join(CURRENCIES)}.")
            company = open_company(
                realm or self._new_realm(),
                COUNTRIES[code],
                money,
                options.multicurrency if multicurrency is None else multicurrency,
                options.empty if empty is None else empty,
                options.seed,
                self.clock.now(),
            )
            self.companies[company.realm] = company
            return company

    def import_realm(self, realm: str, held: dict[str, Any]) -> Company:
        """Put an export in the place of the realm; ValueError when it is none."""
        company = restore(held, KINDS.values(), realm)
        with self._lock:
            self.companies[realm] = company
        return company

    def change(self, company: Company, by_person: bool = False) -> Change:
        """A change to make and commit under the company's lock."""
        return Change(company, KINDS, self.switches, self.clock.now(), by_person)

    def commit(self, change: Change) -> None:
        """Commit and tell the subscribers, in the order of commits; nobody hears of a company that is disconnected."""
        told = [] if change.company.disconnected else list(self._told(change))
        change.commit()
        self.notifications.tell(told)

    def send_samples(self, count: int) -> None:
        """Events of a company that is not connected, to every subscriber."""
        self.notifications.send_samples(sample_events(count, self.clock))

    def _told(self, change: Change) -> Iterator[Event]:
        """What Intuit notifies of what happened; asked before the commit, when the old records are still there."""
        for one in change.happenings:
            for operation in self._operations(change, one):
                event = Event(
                    realm=change.company.realm,
                    entity=one.entity,
                    entity_id=one.id,
                    operation=operation,
                    at=change.now,
                    own=not change.by_person,
                    deleted_id=one.deleted_id,
                )
                if event.box in BOXES:
                    yield event

    def _operations(self, change: Change, happening: Happening) -> tuple[str, ...]:
        """A name that becomes inactive is said to be told as deleted; nobody has documented it."""
        how = self.switches["deactivated_told"]
        if happening.operation != "updated" or how == "updated":
            return (happening.operation,)
        kind = BY_PATH[happening.entity].name
        before, after = change.company.find(kind, happening.id), change.find(kind, happening.id)
        if before is None or after is None or not before.get("Active") or after.get("Active"):
            return (happening.operation,)
        return ("updated", "deleted") if how == "both" else ("deleted",)

    def export(self) -> Json:
        """Every realm and grant, as `--file` keeps them."""
        return {"realms": [one.export() for one in list(self.companies.values())], **self.oauth.export()}

    def _new_realm(self) -> str:
        """One that looks like Intuit's, 9130000000000000; with a seed the n-th realm is always the same."""
        seed = self.options.seed
        chance = secrets.SystemRandom() if seed is None else random.Random(f"{seed}/{len(self.companies)}")
        while True:
            realm = f"9130{chance.randrange(10**12):012}"
            # An imported realm may have taken the number already.
            if realm not in self.companies:
                return realm
