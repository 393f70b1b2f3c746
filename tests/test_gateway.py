"""Another Vitascope as the server where clips are ordered: two services as real processes, with a key between them."""

import hashlib
import json
import os
import random
import signal
import time
from contextlib import closing

import pytest
import sqlalchemy as sa

from processes import LONG, Service, until
from vitascope.store import accounts, invariants, ledger, schema
from vitascope.store.database import Store, file_url

MODEL = """
name = "far/nano"
title = "The nano model of the machine upstairs"
engine = "vitascope.engines.remote.openai:engine"
modes = ["text", "image", "last_image"]

[source]
address = "{address}/v1"
key = "upstairs"
model = "vitascope-nano"
profile = "vitascope"
poll_seconds = 1
parallel = 8
cost_per_second = 0.02
cost_per_credit = 0.001

[format]
fps = 16
group = 8
side = 32
sizes = ["256x256", "352x192", "192x352"]
max_seconds = 10
steps = 4

[price]
second = 30
"""


def opened(service):
    return closing(Store(file_url(service.folder / "home" / "vitascope.db")))


class Pair:
    """`near` orders from `far`. Both lie in folders of their own; the key is in a file of the near one's home."""

    def __init__(self, folder, engine="engines:quick"):
        (folder / "near" / "home" / "models").mkdir(parents=True)
        (folder / "near" / "home" / "keys").mkdir()
        (folder / "far").mkdir()
        self.far = Service(folder / "far", engine=engine)
        self.near = Service(folder / "near")
        self.far_server = self.far.serve("--lease-seconds", 2)
        with opened(self.far) as store, store.begin() as tx:
            owner = accounts.owner(tx, time.time())
            ledger.grant(tx, owner.id, 10**7, "gift", source="test", now=time.time())
            self.key = accounts.create_key(tx, owner.id, "near", time.time()).key
        file = folder / "near" / "home" / "keys" / "upstairs"
        file.touch(mode=0o600)
        file.write_text(f"{self.key}\n")
        (folder / "near" / "home" / "models" / "far.toml").write_text(MODEL.format(address=self.far.url))

    def order(self, prompt="a red ball bounces", **more):
        return self.near.order(prompt, model="far/nano", **more)

    def done(self, *videos):
        found = {}

        def look():
            for video in videos:
                if video not in found:
                    seen = self.near.video(video)
                    if seen["status"] in ("completed", "failed"):
                        found[video] = seen
            return len(found) == len(videos)

        until(look, "the end of all orders", 4 * LONG)
        return [found[video] for video in videos]

    def rows(self, service, table):
        with opened(service) as store, store.read() as tx:
            return tx.execute(sa.select(table).order_by(table.c.id)).all()

    def broken(self):
        found = []
        for service in (self.near, self.far):
            with opened(service) as store, store.read() as tx:
                found += invariants.broken(tx)
        return found

    def close(self):
        self.near.close()
        self.far.close()


@pytest.fixture
def pair(tmp_path):
    made = Pair(tmp_path)
    yield made
    made.close()


def test_buying_is_stopped_and_started_by_a_command(tmp_path):
    service = Service(tmp_path)

    nothing = "Nothing was bought in the last 30 days.\n"

    def say(*words):
        process = service.run("buying", *words)
        assert process.wait(LONG) == 0, service.words()
        return process.stdout.read()

    try:
        assert say("show") == nothing
        assert "Nothing more is bought" in say("stop", "--why", "over budget")
        assert "Buying is stopped: over budget." in say("show")
        say("start")
        assert say("show") == nothing
    finally:
        service.close()


@pytest.mark.slow
@pytest.mark.smoke
def test_a_clip_is_ordered_from_another_server_and_kept_as_it_came(pair, tmp_path):
    pair.near.serve("--workers", 0)
    first = pair.order(seconds="1", seed=7, negative_prompt="fog", max_credits=1)
    (video, other) = pair.done(first, pair.order("a ball", seconds="1", seed=8))
    assert video["status"] == other["status"] == "completed"
    assert video["model"] == "far/nano"
    assert (video["credits"], video["charged"]) == (0.3, 0.3)
    assert video["purchase"] == {"state": "done", "can_stop": False}
    got = pair.near.get(f"/v1/videos/{first}/content")
    made = [job for job in pair.rows(pair.far, schema.jobs) if job.spec["seed"] == 7]
    assert len(made) == 1
    assert made[0].spec["negative_prompt"] == "fog"
    theirs = pair.far.get(f"/v1/videos/video_{made[0].id[4:]}/content")
    assert hashlib.sha256(got).digest() == hashlib.sha256(theirs).digest()
    bought = pair.rows(pair.near, schema.purchases)
    assert [row.state for row in bought] == ["done", "done"]
    assert {row.billed for row in bought} == {"yes"}
    assert all(row.cost == round(made[0].units * 10) for row in bought)  # a credit there is a tenth of a cent
    assert all(row.estimate == 20_000 for row in bought)
    clips = pair.rows(pair.near, schema.clips)
    assert [(clip.frames, clip.fps, clip.width) for clip in clips] == [(17, "16", 256)] * 2
    assert all(clip.poster_key and clip.recipe["model"]["weights"] == "" for clip in clips)
    assert pair.broken() == []
    key = pair.key.encode()
    for path in tmp_path.joinpath("near").rglob("*"):
        if path.is_file() and path.parent.name != "keys":
            assert key not in path.read_bytes(), path.name
    models = {model["id"]: model for model in pair.near.get("/v1/models")["data"]}
    assert {name: model["remote"] for name, model in models.items()} == {"far/nano": True, "vitascope-nano": False}
    assert pair.key not in json.dumps([models, video])
    pair.far_server.kill()
    waiting = pair.order("a cone", seconds="1")
    told = "The other server takes no orders now; it is tried again."
    until(lambda: told in pair.near.video(waiting)["notes"], "a note on the server that does not answer", LONG)


@pytest.mark.slow
def test_a_courier_and_a_server_that_are_killed_again_and_again_buy_each_clip_once(tmp_path):
    pair, chance = Pair(tmp_path, engine="engines:slow"), random.Random(5)
    try:
        pair.near.serve("--workers", 0, "--lease-seconds", 2)
        couriers = [pair.near.run("courier", "--lease-seconds", 2) for _ in range(2)]
        videos, hit = [], set()
        for number in range(12):
            videos.append(pair.order(f"a red ball {number}", seconds="0.5", seed=number))
            time.sleep(chance.uniform(0, 2.5))
            hit |= {row.state for row in pair.rows(pair.near, schema.purchases)}
            which = chance.randrange(2)
            os.killpg(couriers[which].pid, signal.SIGKILL)
            couriers[which] = pair.near.run("courier", "--lease-seconds", 2)
            if number % 3 == 1:
                os.killpg(pair.far_server.pid, signal.SIGKILL)
                pair.far_server.wait()
                pair.far_server = pair.far.serve("--lease-seconds", 2)
        done = pair.done(*videos)
        assert [video["status"] for video in done] == ["completed"] * 12, [video["error"] for video in done]
        assert len(pair.rows(pair.far, schema.jobs)) == 12
        bought = pair.rows(pair.near, schema.purchases)
        assert [row.state for row in bought] == ["done"] * 12
        assert len({row.handle for row in bought}) == 12
        assert len(pair.rows(pair.near, schema.clips)) == 12
        assert all(job.attempts == 1 for job in pair.rows(pair.near, schema.jobs))
        assert pair.broken() == []
        print(f"12 couriers and 4 servers killed; purchases were seen {sorted(hit)}")
    finally:
        pair.close()
