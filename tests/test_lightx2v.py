"""A LightX2V server as an inference server, against the stand-in of `lightx2v.py`. It was never tried against one."""

import base64
from fractions import Fraction

import pytest

from lightx2v import LightX2V, served
from serving import png
from vitascope.clip import ClipSpec, Picture
from vitascope.engines import model_file
from vitascope.engines.card import ClipFormat
from vitascope.engines.remote import openai as engines
from vitascope.media import video
from vitascope.vendors.client import Refused, TaskOrder, Ticket

FORMAT = ClipFormat(fps=Fraction(16), group=4, first=1, side=16, sizes=((96, 64),), max_seconds=Fraction(10))


@pytest.fixture
def server(tmp_path):
    return LightX2V(tmp_path)


@pytest.fixture
def engine(server):
    with served(server) as address:
        yield engines.engine("gpu/wan", {"address": address, "profile": "lightx2v", "model": "t2v"})


def order(name="0192f3a4-b5c6-4d7e-8f90-123456789abc", **asked):
    spec = ClipSpec(**{"prompt": "a red ball", "seconds": 1.0, "seed": 7, **asked})
    return TaskOrder(name=name, spec=spec, shape=FORMAT.resolve(spec), at=1_800_000_000.0)


def look(engine, ticket):
    (seen,) = engine.poll([ticket])
    return seen


def test_a_clip_is_ordered_looked_at_and_fetched(engine, server, tmp_path):
    wanted = order(negative_prompt="blur")
    ticket = engine.submit(wanted)
    assert ticket == Ticket(wanted.name)
    assert server.asked == [{
        "task_id": wanted.name, "task": "t2v", "prompt": "a red ball", "negative_prompt": "blur", "num_frames": 17,
        "size": [64, 96], "save_result_path": f"{wanted.name}.mp4", "seed": 7,
    }]  # fmt: skip
    assert [look(engine, ticket).state for _ in range(3)] == ["queued", "running", "done"]
    engine.fetch(ticket, tmp_path / "film")
    found = video.probe(tmp_path / "film")
    assert (found.width, found.height, found.frames) == (96, 64, 17)


def test_pictures_go_inside_the_request(engine, server):
    first, last = (Picture(png(96, 64, colour=colour), 96, 64) for colour in ((200, 20, 30), (20, 20, 230)))
    engine.submit(order(image=first, last_image=last))
    for name, given in (("image_path", first), ("last_frame_path", last)):
        kind, _, data = server.asked[0][name].partition(";base64,")
        assert (kind, base64.b64decode(data)) == ("data:image/png", given.png)


def test_an_order_whose_answer_was_lost_is_found_by_its_name_and_never_made_twice(engine, server):
    wanted = order()
    assert engine.find(wanted, frozenset()) is None
    assert engine.submit(wanted) == engine.submit(wanted) == engine.find(wanted, frozenset())
    assert len(server.tasks) == 1
    server.restart()
    assert look(engine, Ticket(wanted.name)).state == "gone"
    assert engine.facts.names


def test_a_failure_a_full_queue_and_what_it_does_not_take_are_told(engine, server):
    ticket = engine.submit(order(prompt="out of memory"))
    look(engine, ticket), look(engine, ticket)
    failed = look(engine, ticket)
    assert (failed.state, failed.message, failed.billed) == ("failed", "CUDA out of memory", "no")
    server.most = 0
    with pytest.raises(Refused, match="queue is full") as full:
        engine.submit(order("another"))
    assert full.value.reason == "limit"
    for asked in ({"steps": 9}, {"guidance": 3.0}, {"preset": "fast"}):
        with pytest.raises(Refused, match="cannot be told"):
            engine.submit(order("a third", **asked))
    assert len(server.asked) == 2


def test_a_server_that_refuses_a_field_says_which(engine, server, monkeypatch):
    monkeypatch.delitem(LightX2V._create.__globals__["FIELDS"], "num_frames")
    with pytest.raises(Refused, match="num_frames: Extra inputs are not permitted") as refused:
        engine.submit(order())
    assert refused.value.reason == "input"


def test_a_task_is_stopped_while_it_waits_or_runs(engine, server):
    ticket = engine.submit(order())
    assert engine.cancel(ticket)
    assert look(engine, ticket).state == "cancelled"
    done = engine.submit(order("another"))
    assert [look(engine, done).state for _ in range(3)][-1] == "done"
    assert not engine.cancel(done)


def test_a_model_file_names_the_profile(tmp_path):
    path = tmp_path / "wan.toml"
    path.write_text(
        'name = "gpu/wan"\nengine = "vitascope.engines.remote.openai:engine"\nmodes = ["text", "image", "last_image"]\n'
        '[source]\naddress = "http://192.168.1.20:8000/v1"\nprofile = "lightx2v"\n'
        '[format]\nfps = 16\ngroup = 4\nside = 16\nsizes = ["832x480", "480x832"]\nmax_seconds = 5\n'
    )
    assert model_file.read(path).card.needs == "remote"
