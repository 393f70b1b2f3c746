"""Killed at any moment, without a word: workers, the server, the database. Nothing is lost, nothing is done or paid
twice, every job comes to its end.
"""

import random
import signal
import time
import urllib.error

import pytest
import sqlalchemy as sa

import postgres
from processes import LONG, Service, until
from vitascope.store import invariants, schema
from vitascope.store.database import Store, file_url
from vitascope.store.folder_blobs import FolderBlobs

LEASE = ("--lease-seconds", 3)


@pytest.fixture(scope="module")
def database():
    """A PostgreSQL of this file's own, because it is killed."""
    postgres.shared()  # or the reason why there is none
    made = postgres.Server()
    yield made
    made.close()


@pytest.fixture
def service(tmp_path):
    """On SQLite; tests that want PostgreSQL set its `environment`."""
    made = Service(tmp_path, engine="engines:slow")
    yield made
    made.close()


def on(service, database):
    service.environment["VITASCOPE_DATABASE_URL"] = database.fresh()


def order(service, key, **more):
    """As a careful client does it: again with the same key until it is answered."""
    body = {"prompt": f"a red ball {key}", "seconds": "0.5", "steps": 4, **more}
    ends = time.monotonic() + LONG
    while True:
        try:
            return service.get("/v1/videos", "POST", body, **{"idempotency-key": key})["id"]
        except (urllib.error.URLError, ConnectionError, TimeoutError):
            assert time.monotonic() < ends
            time.sleep(0.2)


def rows(store, query):
    with store.read() as tx:
        return tx.execute(query).all()


def check(service, orders):
    """All jobs ended well, each once, each with its one clip whose files are there; the books are right."""
    url = service.environment["VITASCOPE_DATABASE_URL"] or file_url(service.folder / "home" / "vitascope.db")
    store = Store(url)
    with store.read() as tx:
        assert invariants.broken(tx) == []
    jobs = rows(store, sa.select(schema.jobs))
    assert sorted(f"video_{job.id[4:]}" for job in jobs) == sorted(orders)
    assert {job.state for job in jobs} == {"succeeded"}
    clips = rows(store, sa.select(schema.clips))
    assert sorted(clip.job_id for clip in clips) == sorted(job.id for job in jobs)
    kept = FolderBlobs(service.folder / "home" / "blobs")
    for clip in clips:
        assert kept.size(clip.video_key) == clip.bytes
        assert kept.exists(clip.poster_key)
    ended = rows(store, sa.select(schema.events.c.job_id).where(schema.events.c.kind == "job.succeeded"))
    assert sorted(row.job_id for row in ended) == sorted(job.id for job in jobs)
    store.close()
    return jobs


@pytest.mark.slow
@pytest.mark.smoke
def test_a_killed_worker_s_job_is_done_by_another(service):
    service.serve("--workers", 0)
    first = service.work(*LEASE)
    (video,) = orders = [order(service, "one", steps=20)]
    until(lambda: service.video(video)["step"] >= 2, "some steps")
    first.kill()
    service.work(*LEASE)
    until(lambda: service.video(video)["status"] == "completed", "the clip")
    (job,) = check(service, orders)
    assert job.attempts == 2


@pytest.mark.slow
def test_a_killed_server_s_jobs_are_done_when_it_is_back(service):
    process = service.serve()
    orders = [order(service, f"n{number}") for number in range(4)]
    until(lambda: any(service.video(video)["step"] for video in orders), "a step")
    process.kill()  # its worker notices, and finishes or gives back what it holds
    service.serve()
    orders.append(
        order(
            service,
            "n0",
        )
    )
    assert orders.pop() == orders[0]
    until(lambda: all(service.video(video)["status"] == "completed" for video in orders), "all clips")
    check(service, orders)


@pytest.mark.slow
def test_work_under_way_outlives_a_database_that_is_killed(service, database):
    on(service, database)
    service.serve("--workers", 0)
    service.work("--lease-seconds", 60)
    (video,) = orders = [order(service, "one", steps=20)]
    until(lambda: service.video(video)["step"] >= 2, "some steps")
    database.crash()
    with pytest.raises(urllib.error.HTTPError) as caught:
        service.video(video)
    assert caught.value.code == 503
    time.sleep(3)
    database.start()
    until(lambda: service.video(video)["status"] == "completed", "the clip")
    (job,) = check(service, orders)
    assert job.attempts == 1  # nothing was done again


@pytest.mark.slow
def test_everything_is_killed_again_and_again(service, database):
    on(service, database)
    chance = random.Random(1)
    quick = {"engine": "engines:quick"}
    crew = {"server": service.serve("--workers", 0), "a": service.work(*LEASE, **quick), "b": service.work(*LEASE)}
    orders = []
    for number, victim in enumerate(chance.sample(["server", "a", "b", "database"] * 2, 8)):
        orders += [order(service, f"{number}-{take}") for take in range(2)]
        time.sleep(chance.uniform(0, 0.7))
        if victim == "database":
            database.crash()
            database.start()
        else:
            crew[victim].send_signal(signal.SIGKILL)
            crew[victim].wait()
            again = service.serve("--workers", 0) if victim == "server" else service.work(*LEASE, **quick)
            crew[victim] = again
    until(lambda: all(service.video(video)["status"] == "completed" for video in orders), "all clips")
    check(service, orders)
