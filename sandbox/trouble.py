"""What an injected fault does to a call: wait, answer something else, answer late, or not at all."""

from datetime import tzinfo

from sandbox import refusals
from sandbox.answers import Answer, Hangup, as_json, fault_answer
from sandbox.clock import PACIFIC, stamp_ms
from sandbox.company import Company
from sandbox.faults import Then, Trouble
from sandbox.oauth import invalid_grant
from sandbox.refusals import Fault, Refusal
from sandbox.world import World


def suffer(world: World, trouble: Trouble) -> None:
    """The injected delay before the call; nothing is locked meanwhile."""
    _wait(world, trouble.delay_ms)


def after_commit(world: World, then: Then) -> None:
    """A late answer, or none: raises Hangup."""
    _wait(world, then.delay_ms)
    if then.kind != "delay_after_commit":
        raise Hangup(reset=then.kind.startswith("reset"))


def spoiled(then: Then, world: World, company: Company | None) -> Answer:
    """What goes out instead of the real answer; nothing was committed. Raises Hangup for no answer."""
    _wait(world, then.delay_ms)
    if then.kind.startswith(("timeout", "reset")):
        raise Hangup(reset=then.kind.startswith("reset"))
    now, zone = world.clock.now(), zone_of(company)
    headers = {"retry-after": then.retry_after} if then.retry_after else {}
    match then.kind:
        case "empty_200":
            return as_json({"BatchItemResponse": [], "time": stamp_ms(now, zone)})
        case "fault_200":
            return fault_answer(refusals.system_failure(), then.body == "xml", now, zone, status=200)
        case "invalid_grant":
            return invalid_grant().answer
        case "throttle":
            written = fault_answer(refusals.throttled(), then.body == "xml", now, zone)
        case _:
            if then.body == "html":
                return Answer(then.status, _page(then.status), "text/html", headers)
            written = fault_answer(_refusal(then), then.body == "xml", now, zone, status=then.status)
    return Answer(written.status, written.body, written.content_type, {**written.headers, **headers})


def zone_of(company: Company | None) -> tzinfo:
    """Answers are dated in the company's zone, and in Intuit's where there is no company."""
    return company.zone if company else PACIFIC


def _refusal(then: Then) -> Refusal:
    if then.code:
        return Refusal(Fault(then.code, then.message, then.detail, None), status=then.status, type=then.type)
    known = {
        401: refusals.unauthenticated("Token expired"),
        403: refusals.unauthorized(),
        429: refusals.throttled(),
    }
    return known.get(then.status, refusals.system_failure(then.status))


def _page(status: int) -> bytes:
    return f"<html><head><title>{status}</title></head><body><h1>{status}</h1><hr>nginx</body></html>".encode()


def _wait(world: World, delay_ms: float) -> None:
    if delay_ms:
        world.stopping.wait(delay_ms / 1000)
