"""Addresses to listen at: taken before anything else is started, refused with a sentence."""

from __future__ import annotations

import errno
import socket

BACKLOG = 1024


class CannotListen(Exception):
    """The address cannot be listened at; says why and what to do."""


def listening_at(host: str, port: int) -> socket.socket:
    """A socket bound to an address (port 0: any free one), not yet listening. Raises CannotListen."""
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(
            host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
    except OSError:
        raise CannotListen(f"{host} is no address of this machine: name another with --host.") from None
    bound = socket.socket(family, kind, protocol)
    try:
        bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        bound.bind(address)
        # Two sockets may be bound to one port as long as neither listens; only listening tells that it is ours.
        bound.listen(BACKLOG)
    except OSError as error:
        bound.close()
        raise CannotListen(why_not(host, port, error)) from None
    return bound


def why_not(host: str, port: int, error: OSError) -> str:
    """A sentence for an address that cannot be listened at."""
    if error.errno == errno.EADDRINUSE:
        return f"Port {port} of {host} is taken: stop what listens there, or name another port."
    if error.errno == errno.EACCES:
        return f"Port {port} of {host} is not ours to take: name one above 1023."
    if error.errno == errno.EADDRNOTAVAIL:
        return f"{host} is no address of this machine: name another with --host."
    return f"Port {port} of {host} cannot be listened at: {error.strerror}."


def address_of(bound: socket.socket) -> str:
    """Where others on this machine reach a socket, as an http address without a trailing slash."""
    host, port = bound.getsockname()[:2]
    if host in ("0.0.0.0", "::"):  # noqa: S104 (compared, not bound)
        host = "127.0.0.1"
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"
