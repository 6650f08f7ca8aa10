"""Sends every call of `requests` to one of Intuit's hosts to a sandbox; Python loads this by itself from its path.

The client stays as it was published: it goes on naming Intuit's hosts, and only the last step, the connection, differs.
`SANDBOX_URL` names the sandbox.
"""

import os
from typing import Any
from urllib.parse import urlsplit

try:
    from requests import PreparedRequest, Response
    from requests.adapters import HTTPAdapter
except ImportError:
    # pip and other tools run with this on their path too, before anything is installed.
    pass
else:
    HOST = ".intuit.com"
    SANDBOX = urlsplit(os.environ["SANDBOX_URL"])
    send_as_published = HTTPAdapter.send

    def send(adapter: HTTPAdapter, request: PreparedRequest, *args: Any, **kwargs: Any) -> Response:
        target = urlsplit(str(request.url))
        if (target.hostname or "").endswith(HOST):
            request.url = target._replace(scheme=SANDBOX.scheme, netloc=SANDBOX.netloc).geturl()
        return send_as_published(adapter, request, *args, **kwargs)

    HTTPAdapter.send = send  # type: ignore[method-assign]
