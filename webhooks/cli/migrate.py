"""`dealbooks migrate`: bring the database to the newest schema."""

from __future__ import annotations

import click
from sqlalchemy.exc import ProgrammingError

from webhooks.cli.common import Refused, data_option, json_option, log_to_stderr, told_settings
from webhooks.cli.one_process import bring_up_to_date
from webhooks.cli.opening import plain_refusals
from webhooks.cli.showing import show_one

FORBIDDEN = "42501"
"""PostgreSQL's insufficient_privilege, https://www.postgresql.org/docs/current/errcodes-appendix.html"""


@click.command()
@data_option
@json_option
def migrate(data: str | None, as_json: bool) -> None:
    """Bring the database to the newest schema. Harmless where it is there already."""
    settings = told_settings(data)
    log_to_stderr(settings)
    with plain_refusals():
        try:
            revision = bring_up_to_date(settings)
        except ProgrammingError as error:
            if getattr(error.orig, "sqlstate", None) != FORBIDDEN:
                raise
            raise Refused(
                "This login may not make the roles and tables that keep companies apart: migrate as one with "
                "CREATEROLE that owns the database (`ALTER ROLE … CREATEROLE`).",
                code="not_allowed",
                status=403,
            ) from None
    if as_json:
        show_one({"revision": revision}, as_json)
    else:
        click.echo(f"The database is at revision {revision}.")
