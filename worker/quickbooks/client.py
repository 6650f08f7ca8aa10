"""The wire to QuickBooks: python-quickbooks as transport, with our own session, deadline, decimals and faults."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any

import requests
from quickbooks.client import QuickBooks
from requests.adapters import HTTPAdapter

from worker import steps
from worker.quickbooks import faults
from worker.quickbooks.faults import Answer, NotReached, OutcomeUnknown

DEADLINE_S = 30.0
"""One total deadline of a call (R8); what has not answered by then has an unknown outcome."""
CONNECT_S = 3.05
MINOR_VERSION = 75
LARGEST_ANSWER = 64 * 1024 * 1024

CORE, COREPLUS = "core", "coreplus"
"""Intuit's two price groups: writes are free, every read is billed."""


class Http(requests.Session):
    """One pool of connections for a process. No proxies or credentials from the environment, no redirects, no retries
    below us: whether a call may be repeated is the intent's to say."""

    def __init__(self, pool_size: int = 32) -> None:
        super().__init__()
        self.trust_env = False
        adapter = HTTPAdapter(pool_connections=8, pool_maxsize=pool_size, max_retries=0)
        self.mount("http://", adapter)
        self.mount("https://", adapter)


class Client(QuickBooks):  # type: ignore[misc]  # the library has no types
    """Calls of one connection. Made anew for each handling: the library's objects are not for sharing."""

    def __new__(cls, *, http: Http, base_url: str, realm: str, token: Callable[[], str]) -> Client:
        made = super().__new__(cls, company_id=realm, minorversion=MINOR_VERSION, use_decimal=True)
        made._http, made._base_url, made._token = http, base_url, token
        made.calls = {}
        return made  # type: ignore[no-any-return]

    _http: Http
    _base_url: str
    _token: Callable[[], str]
    calls: dict[tuple[str, str], int]
    """How often each (price group, feature) was called and answered; for the usage table."""

    @property
    def api_url(self) -> str:
        return f"{self._base_url}/v3"

    # The library's own sessions refuse http:// addresses, have no time-outs, lose the status of everything that is no
    # JSON and take a throttle for a validation error, so every call of it goes through here.
    def process_request(self, request_type: str, url: str, headers: Any = "", params: Any = "", data: Any = "") -> Any:
        headers = {**headers, "Authorization": f"Bearer {self._token()}", "User-Agent": "dealbooks"}
        steps.reached("quickbooks.call")
        began = time.monotonic()
        try:
            response = self._http.request(
                request_type,
                url,
                headers=headers,
                params=params,
                data=data or None,
                timeout=(CONNECT_S, DEADLINE_S - CONNECT_S),
                allow_redirects=False,
                stream=True,
            )
            response._content = _read_all(response, began + DEADLINE_S)
        except requests.ConnectTimeout as error:
            raise NotReached("QuickBooks could not be reached in time") from error
        except requests.ConnectionError as error:
            if _never_connected(error):
                raise NotReached("QuickBooks could not be reached") from error
            raise OutcomeUnknown("the connection to QuickBooks broke off") from error
        except requests.RequestException as error:
            raise OutcomeUnknown(f"no answer from QuickBooks: {type(error).__name__}") from error
        finally:
            steps.reached("quickbooks.answered")
        return response

    def read(self, path: str, params: Mapping[str, str], *, feature: str, expected: str | None = None) -> Answer:
        """GET something; billed."""
        return self._call("GET", path, params, b"", "application/json", expected, COREPLUS, feature)

    def query(self, statement: str, *, feature: str) -> Answer:
        """Ask for rows; billed. The body of a POST, so that a thousand ids fit."""
        return self._call(
            "POST", "query", {}, statement.encode(), "application/text", "QueryResponse", COREPLUS, feature
        )

    def batch(self, body: Mapping[str, Any], *, feature: str) -> Answer:
        """Several queries as one billed call."""
        text = as_json(body).encode()
        return self._call("POST", "batch", {}, text, "application/json", "BatchItemResponse", COREPLUS, feature)

    def write(
        self, path: str, body: str, request_id: str, *, expected: str, feature: str, operation: str = ""
    ) -> Answer:
        """Post a change under a request id; free. QuickBooks answers a repeat with its first response.

        https://developer.intuit.com/app/developer/qbo/docs/learn/learn-basic-field-definitions
        """
        params = {"requestid": request_id, **({"operation": operation} if operation else {})}
        return self._call("POST", path, params, body.encode(), "application/json", expected, CORE, feature)

    def _call(
        self,
        method: str,
        path: str,
        params: Mapping[str, str],
        body: bytes,
        content_type: str,
        expected: str | None,
        price_group: str,
        feature: str,
    ) -> Answer:
        url = f"{self.api_url}/company/{self.company_id}/{path}"
        headers = {"Content-Type": content_type, "Accept": "application/json"}
        query = {**params, "minorversion": str(MINOR_VERSION)}
        response = self.process_request(method, url, headers=headers, params=query, data=body)
        answer = faults.read_answer(response.status_code, response.headers, response.content, expected)
        self.calls[price_group, feature] = self.calls.get((price_group, feature), 0) + 1
        return answer


def _read_all(response: requests.Response, deadline: float) -> bytes:
    """The whole body, unless it is too much or takes too long."""
    content = bytearray()
    with response:
        for chunk in response.iter_content(65536):
            content += chunk
            if time.monotonic() > deadline or len(content) > LARGEST_ANSWER:
                raise requests.ReadTimeout("the answer did not end in time")
    return bytes(content)


def _never_connected(error: requests.ConnectionError) -> bool:
    """Whether the failure came before anything was sent (urllib3 names that apart from a broken connection)."""
    reason = getattr(error.args[0] if error.args else None, "reason", None)
    return type(reason).__name__ in ("NewConnectionError", "ConnectTimeoutError", "NameResolutionError")


def as_json(body: Any) -> str:
    """JSON as QuickBooks wants it: decimals as numbers, digit for digit."""
    return json.dumps(body, default=_number, ensure_ascii=False, separators=(",", ":"))


def _number(value: Any) -> float | int:
    if not isinstance(value, Decimal):
        raise TypeError(f"{type(value).__name__} cannot be sent")
    if value == value.to_integral_value():
        return int(value)
    number = float(value)
    if Decimal(repr(number)) != value:  # JSON's writer knows floats only; up to 15 digits they are exact
        raise ValueError("a number with too many digits to be sent exactly")
    return number


def quoted(text: str) -> str:
    """A string of QuickBooks' query language. The library escapes the quote only, so a backslash could end it early."""
    return "'" + text.replace("\\", "\\\\").replace("'", "\\'") + "'"
