"""The switches: facts about QuickBooks that nobody has documented, each with the settings it may have."""

import sys

from sandbox.control_values import number
from sandbox.refusals import WrongControl

ON_OFF = ("on", "off")

# name -> its settings, the default first.
SETTINGS: dict[str, tuple[str, ...]] = {
    "concurrent_requestid": ("serialise", "both"),
    "requestid_void_send": ("on", "off"),
    "replay_faults": ("off", "on"),
    "void_paid": ("refuse", "unlink"),
    "rotate": ("daily", "always"),
    "old_refresh_token": ("invalid_at_once", "valid_24h"),
    "reuse_revokes": ("off", "on"),
    "code_reuse_revokes": ("off", "on"),
    "limits": ("off", "on"),
    "concurrent_calls": ("on", "off"),
    "throttle_body": ("xml", "json"),
    "throttle_retry_after": ("off", "on"),
    "default_format": ("xml", "json"),
    "webhook_content_type": ("json", "cloudevents"),
    "webhook_time": ("nanoseconds", "seconds"),
    "webhook_datacontenttype": ("on", "off"),
    "webhook_event_id": ("uuid", "named"),
    "webhook_ack": ("200", "2xx"),
    "deactivated_told": ("updated", "deleted", "both"),
    "companion_updated": ("on", "off"),
    "void_updated": ("off", "on"),
    "email_updated": ("off", "on"),
    "send_bumps": ("off", "on"),
    "duplicate_docnumber": ("refuse", "accept"),
    "amount_mismatch": ("refuse", "recompute"),
    "vendor_currency": ("take", "ignore"),
    "tax_rounding": ("country", "rate", "line"),
    "inclusive_amount": ("net", "gross"),
    "explicit_tax": ("honoured", "computed"),
    "cdc_beyond_30_days": ("truncate", "refuse"),
    "missing_currency": ("customer", "refuse"),
}
# How long a requestid is remembered is undocumented; third parties claim about a day.
LIFETIME = "requestid_lifetime_s"
DEFAULT_LIFETIME_S = 86400.0


class Switches:
    """The current settings."""

    def __init__(self) -> None:
        self._chosen = {name: settings[0] for name, settings in SETTINGS.items()}
        self.requestid_lifetime_s = DEFAULT_LIFETIME_S

    def __getitem__(self, name: str) -> str:
        return self._chosen[name]

    def on(self, name: str) -> bool:
        return self._chosen[name] == "on"

    def as_json(self) -> dict[str, object]:
        return {**self._chosen, LIFETIME: self.requestid_lifetime_s}

    def turn(self, wanted: dict[str, object]) -> None:
        """Set all or none; WrongControl names the switch or setting that does not exist."""
        checked = {name: _setting(name, value) for name, value in wanted.items() if name != LIFETIME}
        lifetime = _lifetime(wanted.get(LIFETIME, self.requestid_lifetime_s))
        self._chosen.update(checked)
        self.requestid_lifetime_s = lifetime


def _setting(name: str, value: object) -> str:
    if name not in SETTINGS:
        raise WrongControl(f"There is no switch {name!r}; there are {', '.join([*SETTINGS, LIFETIME])}.")
    settings = SETTINGS[name]
    if isinstance(value, bool) and set(settings) == set(ON_OFF):
        return "on" if value else "off"
    if value not in settings:
        raise WrongControl(f"The switch {name} can be {' or '.join(settings)}, not {value!r}.")
    return str(value)


def _lifetime(value: object) -> float:
    refusal = f"The switch {LIFETIME} is a number of seconds, 0 or more, not {value!r}."
    return number(value, refusal, most=sys.float_info.max)
