"""Pika: forms in camel case with files in them, and the same over HTTP."""

import pytest

from serving import png, serving, until
from vendors import ERRORS, FIELD, call, view
from vitascope.errors import BadSpec, NotSupported
from vitascope.vendors.id_formats import UUID
from vitascope.vendors.pika import dialect as pika

BODY = {"promptText": "a ball", "duration": "5", "resolution": "720p", "aspectRatio": "0.5625", "seed": "3"}


def test_a_body():
    one = pika.parse(call({**BODY, "negativePrompt": "dull"}))
    assert (one.prompt, one.negative_prompt, one.seconds, one.seed) == ("a ball", "dull", 5.0, 3)
    assert (one.size, one.model) == ((720, 1280), "pika-2.2")
    assert pika.parse_image(call({**BODY, "image": "x"})).image == "x"
    both = pika.parse_frames(call({**BODY, "keyFrames": ["a", "b"]}))
    assert (both.image, both.last_image) == ("a", "b")


def test_nonsense_is_refused():
    for parse, fields in (
        (pika.parse, {"promptText": ""}),
        (pika.parse, {**BODY, "aspectRatio": "0"}),
        (pika.parse_image, BODY),
        (pika.parse_frames, {**BODY, "keyFrames": ["a"]}),
    ):
        with pytest.raises(BadSpec):
            parse(call(fields))
    with pytest.raises(NotSupported):
        pika.parse_frames(call({**BODY, "keyFrames": ["a", "b", "c"]}))


@pytest.mark.parametrize(
    ("state", "status"),
    [("queued", "queued"), ("running", "started"), ("succeeded", "finished"), ("failed", "failed")],
)
def test_states(state, status):
    told = pika.shown(call(), view(UUID, state)).body
    assert (told["status"], told["progress"]) == (status, {"succeeded": 100, "running": 50}.get(state, 0))
    assert told["url"] == ("http://here/files/ball.mp4" if state == "succeeded" else None)


@pytest.mark.parametrize("status", ERRORS)
def test_every_error_in_its_form(status):
    told = pika.fail(ERRORS[status], None)
    assert told.status == (422 if status == 400 else status)
    assert ERRORS[status].message in told.body["detail"][0]["msg"]
    assert pika.fail(FIELD, None).body["detail"][0]["loc"] == ["body", "seed"]


@pytest.mark.parametrize(
    "prefix", ["", *(pytest.param(more, marks=pytest.mark.slow) for more in ("/pika", "/proxy/pika"))]
)
def test_over_http(tmp_path, prefix):
    with serving(tmp_path, work=True) as server:
        client, place = server.client(), f"{prefix}/generate/2.2"
        client.headers["x-api-key"] = server.key()
        form, file = {**BODY, "duration": "1"}, ("a.png", png(), "image/png")
        made = [
            client.post(f"{place}/t2v", data=form),
            client.post(f"{place}/i2v", data=form, files={"image": file}),
            client.post(f"{place}/pikaframes", data=form, files=[("keyFrames", file), ("keyFrames", file)]),
        ]
        for one in made:
            look = f"{prefix}/videos/{one.json()['video_id']}"
            job = until(lambda look=look: (job := client.get(look).json())["status"] == "finished" and job)
            assert client.get(job["url"]).content[4:8] == b"ftyp"
        assert client.post(f"{place}/t2v", data={}).json()["detail"][0]["loc"] == ["body", "promptText"]
        assert client.post(f"{place}/pikascenes", data=form).status_code == 422
        assert client.get(f"{prefix}/videos/01a20d10-32e0-72d7-85ab-8bf541b0dc71").status_code == 404
        assert client.put(f"{place}/t2v").status_code == 405
