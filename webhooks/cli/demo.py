"""`dealbooks demo`: the whole thing at work on this machine, told as a story and checked as it goes."""

from __future__ import annotations

import signal
import time

import click
import requests

from webhooks.cli.story import Story, WentWrong
from webhooks.cli.story_stack import Stack, StackFailed
from webhooks.cli.story_stage import Stage

NEXT = (
    ("dealbooks up --sandbox", "the same, to play with"),
    ("dealbooks deals post FILE --company demo", "post a deal of your own"),
    ("dealbooks --help", "everything else"),
)


@click.command()
def demo() -> None:
    """Start everything in a temporary folder, win three deals, and show what happens. Exits 0 if all of it is right."""
    began = time.monotonic()
    stack = Stack()
    before = signal.signal(signal.SIGTERM, signal.default_int_handler)  # as Ctrl-C: nothing is left running
    try:
        with stack, Stage() as stage:
            wrong = _told(stage, stack)
            if not wrong:
                _end(stage, time.monotonic() - began)
    except BaseException:
        stack.forget()
        raise
    finally:
        signal.signal(signal.SIGTERM, before)
    if wrong:
        raise click.exceptions.Exit(1)
    stack.forget()


def _told(stage: Stage, stack: Stack) -> list[str]:
    """Tell the story; gives what was wrong with it."""
    stage.title("dealbooks: won deals become invoices in QuickBooks, and what happens there comes back")
    stage.say(
        "Nothing leaves this machine: the QuickBooks is a sandbox of ours, started for this demo with a sample "
        "business. All names are invented."
    )
    try:
        story = Story(stage, stack, stack.start())
    except StackFailed as failed:
        return _failed(stage, stack, [f"`dealbooks up --sandbox` did not start: {failed}"])
    try:
        story.tell()
    except (WentWrong, requests.RequestException) as error:
        story.wrong.append(str(error))
    finally:
        story.close()
    stopped = stack.stop()
    story.check("exit code of `dealbooks up` when stopped", stopped, 0)
    if story.wrong:
        return _failed(stage, stack, story.wrong)
    stage.show_for_good()
    stage.title("")
    stage.good(f"Every outcome is right: {story.checks} comparisons with the sandbox's own books and the CRM's views.")
    return []


def _failed(stage: Stage, stack: Stack, wrong: list[str]) -> list[str]:
    stage.title("")
    stage.title("Something is not as it should be:")
    for sentence in wrong:
        stage.bad(sentence)
    stage.say("The log of this run:")
    stage.facts([(str(stack.log),)])
    return wrong


def _end(stage: Stage, seconds: float) -> None:
    stage.say(f"It took {seconds:.0f} s. Where to go next:")
    stage.facts(NEXT)
