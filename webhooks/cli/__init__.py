"""The command `dealbooks`: one explicit table of its commands, each imported only when it is called."""

from __future__ import annotations

import importlib

import click

COMMANDS = {
    "up": ("webhooks.cli.up", "up", "Run everything in one process: receiver, workers and clock."),
    "demo": ("webhooks.cli.demo", "demo", "Show the whole story, from a won deal to the books and back."),
    "serve": ("webhooks.cli.serve", "serve", "Run the receiver (production)."),
    "work": ("webhooks.cli.work", "work", "Run workers (production)."),
    "clock": ("webhooks.cli.clock", "clock", "Run the clock (production)."),
    "sandbox": ("webhooks.cli.sandbox", "sandbox", "Run a QuickBooks Online sandbox on this machine."),
    "companies": ("webhooks.cli.companies", "companies", "The CRM accounts that use us, and their secrets."),
    "connections": ("webhooks.cli.connections", "connections", "The ties between companies and their books."),
    "deals": ("webhooks.cli.deals", "deals", "Post a deal's event as a CRM would."),
    "events": ("webhooks.cli.events", "events", "What we were told, and what came of it."),
    "attention": ("webhooks.cli.attention", "attention", "What a person must settle."),
    "intents": ("webhooks.cli.intents", "intents", "What was sent to the books, exactly."),
    "mapping": ("webhooks.cli.mapping", "mapping", "Which CRM fields become which parts of an invoice."),
    "proof": ("webhooks.cli.proof", "proof", "Everything known about one invoice, as evidence."),
    "catch-up": ("webhooks.cli.catch_up", "catch_up", "Ask the books now what changed."),
    "usage": ("webhooks.cli.usage", "usage", "Calls to QuickBooks, counted."),
    "doctor": ("webhooks.cli.doctor", "doctor", "Check settings, database, connections and backlog."),
    "migrate": ("webhooks.cli.migrate", "migrate", "Bring the database to the newest schema."),
}


class LazyGroup(click.Group):
    """A group whose table names modules: `--help` imports none of them, a command only its own."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002  (the library's signature)
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002
        if cmd_name not in COMMANDS:
            return None
        module, name, _ = COMMANDS[cmd_name]
        command: click.Command = getattr(importlib.import_module(module), name)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002
        with formatter.section("Commands"):
            formatter.write_dl([(name, sentence) for name, (_, _, sentence) in COMMANDS.items()])


@click.group(cls=LazyGroup, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="dealbooks", message="%(version)s")
def dealbooks() -> None:
    """The worker between a CRM and QuickBooks Online."""


def main() -> None:
    """The entry point of the installed script."""
    dealbooks(prog_name="dealbooks")
