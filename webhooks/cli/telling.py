"""Telling: what a command answers once, secrets included, as one line of JSON or as lines for people."""

from __future__ import annotations

import json
from collections.abc import Mapping

import click


def tell(answer: Mapping[str, object], as_json: bool, *, after: str = "") -> None:
    """Show an answer that may hold a secret made just now; `after` is a sentence for people only."""
    if as_json:
        click.echo(json.dumps(dict(answer), ensure_ascii=False))
        return
    width = max(len(name) for name in answer)
    for name, value in answer.items():
        click.echo(f"{name.replace('_', ' '):<{width}}  {value}")
    if after:
        click.echo(after)
