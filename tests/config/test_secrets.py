"""What is sealed opens with any configured key and with no other; fingerprints outlive a rotation."""

from __future__ import annotations

import pytest
from cryptography.fernet import Fernet

from config.secrets import CannotOpen, Sealer

OLD = "an old key, thirty-two characters or more"
NEW = "a new key, also thirty-two characters long"


@pytest.mark.parametrize("key", [OLD, "ключ" * 8, Fernet.generate_key().decode()])
def test_what_was_sealed_opens(key: str) -> None:
    sealer = Sealer([key])
    for text in ("", "9130000000000772", "naïve 🙂 " * 1000):
        assert sealer.open(sealer.seal(text)) == text


def test_sealing_twice_gives_two_values_that_hide_the_text() -> None:
    sealer = Sealer([OLD])
    assert sealer.seal("9130") != sealer.seal("9130")
    assert "9130" not in sealer.seal("9130")


def test_the_first_key_seals_and_every_key_opens() -> None:
    both = Sealer([NEW, OLD])
    assert both.open(Sealer([OLD]).seal("x")) == "x"
    assert Sealer([NEW]).open(both.seal("x")) == "x"


def test_a_fernet_key_is_taken_as_it_is() -> None:
    key = Fernet.generate_key()
    assert Sealer([key.decode()]).open(Fernet(key).encrypt(b"x").decode()) == "x"


def test_a_stranger_cannot_open() -> None:
    with pytest.raises(CannotOpen, match="none of the configured keys"):
        Sealer([NEW]).open(Sealer([OLD]).seal("x"))


@pytest.mark.parametrize("sealed", ["", "x", "ключ", "gAAAA=", "\ud800", "gAAAAA" + "A" * 200])
def test_what_nobody_sealed_cannot_be_opened(sealed: str) -> None:
    with pytest.raises(CannotOpen):
        Sealer([OLD]).open(sealed)


def test_a_changed_value_cannot_be_opened() -> None:
    sealer = Sealer([OLD])
    sealed = sealer.seal("x")
    changed = sealed[:30] + ("A" if sealed[30] != "A" else "B") + sealed[31:]
    with pytest.raises(CannotOpen):
        sealer.open(changed)


def test_a_fingerprint_stays_when_a_key_is_added_in_front() -> None:
    assert Sealer([NEW, OLD]).fingerprint("9130") == Sealer([OLD]).fingerprint("9130")
    assert Sealer([NEW, OLD]).keyed_hash("a") == Sealer([OLD]).keyed_hash("a")


def test_a_fingerprint_depends_on_the_key_the_text_and_the_purpose() -> None:
    sealer = Sealer([OLD])
    marks = {
        sealer.fingerprint("1"),
        sealer.fingerprint("2"),
        sealer.keyed_hash("1"),
        Sealer([NEW]).fingerprint("1"),
        Sealer([OLD, NEW]).fingerprint("2"),
    }
    assert len(marks) == 5
    assert all(len(mark) == 64 and int(mark, 16) >= 0 for mark in marks)


@pytest.mark.parametrize("keys", [[], ["short"], [OLD, "short"]])
def test_missing_and_short_keys_are_refused_without_being_shown(keys: list[str]) -> None:
    with pytest.raises(ValueError) as refused:
        Sealer(keys)
    assert "short" not in str(refused.value)


def test_a_repr_shows_no_key() -> None:
    assert repr(Sealer([NEW, OLD])) == "Sealer(2 keys)"
