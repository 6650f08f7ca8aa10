"""The metrics of the receiver, in Prometheus' words."""

from __future__ import annotations

from prometheus_client import CollectorRegistry, Counter, Gauge

REGISTRY = CollectorRegistry()
RECEIVED = Counter("dealbooks_events_received_total", "Events taken in", ["door"], registry=REGISTRY)
TURNED_AWAY = Counter(
    "dealbooks_deliveries_turned_away_total", "Deliveries not taken, by answer", ["door", "status"], registry=REGISTRY
)
WAITING = Gauge("dealbooks_events_waiting", "Events that wait to be handled", registry=REGISTRY)
OLDEST = Gauge("dealbooks_oldest_waiting_seconds", "Age of the oldest event that waits", registry=REGISTRY)
ATTENTION = Gauge("dealbooks_attention_open", "Points that a person must settle", registry=REGISTRY)
