"""The settings: what a person tells every process through the environment or `.env`, checked before it starts."""

from __future__ import annotations

import contextlib
import math
import os
import re
import secrets
import stat
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any
from urllib.parse import urlsplit

from dotenv import dotenv_values
from pydantic import BeforeValidator, Field, SecretStr, ValidationError, ValidationInfo, field_validator
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict

PREFIX = "DEALBOOKS_"
SHORTEST_KEY = 32
KEY_FILE = "secret.key"

_SECONDS = {"ms": 0.001, "s": 1.0, "min": 60.0, "m": 60.0, "h": 3600.0, "d": 86400.0}
_DURATION = re.compile(r"(\d{1,12}(?:\.\d{1,6})?)\s*(ms|s|min|m|h|d)?", re.ASCII)
_PACE = re.compile(r"(\d{1,6})/s,\s*(\d{1,6})/min,\s*(\d{1,6})", re.ASCII)
_LOG_LEVELS = ("DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL")


class SettingsInvalid(Exception):
    """Settings that are missing or wrong: one sentence for each, by its full name, never with a secret in it."""

    def __init__(self, faults: Mapping[str, str]) -> None:
        self.faults = dict(faults)
        super().__init__("\n".join(f"{name} {sentence}" for name, sentence in self.faults.items()))


@dataclass(frozen=True)
class Pace:
    """How fast one connection may ask QuickBooks: calls per second, calls per minute, calls under way at once."""

    per_second: int
    per_minute: int
    at_once: int


@dataclass(frozen=True)
class Endpoints:
    """Where the OAuth 2.0 steps of an environment happen."""

    authorize: str
    token: str
    revoke: str
    discovery: str
    userinfo: str


# The answers of Intuit's discovery documents, https://developer.intuit.com/.well-known/openid_configuration/ and
# .../openid_sandbox_configuration/. They differ in the host of userinfo only; the sandbox host is not confirmed.
_AUTHORIZE = "https://appcenter.intuit.com/connect/oauth2"
_TOKEN = "https://oauth.platform.intuit.com/oauth2/v1/tokens/bearer"  # noqa: S105 (an address)
_REVOKE = "https://developer.api.intuit.com/v2/oauth2/tokens/revoke"
_ENDPOINTS = {
    "production": Endpoints(
        authorize=_AUTHORIZE,
        token=_TOKEN,
        revoke=_REVOKE,
        discovery="https://developer.intuit.com/.well-known/openid_configuration/",
        userinfo="https://accounts.platform.intuit.com/v1/openid_connect/userinfo",
    ),
    "sandbox": Endpoints(
        authorize=_AUTHORIZE,
        token=_TOKEN,
        revoke=_REVOKE,
        discovery="https://developer.intuit.com/.well-known/openid_sandbox_configuration/",
        userinfo="https://sandbox-accounts.platform.intuit.com/v1/openid_connect/userinfo",
    ),
}
_API_BASES = {
    "production": "https://quickbooks.api.intuit.com",
    "sandbox": "https://sandbox-quickbooks.api.intuit.com",
}
_APP_BASES = {
    "production": "https://app.qbo.intuit.com",
    "sandbox": "https://app.sandbox.qbo.intuit.com",
}


def _stripped(value: object) -> object:
    return value.strip() if isinstance(value, str) else value


def _web_address(value: object) -> str:
    """An http or https address without its trailing slash."""
    sentence = "must be an http:// or https:// address without user name, query and fragment."
    if not isinstance(value, str):
        raise ValueError(sentence)
    try:
        parts = urlsplit(value)
        port = parts.port
    except ValueError:
        raise ValueError(sentence) from None
    odd = "@" in parts.netloc or parts.query or parts.fragment or port == 0 or re.search(r"\s", value)
    if parts.scheme.lower() not in ("http", "https") or not parts.hostname or odd:
        raise ValueError(sentence)
    return value.rstrip("/")


def _public_url(value: object) -> object:
    return _web_address(value) if value else ""


def _environment(value: object) -> object:
    if isinstance(value, str) and value.lower() in _API_BASES:
        return value.lower()
    try:
        return _web_address(value)
    except ValueError:
        raise ValueError("must be production, sandbox, or the http(s) base address of a sandbox of ours.") from None


def _database_url(value: object) -> object:
    """SQLite, or PostgreSQL through psycopg 3 whichever of its two usual names was told."""
    if isinstance(value, str):
        for plain in ("postgresql://", "postgres://"):
            if value.startswith(plain):
                value = "postgresql+psycopg://" + value.removeprefix(plain)
        if re.fullmatch(r"(sqlite:///|postgresql\+psycopg://)\S.*|sqlite://", value):
            return value
    raise ValueError("must begin with sqlite:/// or postgresql+psycopg://.")


def _broker_url(value: object) -> object:
    if value == "" or (isinstance(value, str) and re.match(r"rediss?://\S", value)):
        return value
    raise ValueError("must begin with redis:// or rediss://, or be left out to stay within the process.")


def _secret_list(value: object) -> object:
    """Comma-separated secrets, in the order told."""
    if isinstance(value, str):
        value = value.split(",")
    if not isinstance(value, (list, tuple)):
        raise ValueError("must be a comma-separated list.")
    told = [each.get_secret_value() if isinstance(each, SecretStr) else each for each in value]
    if not all(isinstance(each, str) for each in told):
        raise ValueError("must be a comma-separated list.")
    return tuple(SecretStr(each.strip()) for each in told if each.strip())


def _secret_keys(value: object) -> object:
    keys = _secret_list(value)
    assert isinstance(keys, tuple)
    short = [str(place) for place, key in enumerate(keys, 1) if len(key.get_secret_value()) < SHORTEST_KEY]
    if short:
        raise ValueError(f"holds a key of fewer than {SHORTEST_KEY} characters (number {', '.join(short)}).")
    return keys


def _seconds(value: object) -> object:
    """Seconds from `5`, `5 s`, `500 ms`, `2 min`, `12 h` or `1 d`; more than none."""
    seconds: float | None = None
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        seconds = float(value)
    elif isinstance(value, str) and (match := _DURATION.fullmatch(value.lower())):
        seconds = float(match[1]) * _SECONDS[match[2] or "s"]
    if seconds is None or not math.isfinite(seconds) or seconds <= 0:
        raise ValueError("must be a time above zero such as 5 s, 10 min or 12 h.")
    return seconds


def _pace(value: object) -> object:
    """`10/s,500/min,10`, or None for `off`."""
    if value is None or (isinstance(value, str) and value.lower() == "off"):
        return None
    if isinstance(value, str) and (match := _PACE.fullmatch(value.lower())):
        value = Pace(int(match[1]), int(match[2]), int(match[3]))
    if not isinstance(value, Pace) or min(value.per_second, value.per_minute, value.at_once) < 1:
        raise ValueError("must look like 10/s,500/min,10 (calls per second, per minute, at once), or be off.")
    return value


def _log_level(value: object) -> object:
    if isinstance(value, str) and value.upper() in _LOG_LEVELS:
        return value.upper()
    raise ValueError(f"must be one of {', '.join(_LOG_LEVELS)}.")


def _log_format(value: object) -> object:
    if isinstance(value, str) and value.lower() in ("json", "console"):
        return value.lower()
    raise ValueError("must be json or console.")


_Secrets = Annotated[tuple[SecretStr, ...], BeforeValidator(_secret_list)]
_Seconds = Annotated[float, BeforeValidator(_seconds)]


class Settings(BaseSettings):
    """Every setting; frozen, and its repr shows no secret (addresses of databases and brokers hold passwords)."""

    model_config = SettingsConfigDict(
        env_prefix=PREFIX,
        env_file=".env",
        env_file_encoding="utf-8",
        env_ignore_empty=True,
        enable_decoding=False,
        extra="ignore",
        frozen=True,
        validate_default=True,
        hide_input_in_errors=True,
    )

    data_dir: Annotated[Path, BeforeValidator(_stripped)] = Path(".dealbooks")
    database_url: Annotated[str, BeforeValidator(_database_url), BeforeValidator(_stripped), Field(repr=False)] = ""
    broker_url: Annotated[str, BeforeValidator(_broker_url), BeforeValidator(_stripped), Field(repr=False)] = ""
    secret_keys: Annotated[tuple[SecretStr, ...], BeforeValidator(_secret_keys)] = ()
    public_url: Annotated[str, BeforeValidator(_public_url), BeforeValidator(_stripped)] = ""
    quickbooks_environment: Annotated[str, BeforeValidator(_environment), BeforeValidator(_stripped)] = "sandbox"
    quickbooks_client_id: Annotated[str, BeforeValidator(_stripped)] = ""
    quickbooks_client_secret: Annotated[SecretStr | None, BeforeValidator(_stripped)] = None
    quickbooks_verifier_tokens: _Secrets = ()
    quickbooks_repeat_after: Annotated[_Seconds, BeforeValidator(_stripped)] = 5.0
    quickbooks_repeat_within: Annotated[_Seconds, BeforeValidator(_stripped)] = 12 * 3600.0
    quickbooks_pace: Annotated[Pace | None, BeforeValidator(_pace), BeforeValidator(_stripped)] = Pace(10, 500, 10)
    admin_token: Annotated[SecretStr | None, BeforeValidator(_stripped)] = None
    log_level: Annotated[str, BeforeValidator(_log_level), BeforeValidator(_stripped)] = "INFO"
    log_format: Annotated[str, BeforeValidator(_log_format), BeforeValidator(_stripped)] = "json"

    @field_validator("database_url", mode="before")
    @classmethod
    def _database_in_data_dir(cls, value: object, told: ValidationInfo) -> object:
        return value or f"sqlite:///{told.data.get('data_dir', '.')}/dealbooks.sqlite3"

    # Rules across settings stand in field validators and not in a model validator, which does not run once a
    # single field is wrong: everything wrong is to be reported at once.
    @field_validator("quickbooks_client_secret")
    @classmethod
    def _id_and_secret_together(cls, value: SecretStr | None, told: ValidationInfo) -> SecretStr | None:
        if (value is None) and told.data.get("quickbooks_client_id"):
            raise ValueError("is missing: a client id is set without it.")
        if value is not None and told.data.get("quickbooks_client_id") == "":
            raise ValueError("is set without a client id: set DEALBOOKS_QUICKBOOKS_CLIENT_ID too.")
        return value

    @field_validator("quickbooks_repeat_within")
    @classmethod
    def _window_beyond_distance(cls, value: float, told: ValidationInfo) -> float:
        if value <= told.data.get("quickbooks_repeat_after", 0.0):
            raise ValueError("must be longer than DEALBOOKS_QUICKBOOKS_REPEAT_AFTER.")
        return value

    @field_validator("quickbooks_pace")
    @classmethod
    def _off_only_for_a_sandbox_of_ours(cls, value: Pace | None, told: ValidationInfo) -> Pace | None:
        if value is None and told.data.get("quickbooks_environment") in _API_BASES:
            raise ValueError("may be off only where DEALBOOKS_QUICKBOOKS_ENVIRONMENT is a base address.")
        return value

    @property
    def environment_name(self) -> str:
        """`production`, `sandbox`, or the base address without its trailing slash."""
        return self.quickbooks_environment

    @property
    def quickbooks_api_base(self) -> str:
        """What stands before `/v3/company/<realm>/...`."""
        return _API_BASES.get(self.quickbooks_environment, self.quickbooks_environment)

    @property
    def quickbooks_app_base(self) -> str:
        """What stands before `/app/invoice?txnId=...`, the pages that people open."""
        return _APP_BASES.get(self.quickbooks_environment, self.quickbooks_environment)

    @property
    def quickbooks_endpoints(self) -> Endpoints:
        """The OAuth addresses: Intuit's, or the same paths under the base address."""
        base = self.quickbooks_environment
        return _ENDPOINTS.get(base) or Endpoints(
            authorize=f"{base}/connect/oauth2",
            token=f"{base}/oauth2/v1/tokens/bearer",
            revoke=f"{base}/v2/oauth2/tokens/revoke",
            discovery=f"{base}/.well-known/openid_sandbox_configuration",
            userinfo=f"{base}/v1/openid_connect/userinfo",
        )


class _ToldSettings(Settings):
    """Settings from what the caller tells alone: neither the environment nor a `.env` file."""

    @classmethod
    def settings_customise_sources(  # the signature is the library's
        cls,
        settings_cls: type[BaseSettings],  # noqa: ARG003
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,  # noqa: ARG003
        dotenv_settings: PydanticBaseSettingsSource,  # noqa: ARG003
        file_secret_settings: PydanticBaseSettingsSource,  # noqa: ARG003
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        return (init_settings,)


def load_settings(
    environ: Mapping[str, str] | None = None, *, required: Collection[str] = (), **overrides: Any
) -> Settings:
    """The settings of this process; raises SettingsInvalid with everything wrong or missing at once.

    Without `environ`: the process' environment, then `.env` in the current folder. With it: that mapping alone.
    `overrides` are named as the fields (`data_dir=...`) and win. `required` names fields that must be told.
    """
    kind = Settings if environ is None else _ToldSettings
    told = {} if environ is None else _fields_of(environ)
    faults: dict[str, str] = {}
    settings: Settings | None = None
    try:
        settings = kind(**{**told, **overrides})
    except ValidationError as error:
        for fault in error.errors(include_url=False, include_input=False):
            faults.setdefault(str(fault["loc"][0]), _sentence(str(fault["msg"])))
    except (OSError, UnicodeDecodeError):
        raise SettingsInvalid({".env": "cannot be read as UTF-8 text."}) from None
    for name in required:
        absent = not getattr(settings, name) if settings else name not in _names_told(environ, overrides)
        if absent and name not in faults:
            faults[name] = _MISSING.get(name, "is missing.")
    if settings is None or faults:
        raise SettingsInvalid({_full_name(name): sentence for name, sentence in faults.items()})
    return settings


def ensure_secret_key(data_dir: Path) -> str:
    """The key in `secret.key` of the data folder, made (mode 0600) by whoever comes first; all get the same one.

    For the commands that run on one machine. Raises SettingsInvalid if it cannot be read or made. A file that is there
    but holds no key is never replaced: what the lost key sealed could not be opened any more.
    """
    path = Path(data_dir) / KEY_FILE
    try:
        if not path.exists():
            path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            _make_key_file(path)
        if stat.S_IMODE(path.stat().st_mode) & 0o077:
            path.chmod(0o600)
        key = path.read_text("ascii").strip()
    except (OSError, UnicodeDecodeError) as error:
        why = error.strerror if isinstance(error, OSError) else "it is not text"
        raise SettingsInvalid({_full_name("data_dir"): f"holds no usable {KEY_FILE}: {why}."}) from None
    if len(key) < SHORTEST_KEY:
        raise SettingsInvalid({_full_name("data_dir"): f"holds a {KEY_FILE} without a key: restore it from a backup."})
    return key


def _make_key_file(path: Path) -> None:
    """Complete or not at all, and never over another: a private file is written, then linked to the name."""
    draft = path.with_name(f".{KEY_FILE}.{secrets.token_hex(8)}")
    try:
        with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="ascii") as file:
            file.write(secrets.token_urlsafe(48) + "\n")
            file.flush()
            os.fsync(file.fileno())
        with contextlib.suppress(FileExistsError):
            os.link(draft, path)
    finally:
        draft.unlink(missing_ok=True)
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


_MISSING = {
    "secret_keys": f"is missing: set one or more comma-separated keys of at least {SHORTEST_KEY} characters.",
}


def _full_name(field: str) -> str:
    return PREFIX + field.upper()


def _sentence(message: str) -> str:
    """Our validators' own words, or for what pydantic itself refuses one that repeats no value."""
    ours = message.removeprefix("Value error, ")
    return ours if ours != message else "has a wrong value."


def _fields_of(environ: Mapping[str, str | None]) -> dict[str, str]:
    """What an environment tells us, by field; empty values count as not told."""
    ours = {name.upper(): value for name, value in environ.items() if name.upper().startswith(PREFIX)}
    named = {name.removeprefix(PREFIX).lower(): value for name, value in ours.items()}
    return {field: value for field, value in named.items() if field in Settings.model_fields and value}


def _names_told(environ: Mapping[str, str] | None, overrides: Mapping[str, object]) -> set[str]:
    surroundings = environ if environ is not None else {**dotenv_values(".env"), **os.environ}
    return set(_fields_of(surroundings)) | {name for name, value in overrides.items() if value}
