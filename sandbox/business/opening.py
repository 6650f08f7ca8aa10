"""Opening a company: its foundations first, then the sample business of its country."""

import random
from datetime import datetime, timedelta

from sandbox.business.bookkeeper import Bookkeeper
from sandbox.business.foundations import lay_foundations
from sandbox.business.landscaping import ACCOUNTS as LANDSCAPERS_ACCOUNTS
from sandbox.business.landscaping import landscape
from sandbox.business.local_shop import keep_shop
from sandbox.company import Company
from sandbox.countries import Country

FOUNDED_DAYS_AGO = 130


def open_company(
    realm: str, country: Country, currency: str, multicurrency: bool, empty: bool, seed: int | None, now: datetime
) -> Company:
    """New books: always with accounts, terms, tax codes, preferences and a card; with a business unless `empty`.

    The same seed gives the same business. In the United States it is always the landscaper, whatever the seed.
    """
    company = Company(realm, country, currency)
    founded = now - timedelta(days=FOUNDED_DAYS_AGO)
    is_landscaper = country.code == "US" and not empty
    lay_foundations(company, multicurrency, LANDSCAPERS_ACCOUNTS if is_landscaper else (), founded)
    company.sequences.update({"people": 0, "transactions": 0, "Item": 0, "address": 0})
    bookkeeper = Bookkeeper(company, founded, now)
    if is_landscaper:
        landscape(bookkeeper)
    elif not empty:
        keep_shop(bookkeeper, random.Random(seed if seed is not None else 1))
    return company
