"""A film while its server and worker are killed without a word: all of it is made, once, and paid once."""

import os
import random
import signal
import time
import urllib.error
import urllib.request

import pytest

import postgres
from processes import Service, until
from vitascope.media import video
from vitascope.store import invariants
from vitascope.store.database import Store, file_url

pytestmark = pytest.mark.slow
CHAIN = {
    f"k{number}": {
        "action": f"Ball {number} bounces.",
        "seconds": "1/2",
        **({"start": "continue"} if number % 3 else {}),
    }
    for number in range(9)
}
FILM = {
    "width": 256,
    "height": 256,
    "scene_order": ["s0", "s1", "s2"],
    "scenes": {f"s{at}": {"shots": [f"k{number}" for number in range(3 * at, 3 * at + 3)]} for at in range(3)},
    "shots": CHAIN | {"k1": {**CHAIN["k1"], "lines": [{"id": "l1", "kind": "voice_over", "text": "Look, a ball!"}]}},
    "cues": {"m1": {"mood": "calm"}},
}


@pytest.fixture(params=["sqlite", "postgres"])
def service(request, tmp_path):
    made = Service(tmp_path, engine="engines:slow")
    if request.param == "postgres":
        made.environment["VITASCOPE_DATABASE_URL"] = postgres.shared().fresh(migrated=False)
    yield made
    made.close()


def kill(process):
    os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def test_a_film_is_made_and_rendered_although_everything_is_killed_in_between(service):
    chance = random.Random(7)
    options = ("--lease-seconds", 2)
    process = service.serve(*options)
    film = service.get("/v1/films", "POST", {"document": FILM})
    url = f"/v1/films/{film['id']}"
    order = {"idempotency-key": "the film"}
    made = service.get(f"{url}/make", "POST", {}, **order)
    assert len(made["items"]) == 11
    for _ in range(4):
        time.sleep(chance.uniform(1.0, 4.0))
        kill(process)
        process = service.serve(*options)
        service.get(f"{url}/make", "POST", {}, **order)
    film = until(lambda: settled(service, url), seconds=240)
    found = {(one["of"], one["kind"]): one["state"] for one in film["states"]}
    assert set(found.values()) == {"current"}, (found, [take["error"] for take in film["takes"]])
    assert len(film["takes"]) == 11, "nothing was made twice"
    assert film["estimate"]["spent"] == made["credits"]

    render = service.get(f"{url}/renders", "POST", {"height": 128})
    until(lambda: service.get(f"{url}/renders/{render['id']}")["state"] != "queued")
    kill(process)
    process = service.serve(*options)
    done = until(lambda: ended(service, f"{url}/renders/{render['id']}"), seconds=240)
    assert done["state"] == "succeeded", done
    with urllib.request.urlopen(done["url"].replace("http://testserver", service.url)) as answer:
        info = video.probe(answer.read())
    assert info.frames == round(float(film_seconds(done["seconds"])) * 24)
    store = Store(service.environment["VITASCOPE_DATABASE_URL"] or file_url(service.folder / "home" / "vitascope.db"))
    with store.read() as tx:
        assert invariants.broken(tx) == []
    store.close()


def film_seconds(text):
    top, _, bottom = text.partition("/")
    return int(top) / int(bottom or 1)


def settled(service, url):
    film = service.get(url)
    return film if not film["summary"].keys() & {"running", "missing"} else None


def ended(service, url):
    try:
        found = service.get(url)
    except urllib.error.URLError:
        return None
    return found if found["finished_at"] else None
