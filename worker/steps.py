"""Named steps of the two paths, where a test can stop a thread (and, later, a process can be made to die)."""

from __future__ import annotations

from collections.abc import Callable

_watch: Callable[[str], None] | None = None


def reached(step: str) -> None:
    """Called where something has just happened or is about to; does nothing unless somebody watches."""
    if _watch is not None:
        _watch(step)


def watch(watcher: Callable[[str], None] | None) -> None:
    """Let `watcher` be called with the name of every step, in the thread that reached it; None ends that."""
    global _watch
    _watch = watcher
