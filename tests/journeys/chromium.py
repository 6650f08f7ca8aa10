"""The Chromium that is already on this machine, headless and driven by keyboard."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager

from playwright.sync_api import Browser, Page, sync_playwright

VARIABLE = "DEALBOOKS_TEST_CHROMIUM"
ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
PATIENCE_MS = 10_000
# What has the focus: its name as a screen reader says it, where it is, and whether the focus can be seen.
FOCUSED = """() => {
    const one = document.activeElement
    if (!one || one === document.body || one === document.documentElement) return null
    const labels = one.labels ? [...one.labels].map(label => label.innerText) : []
    const name = one.getAttribute('aria-label') || labels.join(' ') || one.innerText || ''
    const within = one.closest('fieldset')?.querySelector('legend')?.innerText
    const look = getComputedStyle(one)
    return {
        name: name.trim(), within: within ?? '', tag: one.tagName, top: one.getBoundingClientRect().top + scrollY,
        seen: look.outlineStyle !== 'none' && parseFloat(look.outlineWidth) >= 2
    }
}"""
# Every visible text whose contrast with what lies behind it is below 4.5, and how much it is.
PALE_TEXTS = """() => {
    const numbers = colour => colour.match(/[\\d.]+/g).map(Number)
    const light = part => (part /= 255) <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4
    const luminance = ([r, g, b]) => 0.2126 * light(r) + 0.7152 * light(g) + 0.0722 * light(b)
    const behind = one => {
        for (; one; one = one.parentElement) {
            const colour = numbers(getComputedStyle(one).backgroundColor)
            if (colour.length < 4 || colour[3] === 1) return colour
        }
        return [255, 255, 255]
    }
    const contrast = one => {
        const [a, b] = [luminance(numbers(getComputedStyle(one).color)), luminance(behind(one))]
        return (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05)
    }
    const owners = [...document.body.querySelectorAll('input, select, textarea')]
    const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT)
    while (texts.nextNode()) if (texts.currentNode.textContent.trim()) owners.push(texts.currentNode.parentElement)
    const seen = owners.filter(one => one.checkVisibility())
    return {
        looked: seen.length,
        pale: seen.filter(one => contrast(one) < 4.5).map(one => [one.innerText || one.name, contrast(one)])
    }
}"""


def installed() -> str | None:
    """The browser's path: the variable's, or Debian's."""
    return shutil.which(os.environ.get(VARIABLE) or "/usr/bin/chromium")


@contextmanager
def running(path: str) -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=ARGUMENTS, timeout=30_000)
        try:
            yield browser
        finally:
            browser.close()


class Person:
    """Somebody who has no mouse."""

    def __init__(self, page: Page) -> None:
        self.page = page
        page.set_default_timeout(PATIENCE_MS)
        page.set_default_navigation_timeout(PATIENCE_MS)

    @property
    def focus(self) -> dict[str, object] | None:
        found: dict[str, object] | None = self.page.evaluate(FOCUSED)
        return found

    def walk(self) -> list[dict[str, object]]:
        """Everything that Tab reaches, in order, from the top of the page to its end."""
        self.page.evaluate("document.activeElement.blur()")
        reached: list[dict[str, object]] = []
        for _ in range(200):
            self.page.keyboard.press("Tab")
            focus = self.focus
            if focus is None:
                return reached
            # A date has a stop for each of its parts.
            if not reached or (focus["name"], focus["within"]) != (reached[-1]["name"], reached[-1]["within"]):
                reached.append(focus)
        raise AssertionError(f"the focus never leaves the page: {[one['name'] for one in reached[:20]]}")

    def tab_to(self, name: str, within: str = "") -> None:
        for _ in range(200):
            self.page.keyboard.press("Tab")
            focus = self.focus
            if focus and focus["name"] == name and str(focus["within"]).startswith(within):
                return
        raise AssertionError(f"Tab never reaches {name!r}")

    def type_over(self, text: str) -> None:
        self.page.keyboard.press("Control+A")
        self.page.keyboard.type(text)

    def press_to_go(self, key: str = "Enter") -> None:
        """Press it and see the page that follows."""
        with self.page.expect_navigation():
            self.page.keyboard.press(key)

    @property
    def text(self) -> str:
        return self.page.inner_text("main")
