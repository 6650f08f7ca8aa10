"""Handling: claim a due stream, let its actions decide about its waiting events, settle them, release (R1 to R5)."""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from itertools import groupby, islice
from uuid import uuid4

import structlog
from structlog.contextvars import bound_contextvars

from models.domain import keys
from models.domain.errors import Disconnected, NeedsAttention, TryLater
from models.domain.events import Event
from models.records import attention, connections, events, history, lanes, streams
from models.records.database import OPERATOR, Session
from models.records.streams import Lease
from worker import steps
from worker.actions import ACTIONS, DECISION, TIMERS, Action
from worker.desk import Desk, LeaseLost, Outcome
from worker.wiring import Wiring

log = structlog.get_logger(__name__)

DRAIN_FOR_S = 30.0
"""A drain rings again after so long instead of going on, so that a process can be stopped and queues take turns."""
SILENCE_S = 2.0
"""A process that heard no ring for so long looks by itself (R3)."""
FIRST_BACKOFF_S, LONGEST_BACKOFF_S, MOST_ATTEMPTS = 2.0, 300.0, 8
MOST_EVENTS = 1000


@dataclass
class Crew:
    """One process's hands: how many there are, what they have leased, and whether they are to stop."""

    wiring: Wiring
    threads: int
    stopping: threading.Event = field(default_factory=threading.Event)
    _name: str = field(default_factory=lambda: uuid4().hex[:12])
    _claims: int = 0
    _in_hand: dict[str, Lease] = field(default_factory=dict)
    _guard: threading.Lock = field(default_factory=threading.Lock)
    _heard_at: dict[str, float] = field(default_factory=dict)

    def drain(self, queue: str, spread: Callable[[str], None] | None = None) -> None:
        """Handle what is due on a queue, fairly lane by lane, until nothing is or it is time to stop.

        `spread` is called after each claim, to let a colleague look too where nobody rang for each of them.
        """
        until = time.monotonic() + DRAIN_FOR_S
        while not self.stopping.is_set():
            if time.monotonic() > until:
                self.wiring.ring(queue)
                return
            lease = self._claim(queue)
            if lease is None:
                return
            if spread is not None:
                spread(queue)
            try:
                handle(self.wiring, lease)
            finally:
                with self._guard:
                    self._in_hand.pop(lease.token, None)

    def renew(self) -> None:
        """Prolong every lease in hand, by one statement (R5)."""
        with self._guard:
            tokens = list(self._in_hand)
        if tokens:
            with self.wiring.database.writing(OPERATOR) as session:
                streams.renew(session, tokens)

    def hear(self, queue: str) -> None:
        """Note that a ring for a queue was heard just now."""
        self._heard_at[queue] = time.monotonic()

    def look(self, queues: Iterable[str], spread: Callable[[str], None]) -> None:
        """Look into queues of which no ring was heard for a while: a dead broker delays and never stops (R3)."""
        for queue in queues:
            if time.monotonic() - self._heard_at.get(queue, 0.0) >= SILENCE_S:
                self.hear(queue)
                spread(queue)

    @property
    def busy(self) -> int:
        """How many streams are in hand now."""
        return len(self._in_hand)

    def _claim(self, queue: str) -> Lease | None:
        """Claim under the process's guard, so that its share of each lane is counted right (R17)."""
        with self._guard:
            if len(self._in_hand) >= self.threads:
                return None
            self._claims += 1
            token = f"{self._name}.{self._claims}"
            full, crowded = self._shares()
            steps.reached("claim.before")
            with self.wiring.database.writing(OPERATOR) as session:
                lease = streams.claim(session, queue, token, full, crowded)
            if lease is not None:
                self._in_hand[token] = lease
        steps.reached("claim.done")
        return lease

    def _shares(self) -> tuple[list[str], list[str]]:
        """The lanes that may have no more, and those that may have no more while others wait.

        A lane holds at most a quarter of the threads while others are due, and never the last free one; with a single
        thread both fall away.
        """
        if self.threads == 1:
            return [], []
        held = Counter(lease.lane for lease in self._in_hand.values())
        full = [lane for lane, number in held.items() if number >= self.threads - 1]
        crowded = [lane for lane, number in held.items() if number >= max(1, self.threads // 4)]
        return full, crowded


def handle(wiring: Wiring, lease: Lease) -> None:
    """Decide about one leased stream: its events in order, or its timer; then release it."""
    desk = Desk(wiring, lease, lease.company_id)
    connection = None if lease.lane == keys.company_lane(lease.company_id) else lease.lane
    with bound_contextvars(company=lease.company_id, connection=connection, stream=lease.key):
        try:
            _act_on(desk)
        except TryLater as later:
            log.info("try_later", why=later.why, after=round(later.after, 2))
            _release(desk, due_in_s=later.after, give_back=True)
        except Disconnected as gone:
            log.warning("disconnected", connection=gone.connection_id, why=gone.why)
            _park_lane(desk, gone)
        except LeaseLost:
            log.warning("lease_lost")
        except Exception:
            log.exception("handling_failed", attempts=lease.attempts)
            _back_off(desk)
        else:
            _release(desk, due_in_s=min(desk.deferred.values(), default=None), give_back=False)


def _act_on(desk: Desk) -> None:
    """Run the actions of everything that waits, group by group; a timer without events runs its own.

    What a person decided comes first. Then a new event takes with it those that were parked before (R16).
    """
    waiting, parked = _told(desk)
    steps.reached("events.read")
    if not waiting and desk.lease.is_timer:
        TIMERS[keys.parts_of(desk.lease.key)[0]](desk)
        return
    decided = [event for event in waiting if event.kind == DECISION]
    for event in decided:
        _run(desk, ACTIONS[DECISION], [event])
    if decided:
        waiting, parked = _told(desk)
    if waiting and _run_all(desk, [*parked, *waiting]):
        _run_all(desk, _told(desk)[1])


def _run_all(desk: Desk, told: Sequence[Event]) -> bool:
    """Run the actions of what was told; says whether something was settled after something earlier was parked.

    What was settled may have removed what the earlier one waits for: a draft is released by a later event.
    """
    is_parked = helps = False
    for action, group in _grouped(told):
        is_settled = _run(desk, action, group)
        helps = helps or (is_parked and is_settled)
        is_parked = is_parked or not is_settled
    return helps


def _told(desk: Desk) -> tuple[list[Event], list[Event]]:
    """The events that wait, and those that wait for a person; what was woken until now is known to what they decide."""
    with desk.reading() as session:
        desk.wakes = lanes.wakes(session, keys.company_lane(desk.company_id))
        return events.waiting(session, desk.lease.key, MOST_EVENTS), events.parked(session, desk.lease.key)


def _grouped(told: Iterable[Event]) -> Iterable[tuple[Action | None, Sequence[Event]]]:
    """Neighbours of one batch action together, all others one by one, in the order they were told."""
    for action, group in groupby(told, key=lambda event: ACTIONS.get(event.kind)):
        size = MOST_EVENTS if action is not None and action.batch else 1
        rest = iter(group)
        while some := list(islice(rest, size)):
            yield action, some


def _run(desk: Desk, action: Action | None, group: Sequence[Event]) -> bool:
    """Let one action decide about its events and settle them by what it says; False where they were parked."""
    with bound_contextvars(event=group[-1].event_id, correlation_id=group[-1].correlation_id):
        if action is None:
            _settle(desk, group, events.IGNORED, None)
            return True
        try:
            outcome = action.run(group if action.batch else group[0], desk)
        except NeedsAttention as needed:
            _park(desk, group, needed)
            return False
        _settle(desk, group, events.DONE, outcome)
        return True


def _settle(desk: Desk, group: Sequence[Event], state: str, outcome: Outcome) -> None:
    settled = [event.event_id for event in group if event.event_id not in desk.deferred]
    steps.reached("events.before_settle")
    with desk.starting() as session:
        events.settle(session, settled, state, dict(outcome) if outcome is not None else None)
        gone = "what stood in the way is gone"
        attention.close_of(session, desk.company_id, desk.lease.key, settled, by="dealbooks", resolution=gone)
        desk.count_calls(session)
    steps.reached("events.settled")
    log.info("events_settled", kind=group[-1].kind, number=len(settled), state=state)


def _park(desk: Desk, group: Sequence[Event], needed: NeedsAttention) -> None:
    """A person must decide: keep the events, with every problem, its remedy and its choices.

    Unless something was woken since they were read: what they wait for may be there, and nobody would wake them again.
    """
    about = subject_of(desk.lease.key)
    problems = needed.problems
    steps.reached("events.before_park")
    with desk.starting() as session:
        if lanes.wakes(session, keys.company_lane(desk.company_id), hold=True) != desk.wakes:
            raise TryLater(0.0, "what stands in the way may be gone meanwhile")
        outcome = {"problems": [{"reason": problem.reason, "cause": problem.cause} for problem in problems]}
        events.settle(session, [event.event_id for event in group], events.NEEDS_ATTENTION, outcome)
        attention.raise_all(
            session,
            problems,
            company_id=desk.company_id,
            stream=desk.lease.key,
            event_ids=[event.event_id for event in group],
            crm=about[0] if about else None,
            deal_id=about[1] if about else None,
            slot=None,
            connection_id=None,
        )
        if about:
            _tell_history(session, desk, about, group[-1], needed)
        desk.drop_holds(session)
        desk.count_calls(session)
    log.info("needs_attention", reasons=[problem.reason for problem in problems])


def _tell_history(session: Session, desk: Desk, about: tuple[str, str], event: Event, needed: NeedsAttention) -> None:
    history.of_deal(
        session,
        company_id=desk.company_id,
        stream=desk.lease.key,
        crm=about[0],
        deal_id=about[1],
        cause=event.event_id,
        what="needs_attention",
        by="dealbooks",
        detail={"reasons": [problem.reason for problem in needed.problems]},
    )


def subject_of(stream: str) -> tuple[str, str] | None:
    """The CRM and the deal that a stream is about, if it is a deal's."""
    parts = keys.parts_of(stream)
    return (parts[2], parts[3]) if parts[0] == "deal" else None


# ---------------------------------------------------------------- how a lease ends


def _release(desk: Desk, *, due_in_s: float | None, give_back: bool) -> None:
    """Give the stream back; it stays due where something came meanwhile and the door's flag was missed."""
    with desk.wiring.database.writing(desk.company_id) as session:
        if due_in_s is None and events.any_waiting(session, desk.lease.key):
            due_in_s = 0.0
        steps.reached("release.looked")
        desk.drop_holds(session)
        desk.count_calls(session)
        streams.release(session, desk.lease, due_in_s=due_in_s, keep_attempts=False, give_back=give_back)


def _park_lane(desk: Desk, gone: Disconnected) -> None:
    """Keep everything of a connection where it is until somebody reconnects it; the stream moves to that lane.

    Where somebody did so since, the lane stays open.
    """
    steps.reached("disconnected.noticed")
    with desk.wiring.database.writing(desk.company_id) as session:
        if connections.is_refused(session, gone.connection_id):
            lanes.park(session, gone.connection_id, "disconnected")
    with desk.wiring.database.writing(desk.company_id) as session:
        desk.drop_holds(session)
        desk.count_calls(session)
        streams.route(session, desk.lease.key, gone.connection_id)
        streams.release(session, desk.lease, due_in_s=0.0, keep_attempts=False, give_back=True)


def _back_off(desk: Desk) -> None:
    """A bug, or a database that is away: again later, and after some attempts set aside as failed, to be replayed."""
    try:
        with desk.starting() as session:
            desk.drop_holds(session)
            if desk.lease.attempts >= MOST_ATTEMPTS and not desk.lease.is_timer:
                stuck = [event.event_id for event in events.waiting(session, desk.lease.key)]
                events.settle(session, stuck, events.FAILED, {"attempts": desk.lease.attempts})
                streams.release(session, desk.lease, due_in_s=None, keep_attempts=False, give_back=False)
                return
            wait = min(LONGEST_BACKOFF_S, FIRST_BACKOFF_S * 2.0 ** (desk.lease.attempts - 1))
            streams.release(session, desk.lease, due_in_s=wait, keep_attempts=True, give_back=False)
    except Exception:
        log.exception("release_failed")  # the lease runs out by itself, and the stream is claimed again
