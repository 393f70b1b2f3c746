"""What the operator's monitoring sees, in Prometheus' form. Counters and times are written down where things happen;
what the database knows (jobs, credits, workers, broken rules) is asked at the moment of the scrape, so it is right
whichever process answers.

`serve` runs its worker in a process of its own: both then count into one folder (`config.shared_metrics`).
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import sqlalchemy as sa
from prometheus_client import CollectorRegistry, Counter, Histogram, generate_latest, multiprocess
from prometheus_client import exposition as _exposition
from prometheus_client.core import GaugeMetricFamily, Metric

from vitascope import scratch
from vitascope.config import shared_metrics
from vitascope.server import room
from vitascope.store import clock, health, orphans, schema
from vitascope.store.database import Store

CONTENT_TYPE = _exposition.CONTENT_TYPE_LATEST
SEEN_SECONDS = 60.0  # a worker that was not seen for so long is gone
RULES_KEY = "invariants"  # row of the settings table: {"at": ..., "broken": [sentences]}
_LONG = (0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 300, 600, 1800)
_SHORT = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10)

room.install()
registry = CollectorRegistry()
step_seconds = Histogram(
    "vitascope_step_seconds", "one denoising step of one clip", ["model"], buckets=_SHORT, registry=registry
)
clip_seconds = Histogram(
    "vitascope_clip_seconds", "from claim to finish", ["model", "outcome"], buckets=_LONG, registry=registry
)
queue_seconds = Histogram(
    "vitascope_queue_seconds", "from order to first start", ["lane"], buckets=_LONG, registry=registry
)
jobs_ended = Counter("vitascope_jobs_ended", "jobs that came to an end", ["outcome"], registry=registry)
leases_lost = Counter("vitascope_leases_lost", "jobs another worker took over", registry=registry)
requests = Counter("vitascope_http_requests", "answers", ["route", "method", "status"], registry=registry)
request_seconds = Histogram(
    "vitascope_http_request_seconds", "until the answer began", ["route"], buckets=_SHORT, registry=registry
)


def request(route: str, method: str, status: int, seconds: float) -> None:
    """Note one answer. `route` is the pattern ("/v1/videos/{id}"), never the path, so that labels stay few."""
    requests.labels(route, method, str(status)).inc()
    request_seconds.labels(route).observe(seconds)


def page(store: Store, home: Path | None = None) -> bytes:
    """The content of `/metrics`; its type is CONTENT_TYPE. `home`: where temporary files are counted. Raises
    Unavailable.
    """
    scraped = CollectorRegistry()
    if folder := shared_metrics():
        multiprocess.MultiProcessCollector(scraped, path=folder)
        text = generate_latest(scraped)
    else:
        text = generate_latest(registry)
    asked = CollectorRegistry()
    asked.register(_FromStore(store, home))
    return text + generate_latest(asked)


class _FromStore:
    def __init__(self, store: Store, home: Path | None):
        self.store, self.home = store, home

    def describe(self) -> list[Metric]:
        return []  # asked for at registration; the database is not

    def collect(self) -> Iterator[Metric]:
        now = self.store.clock()
        with self.store.read() as tx:
            yield from _jobs(tx, now)
            yield from _money(tx)
            yield from _workers(tx, now)
            yield from _rules(tx)
            yield from _sweep(tx)
            yield from _scratch(self.home)
            yield GaugeMetricFamily(
                "vitascope_database_damages", "faults that the last look at the database found", len(health.noted(tx))
            )


def _jobs(tx: sa.Connection, now: float) -> Iterator[Metric]:
    jobs, count = schema.jobs.c, sa.func.count()
    states = GaugeMetricFamily("vitascope_jobs", "jobs now; ended ones of the last hour", labels=["state"])
    live = dict.fromkeys(schema.STATES, 0)
    for condition in (jobs.state == "queued", jobs.state == "running", jobs.finished_at > now - 3600):
        query = sa.select(jobs.state, count).where(condition).group_by(jobs.state)
        live |= {row[0]: row[1] for row in tx.execute(query)}
    for state, number in live.items():
        states.add_metric([state], number)
    yield states
    oldest = tx.execute(
        sa.select(sa.func.min(jobs.created_at)).where(jobs.state == "queued", jobs.run_after <= now)
    ).scalar()
    yield GaugeMetricFamily(
        "vitascope_queue_oldest_seconds", "how long the first in the queue has waited", max(0.0, now - (oldest or now))
    )


def _money(tx: sa.Connection) -> Iterator[Metric]:
    query = sa.select(sa.func.coalesce(sa.func.sum(schema.buckets.c.held), 0)).where(schema.buckets.c.held > 0)
    yield GaugeMetricFamily("vitascope_credits_held", "held for jobs under way", tx.execute(query).scalar_one() / 100)


def _workers(tx: sa.Connection, now: float) -> Iterator[Metric]:
    table = schema.workers.c
    seen = GaugeMetricFamily("vitascope_workers", "workers seen in the last minute", labels=["needs"])
    busy = GaugeMetricFamily("vitascope_workers_busy", "jobs they hold", labels=["needs"])
    query = sa.select(table.needs, sa.func.count(), sa.func.coalesce(sa.func.sum(table.busy), 0))
    for needs, number, held in tx.execute(
        query.where(table.seen_at.between(now - SEEN_SECONDS, now + SEEN_SECONDS)).group_by(table.needs)
    ):
        seen.add_metric([needs], number)
        busy.add_metric([needs], held)
    yield from (seen, busy)


def _rules(tx: sa.Connection) -> Iterator[Metric]:
    row = tx.execute(sa.select(schema.settings.c.value).where(schema.settings.c.key == RULES_KEY)).scalar()
    found = row or {"at": 0.0, "broken": []}
    yield GaugeMetricFamily("vitascope_invariants_broken", "rules of the ledger and the jobs", len(found["broken"]))
    yield GaugeMetricFamily("vitascope_invariants_checked_at", "unix seconds of the last check", found["at"])


def _sweep(tx: sa.Connection) -> Iterator[Metric]:
    row = tx.execute(sa.select(schema.settings.c.value).where(schema.settings.c.key == orphans.KEY)).scalar()
    found = row or {"waiting": 0, "orphans": 0, "stopped": False}
    yield GaugeMetricFamily("vitascope_swept_files", "files without a clip, set aside", found["waiting"])
    yield GaugeMetricFamily(
        "vitascope_sweep_orphans", "clips' files without a row, at the last sweep", found["orphans"]
    )
    yield GaugeMetricFamily("vitascope_sweep_stopped", "1: too many to be set aside unasked", int(found["stopped"]))
    leap = "seconds by which the clock leapt ahead, and what ends for good waits"
    yield GaugeMetricFamily("vitascope_clock_leap_seconds", leap, clock.ahead(tx))


def _scratch(home: Path | None) -> Iterator[Metric]:
    files, size = scratch.usage(home) if home else (0, 0)
    yield GaugeMetricFamily("vitascope_scratch_files", "temporary files in the home", files)
    yield GaugeMetricFamily("vitascope_scratch_bytes", "their size", size)
