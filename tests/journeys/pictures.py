"""Makes the pictures of the sandbox's page that the documentation shows: `python -m tests.journeys.pictures`."""

from __future__ import annotations

import sys
from datetime import UTC, datetime
from pathlib import Path

from sandbox.server import Sandbox
from tests.journeys import chromium
from tests.journeys.chromium import Person

FOLDER = Path(__file__).parents[2] / "docs" / "images"
REALM = "9130123456789012"


def main() -> int:
    path = chromium.installed()
    if path is None:
        print(f"There is no Chromium here; {chromium.VARIABLE} may name one.", file=sys.stderr)
        return 1
    FOLDER.mkdir(parents=True, exist_ok=True)
    with Sandbox(seed=1) as books, chromium.running(path) as browser:
        # Always the same books on the same day.
        books.clock.turn(datetime(2026, 11, 20, 17, 0, tzinfo=UTC), rate=0)
        books.open_realm(realm=REALM)
        company = f"{books.url}/app/companies/{REALM}"
        person = Person(browser.new_page(viewport={"width": 1000, "height": 760}, locale="en-US"))
        person.page.goto(company)
        person.page.screenshot(path=FOLDER / "sandbox-company.png")
        open_ones = [row for row in books.company(REALM).all("Invoice") if row["Balance"] and len(row["Line"]) > 2]
        person.page.goto(f"{company}/invoice/{open_ones[-1]['Id']}")
        person.page.screenshot(path=FOLDER / "sandbox-invoice.png", full_page=True)
    for picture in sorted(FOLDER.glob("sandbox-*.png")):
        print(f"{picture.name}: {picture.stat().st_size // 1000} kB")
    return 0


if __name__ == "__main__":
    sys.exit(main())
