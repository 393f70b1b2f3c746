"""The client of Kling's API against our own dialect of it: what it says is read as it was meant, and a clip is ordered
over HTTP, found again by its name, and fetched. Kling itself is never called.
"""

from fractions import Fraction

import jwt
import pytest
from PIL import Image

from serving import serving, until
from test_openai_client import drive, said
from vitascope.clip import CameraPath, ClipSpec
from vitascope.engines.card import ClipFormat
from vitascope.engines.remote import kling as engines
from vitascope.errors import BadSettings
from vitascope.media import picture, video
from vitascope.vendors.api import Call
from vitascope.vendors.client import Refused, TaskOrder, Ticket, Unclear
from vitascope.vendors.kling import dialect
from vitascope.vendors.kling.client import Client, authorization

SIZES = ((256, 256), (352, 192), (192, 352), (1280, 720), (960, 960), (1920, 1080))
FORMAT = ClipFormat(fps=Fraction(24), sizes=SIZES, max_seconds=Fraction(15))
CLIENT = Client("kling-v2-6", micros_per_unit=140_000)


def order(**asked):
    spec = ClipSpec(**{"prompt": "a red ball", "seconds": 5.0, "seed": 7, "size": (256, 256), **asked})
    return TaskOrder(name="7d9f2a4e-0b1c", spec=spec, shape=FORMAT.resolve(spec), at=1_800_000_000.0)


@pytest.mark.parametrize(
    "asked",
    [{}, {"negative_prompt": "fog", "seconds": 10.0}, {"size": (352, 192)}, {"size": (192, 352), "prompt": "一只红球"}],
)
def test_what_our_server_reads_is_what_was_asked(asked):
    wanted = order(**asked)
    read = dialect.parse_text(Call(method="POST", fields=CLIENT.fields(wanted), request_id="r", params={}))
    spec = wanted.spec
    assert (read.prompt, read.negative_prompt, read.model) == (spec.prompt, spec.negative_prompt, "kling-v2-6")
    assert (read.seconds, read.external_id) == (spec.seconds, wanted.name)
    assert FORMAT.of_aspect(read.aspect)[1]
    assert Fraction(*spec.size) - Fraction(*map(int, read.aspect.split(":"))) < Fraction(1, 10)


def test_pictures_are_read_as_they_were_sent():
    red = picture.fit(Image.new("RGB", (256, 256), "red"), 256, 256)
    fields = CLIENT.fields(order(image=red, last_image=red))
    read = dialect.parse_image(Call(method="POST", fields=fields, request_id="r", params={}))
    assert read.image is not None
    assert read.last_image is not None
    assert "aspect_ratio" not in fields
    requests, _ = drive(CLIENT.submit(order(image=red)), said(200, {"code": 0, "data": {"task_id": "1"}}))
    assert [(request.path, request.paid) for request in requests] == [("/v1/videos/image2video", True)]


@pytest.mark.parametrize(
    ("asked", "why"),
    [
        ({"seconds": 5.5}, "whole seconds"),
        ({"camera": CameraPath(words="orbit left")}, "camera"),
        ({"steps": 9}, "steps"),
    ],
)
def test_what_it_cannot_be_told_is_refused(asked, why):
    with pytest.raises(Refused, match=why):
        CLIENT.fields(order(**asked))


def test_the_resolution_is_told_by_its_name():
    modes = [CLIENT.fields(order(size=size))["mode"] for size in ((1280, 720), (960, 960), (1920, 1080))]
    assert modes == ["std", "std", "pro"]


@pytest.mark.parametrize(
    ("status", "code", "reason"),
    [(401, 1004, "auth"), (429, 1102, "money"), (400, 1301, "moderation"), (429, 1303, "limit"), (400, 1201, "input")],
)
def test_a_refusal_is_of_a_kind(status, code, reason):
    with pytest.raises(Refused) as refused:
        drive(CLIENT.submit(order()), said(status, {"code": code, "message": "no"}))
    assert refused.value.reason == reason


@pytest.mark.parametrize(
    ("status", "body"), [(500, {"code": 5000}), (200, {}), (200, {"code": 0, "data": {}}), (504, [])]
)
def test_an_answer_that_does_not_say_is_unclear(status, body):
    with pytest.raises(Unclear):
        drive(CLIENT.submit(order()), said(status, body))


@pytest.mark.parametrize(
    ("data", "seen"),
    [
        ({"task_status": "submitted"}, ("queued", "unknown", None)),
        ({"task_status": "succeed", "final_unit_deduction": "2.5"}, ("done", "yes", 350_000)),
        ({"task_status": "failed", "final_unit_deduction": "0"}, ("failed", "no", 0)),
        ({"task_status": "failed", "task_status_msg": "no"}, ("failed", "unknown", None)),
        ({"task_status": "something new"}, ("unknown", "unknown", None)),
    ],
)
def test_a_state_and_its_cost_are_seen(data, seen):
    ticket = Ticket("1", {"kind": "text2video"})
    _, (found,) = drive(CLIENT.poll([ticket]), said(200, {"code": 0, "data": data}))
    assert (found.state, found.billed, found.cost) == seen
    _, (found,) = drive(CLIENT.poll([ticket]), said(404, {"code": 1203, "message": "none"}))
    assert found.state == "gone"


def test_a_pair_signs_a_token_and_a_single_key_is_sent():
    token = authorization("access:a-secret-of-some-length-and-more", 1_800_000_000.7).removeprefix("Bearer ")
    options = {"verify_exp": False, "verify_nbf": False}
    told = jwt.decode(token, "a-secret-of-some-length-and-more", algorithms=["HS256"], options=options)
    assert told == {"iss": "access", "exp": 1_800_001_800, "nbf": 1_799_999_995}
    assert authorization("single", 0.0) == "Bearer single"


def test_a_clip_is_ordered_found_by_its_name_and_fetched(tmp_path, monkeypatch):
    with serving(tmp_path, work=True) as far:
        pair = far.key(pair=True)
        monkeypatch.setenv("TEST_KLING_KEY", pair.text)
        source = {"address": far.url, "key": "env:TEST_KLING_KEY", "model": "kling-v2-6", "cost_per_credit": 0.14}
        engine = engines.engine("kling/v2-6", source)
        wanted = order(seconds=1.0)
        assert engine.find(wanted, frozenset()) is None
        ticket = engine.submit(wanted)
        with pytest.raises(Refused):  # the name is taken: it cannot be bought twice
            engine.submit(wanted)
        assert engine.find(wanted, frozenset()) == ticket
        seen = until(lambda: (found := engine.poll([ticket])[0]).state == "done" and found)
        assert seen.billed == "yes"
        engine.fetch(ticket, tmp_path / "clip.mp4")
        assert video.probe(tmp_path / "clip.mp4").frames == 17
        (again,) = engine.poll([Ticket("505392292541411230316637503", {"kind": "text2video"})])
        assert again.state == "gone"


def test_a_model_file_says_which_model_it_is():
    with pytest.raises(BadSettings, match="which model of Kling"):
        engines.engine("kling/v3", {"address": "https://api.example.org"})
