"""A fuzz over every entity's shape, every door and hardly any sense; and what it found, by name.

`DEALBOOKS_TEST_FUZZ=50000` makes it as long as that, `DEALBOOKS_TEST_SEED` gives it another seed.
"""

import importlib.util
import os
import sys
from pathlib import Path

import pytest

REQUESTS = int(os.environ.get("DEALBOOKS_TEST_FUZZ", "5000"))
SEED = int(os.environ.get("DEALBOOKS_TEST_SEED", "7"))
# The second half may add so much to the memory of the middle: the records that it made, and air.
GROWTH = 1.4


@pytest.fixture(scope="module")
def fuzz():
    """The script beside this file, as a module."""
    spec = importlib.util.spec_from_file_location("sandbox_fuzz", Path(__file__).with_name("fuzz.py"))
    module = importlib.util.module_from_spec(spec)
    # Its dataclasses look for the module by name.
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    yield module
    del sys.modules[spec.name]


@pytest.mark.timeout(600)
@pytest.mark.behaviour("The wire", "No call makes it fail, hang, answer nonsense or lose its balance.", "assumed")
def test_no_call_makes_it_fail_hang_or_lose_its_balance(fuzz):
    outcome = fuzz.run(REQUESTS, SEED)
    answered = sum(outcome.statuses.values())
    assert answered > 0.9 * REQUESTS
    # A fuzz that is refused everywhere shows nothing.
    assert outcome.statuses[200] > 0.15 * answered
    assert outcome.end_mib < GROWTH * outcome.middle_mib, f"{outcome.middle_mib:.0f}, then {outcome.end_mib:.0f} MiB"


def test_the_fuzz_sees_a_failure(fuzz, monkeypatch):
    def broken(*_, **__):
        raise ZeroDivisionError("on purpose")

    monkeypatch.setattr("sandbox.cdc.changes", broken)
    with pytest.raises(fuzz.Found, match=r"seed 7, call \d+: status 500") as raised:
        fuzz.run(500, 7)
    assert "sent: b'" in str(raised.value)


def test_the_fuzz_sees_a_hang(fuzz, monkeypatch):
    monkeypatch.setattr(fuzz, "TIMEOUT_S", 0.2)
    original = fuzz.Sandbox.__enter__

    def slow(books):
        started = original(books)
        books.world.faults.add({"then": {"kind": "delay", "delay_ms": 60_000}, "match": {"method": "POST"}})
        return started

    monkeypatch.setattr(fuzz.Sandbox, "__enter__", slow)
    with pytest.raises(fuzz.Found, match="no answer within"):
        fuzz.run(500, 7)


@pytest.mark.parametrize("depth", [21, 900, 980])
def test_a_value_deeper_than_any_schema_is_2010(app, depth):
    body = b'{"DisplayName": "Deep", "OtherAddr": ' + b"[" * depth + b"1" + b"]" * depth + b"}"
    answer = app.call("POST", "/customer", data=body, headers={"Content-Type": "application/json"})
    assert (answer.status_code, answer.json()["Fault"]["Error"][0]["code"]) == (400, "2010")
    assert app.query("select count(*) from Customer")["totalCount"] == 0


def test_a_deposit_below_zero_is_refused(app):
    assert app.refused("/invoice", app.invoice_body(100, Deposit=-1))["code"] == "6000"


def test_a_deposit_above_the_total_does_not_raise_the_balance_when_it_goes(app):
    made = app.invoice(100, Deposit=130)
    assert made["Balance"] == 0
    later = {**app.invoice_body(500), "Id": made["Id"], "SyncToken": made["SyncToken"]}
    assert app.post("/invoice", later)["Invoice"]["Balance"] == 500


@pytest.mark.parametrize("number", ["1e999999999999999999999", "9" * 5000, "1e99999999"], ids=range(3))
def test_a_number_beyond_every_number_is_refused(app, number):
    body = f'{{"DisplayName": "A", "CreditLimit": {number}}}'.encode()
    answer = app.call("POST", "/customer", data=body, headers={"Content-Type": "application/json"})
    assert answer.status_code == 400
    assert answer.json()["Fault"]["Error"][0]["code"] in ("2010", "2080")


@pytest.mark.parametrize("text", ["\x00number:12", "\x00number:1.2.3-", "\x00", "\ud800", "a\ufffe"])
def test_no_text_breaks_the_answer_it_is_in(app, text):
    made = app.customer("A", Notes=text)
    assert app.read("Customer", made["Id"])["Notes"] == text.replace("\ud800", "?")
    answer = app.call("GET", f"/customer/{made['Id']}", headers={"Accept": "application/xml"})
    assert "<Notes>" in answer.text


@pytest.mark.parametrize("accept", ["application/json", "application/xml"])
@pytest.mark.parametrize("number", ["1e99999999", "1e-99999999"])
def test_a_number_of_a_hundred_million_digits_is_not_written_out(app, number, accept):
    body = f'{{"DisplayName": "A", "OtherAddr": {{"x": {number}}}}}'.encode()
    answer = app.call("POST", "/customer", data=body, headers={"Accept": accept})
    assert answer.status_code == 200
    assert len(answer.content) < 10_000
    assert len(app.call("GET", "/customer/1", headers={"Accept": accept}).content) < 10_000
