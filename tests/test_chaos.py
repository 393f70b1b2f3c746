"""Everything at once, by chance but repeatable: processes are killed and stopped, the database is restarted, the disk
is full, and people order and cancel meanwhile. No job may be lost or doubled, no credit may go astray.

`make chaos` does much of it and prints its figures; `make test-all` a little.
"""

import os
import random
import signal
import subprocess
import time
import urllib.error
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress

import pytest
import sqlalchemy as sa

import postgres
from processes import LONG, Service, until
from vitascope.store import accounts, blobs, invariants, ledger, schema
from vitascope.store.database import Store, file_url

LEASE = ("--lease-seconds", 3)
GIVEN = 1_000_000  # units
ACTS = 12  # of the short run
ENDS = ("succeeded", "failed", "cancelled")
DISK_MB = 96

pytestmark = pytest.mark.slow


class Run:
    """A server, two workers, a person with credits, and what is done to them."""

    def __init__(self, folder, database, seed):
        self.chance, self.database, self.folder = random.Random(seed), database, folder
        self.has_disk = _mounted(folder)
        self.service = Service(
            folder / "here", engine="engines:slow", **({"database_url": database.fresh()} if database else {})
        )
        self.url = self.service.environment["VITASCOPE_DATABASE_URL"] or file_url(
            folder / "here" / "home" / "vitascope.db"
        )
        self.crew = {"server": self._start("server")}
        self.store = Store(self.url)
        with self.store.begin() as tx:
            now = time.time()
            self.account = accounts.sign_up(tx, email="mia@example.org", password=None, plan="pro", now=now).id
            ledger.grant(tx, self.account, GIVEN, "gift", source="chaos", now=now)
            self.key = accounts.create_key(tx, self.account, "chaos", now).key
        self.crew |= {name: self._start(name) for name in ("a", "b")}
        self.people = ThreadPoolExecutor(8)
        self.orders, self.done, self.disk_was_full = [], Counter(), False

    def _start(self, name):
        if name == "server":
            return self.service.serve("--workers", 0)
        return self.service.work(*LEASE, engine="engines:quick" if name == "a" else None)

    def act(self, number):
        for take in range(2):
            cancelled = self.chance.random() < 0.15
            self.orders.append(self.people.submit(self._order, f"{number}-{take}", cancelled))
        time.sleep(self.chance.uniform(0, 0.7))
        kinds = ["kill", "kill", "stop", "end", "power"] + ["restart"] * bool(self.database) + ["disk"] * self.has_disk
        kind = self.chance.choice(kinds)
        getattr(self, kind)()
        self.done[kind] += 1

    def kill(self, name=""):
        """Without a word, and begun again."""
        name = name or self.chance.choice(list(self.crew))
        os.killpg(self.crew[name].pid, signal.SIGKILL)
        self.crew[name].wait()
        self.crew[name] = self._start(name)

    def stop(self):
        """Asleep for longer than a lease, or not, and awake again as if nothing had been."""
        process = self.crew[self.chance.choice(list(self.crew))]
        process.send_signal(signal.SIGSTOP)
        time.sleep(self.chance.choice([0.3, 1.5, 5.0]))
        process.send_signal(signal.SIGCONT)

    def end(self):
        """As an operator does it."""
        name = self.chance.choice(list(self.crew))
        self.crew[name].terminate()
        self.crew[name].wait(LONG)
        self.crew[name] = self._start(name)

    def power(self):
        """All of it at the same moment."""
        for process in self.crew.values():
            os.killpg(process.pid, signal.SIGKILL)
        if self.database:
            self.database.crash()
            self.database.start()
        for name in self.crew:
            self.crew[name].wait()
            self.crew[name] = self._start(name)

    def restart(self):
        """The database goes down as if its power were cut, and comes back."""
        self.database.crash()
        time.sleep(self.chance.uniform(0, 2))
        self.database.start()

    def disk(self):
        """Full for a while: the files, the temporary ones, and SQLite's."""
        ballast = self.folder / "here" / "home" / "ballast"
        with suppress(OSError), open(ballast, "wb", buffering=0) as file:
            while file.write(bytes(1 << 20)):
                pass
        self.disk_was_full = True
        time.sleep(self.chance.uniform(0.5, 3))
        ballast.unlink()

    def close(self):
        self.people.shutdown(cancel_futures=True)
        for process in self.crew.values():
            with suppress(OSError):
                process.send_signal(signal.SIGCONT)
        self.service.close()
        self.store.close()
        if self.has_disk:
            subprocess.run(["umount", "-l", str(self.folder / "here")], check=False)

    def _order(self, key, cancelled):
        """As a careful client does it: again with the same key until it is answered."""
        body = {"prompt": f"a red ball {key}", "seconds": "0.5", "steps": 4}
        video = self._ask("/v1/videos", body, **{"idempotency-key": key})["id"]
        if cancelled:
            self._ask(f"/v1/videos/{video}/cancel", {})
        return video

    def _ask(self, path, body, **headers):
        headers = {"authorization": f"Bearer {self.key}", "cookie": "", **headers}
        begun, heard = time.monotonic(), Counter()
        while True:
            try:
                return self.service.get(path, "POST", body, **headers)
            except urllib.error.HTTPError as error:
                if error.code == 409 and path.endswith("cancel"):
                    return None  # it was done already
                if error.code not in (429, 503) and not (error.code == 500 and self.disk_was_full):
                    raise
                heard[str(error.code)] += 1
            except (urllib.error.URLError, ConnectionError, TimeoutError) as error:
                heard[type(error).__name__] += 1
            if time.monotonic() > begun + 8 * LONG:
                said = self.service.words()
                raise AssertionError(f"{path} was never answered but by {dict(heard)}; the processes said:\n{said}")
            time.sleep(0.2)

    def check(self):
        """All that was ordered has ended, each once, each good one with its one whole clip; every credit is accounted
        for. The states.
        """
        videos = [order.result(9 * LONG) for order in self.orders]
        until(lambda: not self._open(), "the end of all jobs", 4 * LONG)
        with self.store.read() as tx:
            assert invariants.broken(tx) == []
            jobs = tx.execute(sa.select(schema.jobs)).all()
            clips = tx.execute(sa.select(schema.clips)).all()
            ended = tx.scalars(sa.select(schema.events.c.job_id).where(schema.events.c.kind == "job.succeeded")).all()
            left = ledger.balance(tx, self.account, time.time())
            mine = schema.buckets.c.account_id == self.account
            given = tx.scalar(sa.select(sa.func.sum(schema.buckets.c.units)).where(mine))  # what the plan gives too
        good = [job for job in jobs if job.state == "succeeded"]
        assert sorted(f"video_{job.id[4:]}" for job in jobs) == sorted(videos)  # none lost, none doubled
        assert sorted(clip.job_id for clip in clips) == sorted(job.id for job in good) == sorted(ended)
        kept = blobs.FolderBlobs(self.folder / "here" / "home" / "blobs")
        assert [clip.id for clip in clips if kept.size(clip.video_key) != clip.bytes] == []
        assert left.available == given - sum(job.units for job in good)
        assert left.held == 0
        failed = [job for job in jobs if job.state == "failed"]
        assert self.disk_was_full or not failed, [job.error_message for job in failed]
        return Counter(job.state for job in jobs), sum(job.attempts for job in jobs)

    def _open(self):
        with self.store.read() as tx:
            return tx.scalar(sa.select(sa.func.count()).where(schema.jobs.c.state.not_in(ENDS)))


def _mounted(folder):
    """Whether the home lies on a small disk of its own, which can be filled; only root may make one."""
    (folder / "here").mkdir()
    command = ["mount", "-t", "tmpfs", "-o", f"size={DISK_MB}m", "tmpfs", str(folder / "here")]
    with suppress(OSError):
        return os.geteuid() == 0 and subprocess.run(command, capture_output=True).returncode == 0
    return False


@pytest.fixture(params=["sqlite", "postgres"])
def run(request, tmp_path):
    server = None
    if request.param == "postgres":
        postgres.shared()  # or the reason why there is none
        server = postgres.Server()
    made = Run(tmp_path, server, request.config.getoption("--chaos-seed"))
    yield made
    made.close()
    if server:
        server.close()


def test_whatever_happens_nothing_is_lost_and_nothing_is_done_twice(run, pytestconfig):
    begun = time.monotonic()
    for number in range(pytestconfig.getoption("--chaos") or ACTS):
        run.act(number)
    states, attempts = run.check()
    acts = ", ".join(f"{count} {kind}" for kind, count in sorted(run.done.items()))
    print(f"\n{run.store.engine.dialect.name}: {acts}; {states.total()} jobs in {attempts} attempts: {dict(states)};")
    print(f"0 lost, 0 doubled, 0 credits astray; {time.monotonic() - begun:.0f} s, the disk was {DISK_MB} MB")
    if not run.has_disk:
        print("a full disk was not tried: only root may make a small one")
