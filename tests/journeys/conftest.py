"""Journeys run real processes against real PostgreSQL and Redis; without the two they are not collected at all."""

from __future__ import annotations

import os

NEEDED = ("DEALBOOKS_TEST_DATABASE_URL", "DEALBOOKS_TEST_REDIS_URL")
collect_ignore_glob = [] if all(os.environ.get(name) for name in NEEDED) else ["test_fleet_*.py"]
