"""The client of `/v1/videos` against our own dialect of it, without a network; and the way out of the house that its
requests take, against real servers on loopback.
"""

import http.server
import json
import os
import re
import textwrap
import threading
from contextlib import contextmanager
from fractions import Fraction
from pathlib import Path
from types import SimpleNamespace

import pytest

import vendor
from vitascope import config
from vitascope.clip import CameraPath, ClipSpec, Lora
from vitascope.engines import model_file
from vitascope.engines.card import ClipFormat
from vitascope.engines.registry import Registry
from vitascope.engines.remote import openai as engines
from vitascope.engines.remote.protocol import NotSent
from vitascope.errors import BadSettings, NotAllowed, NotSupported, TooLarge, VitascopeError
from vitascope.media import picture
from vitascope.outbound import vendor as outbound
from vitascope.vendors.client import Answer, Refused, TaskOrder, Ticket, Unclear
from vitascope.vendors.openai import dialect
from vitascope.vendors.openai.client import OPENAI, VITASCOPE, VLLM, Client

FORMAT = ClipFormat(fps=Fraction(24), group=4, side=16, sizes=((320, 192), (64, 64)), max_seconds=Fraction(10))


def order(**asked):
    spec = ClipSpec(**{"prompt": "a red ball", "seconds": 5.0, "seed": 7, **asked})
    return TaskOrder(name="7d9f2a4e", spec=spec, shape=FORMAT.resolve(spec), at=1_800_000_000.0)


def drive(steps, *answers):
    """(requests, result) of a client's generator that gets these answers."""
    told, requests = iter(answers), []
    try:
        request = next(steps)
        while True:
            requests.append(request)
            request = steps.send(next(told))
    except StopIteration as done:
        return requests, done.value


def said(status, body, **headers):
    return Answer(status, {name.replace("_", "-"): value for name, value in headers.items()}, json.dumps(body).encode())


@pytest.mark.parametrize(
    "asked",
    [
        {},
        {"negative_prompt": "fog", "steps": 12, "guidance": 4.5},
        {"sound": True, "preset": "calm", "loras": (Lora("film", 0.5),)},
        {"options": (("tail", "thing"), ("zoom", 2.0))},
        {"camera": CameraPath(words="orbit left"), "seconds": 0.1},
        {"camera": CameraPath(points=((0.0,) * 8, (0.1,) * 8)), "seconds": 7.3},
        {"size": (64, 64), "prompt": "一只红球 “quoted”\nand a line", "seed": 2**32 - 1},
    ],
)
def test_what_our_server_reads_is_what_was_asked(asked):
    wanted = order(**asked)
    read = dialect.parse(json.loads(json.dumps(Client("nano", VITASCOPE).fields(wanted))))
    spec = wanted.spec
    assert (read.prompt, read.negative_prompt, read.model) == (spec.prompt, spec.negative_prompt, "nano")
    assert (read.size, read.seed, read.steps, read.guidance) == (
        wanted.shape.size,
        spec.seed,
        spec.steps,
        spec.guidance,
    )
    assert (read.sound, read.preset, read.loras, read.options) == (spec.sound, spec.preset, spec.loras, spec.options)
    assert (read.camera, read.metadata) == (spec.camera, {"order": wanted.name})
    again = ClipSpec(prompt="x", seconds=read.seconds, size=read.size)
    assert FORMAT.resolve(again).frames == wanted.shape.frames  # to the frame


@pytest.mark.parametrize("profile", [OPENAI, VLLM])
def test_what_a_server_cannot_be_told_is_refused_before_anything_is_sent(profile):
    client = Client("wan", profile)
    for asked in ({"sound": True}, {"preset": "calm"}, {"camera": CameraPath(words="orbit left")}):
        with pytest.raises(Refused, match="cannot be told"):
            drive(client.submit(order(**asked)))
    if profile is OPENAI:
        with pytest.raises(Refused, match="negative_prompt"):
            drive(client.submit(order(negative_prompt="fog")))
    else:
        form = client.fields(order(negative_prompt="fog", steps=30))
        assert form["num_inference_steps"] == 30
        assert (form["num_frames"], form["fps"], form["seed"]) == (121, 24, 7)


@pytest.mark.parametrize("profile", [OPENAI, VLLM, VITASCOPE])
def test_exactly_one_request_is_the_paid_one(profile):
    requests, ticket = drive(Client("m", profile).submit(order()), said(200, {"id": "video_1"}))
    assert [request.paid for request in requests] == [True]
    assert ticket == Ticket("video_1", {"model": ""})
    requests, _ = drive(Client("m", profile).poll([ticket]), said(200, {"id": "video_1", "status": "queued"}))
    assert not any(request.paid for request in requests)


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        (said(400, {"error": {"code": "bad_spec", "message": "The prompt is empty."}}), "input"),
        (said(422, {"error": {"code": "policy_refused", "message": "No."}}), "moderation"),
        (said(401, {"error": {"message": "no key"}}), "auth"),
        (said(402, {}), "money"),
        (said(409, {"error": {"code": "price_too_high", "message": "dear"}}), "money"),
        (said(308, {}, location="/"), "fault"),
        (said(429, {}, retry_after="9"), "limit"),
    ],
)
def test_a_refusal_is_of_a_kind(answer, reason):
    with pytest.raises(Refused) as refused:
        drive(Client("m").submit(order()), answer)
    assert refused.value.reason == reason
    assert refused.value.wait == (9.0 if reason == "limit" else 0.0)


@pytest.mark.parametrize(
    "answer", [said(500, {}), said(409, {}), said(200, {}), said(200, []), Answer(200, {}, b"<html>")]
)
def test_an_answer_that_does_not_say_is_unclear(answer):
    with pytest.raises(Unclear):
        drive(Client("m").submit(order()), answer)


@pytest.mark.parametrize(
    ("state", "seen"),
    [
        ("queued", "queued"), ("running", "running"), ("succeeded", "done"), ("failed", "failed"),
        ("cancelled", "cancelled"),
    ],
)  # fmt: skip
def test_a_state_that_our_server_shows_is_seen(state, seen):
    shown = {"id": "video_1", "status": dialect.STATUS[state], "state": state, "progress": 40, "credits": 2.5}
    if state == "cancelled":
        shown["error"] = {"code": "cancelled", "message": "cancelled"}
    client = Client("m", VITASCOPE, micros_per_credit=2000)
    _, (found,) = drive(client.poll([Ticket("video_1")]), said(200, shown, openai_poll_after_ms="1500"))
    assert (found.state, found.progress, found.wait) == (seen, 0.4, 1.5)
    assert found.cost == (5000 if seen == "done" else None)
    assert found.billed == {"done": "yes", "failed": "no", "cancelled": "no"}.get(seen, "unknown")


def test_a_word_that_is_not_known_is_no_verdict():
    _, (found,) = drive(Client("m").poll([Ticket("v")]), said(200, {"id": "v", "status": "rendering"}))
    assert (found.state, found.message) == ("unknown", "rendering")
    _, (found,) = drive(Client("m").poll([Ticket("v")]), said(404, {}))
    assert found.state == "gone"


def test_an_id_leads_nowhere_else():
    requests, _ = drive(Client("m").poll([Ticket("../../admin?x=1")]), said(404, {}))
    assert requests[0].path == "/videos/%2E%2E%2F%2E%2E%2Fadmin%3Fx%3D1"


def rows(*names, **more):
    return [{"id": f"v{name}", "prompt": "a red ball", "created_at": 1_800_000_001, **more} for name in names]


def test_an_order_is_found_when_it_can_only_be_one():
    client = Client("m")
    _, ticket = drive(client.find(order(), frozenset()), said(200, {"data": rows(1)}))
    assert ticket == Ticket("v1", {"model": ""})
    assert drive(client.find(order(), frozenset()), said(200, {"data": rows(1, 2)}))[1] is None
    assert drive(client.find(order(), frozenset({"v1"})), said(200, {"data": rows(1, 2)}))[1].handle == "v2"
    assert drive(client.find(order(), frozenset()), said(200, {"data": rows(1, created_at=1_700_000_000)}))[1] is None
    assert drive(client.find(order(), frozenset()), said(200, {"data": rows(1, model="another")}))[1] is None


def test_by_its_name_it_is_found_among_many_pages():
    client = Client("m", VITASCOPE)
    named = rows(9, metadata={"order": "7d9f2a4e"})
    requests, ticket = drive(
        client.find(order(), frozenset()),
        said(200, {"data": rows(1, 2), "has_more": True}),
        said(200, {"data": named, "has_more": False}),
    )
    assert ticket == Ticket("v9", {"model": ""})
    assert requests[1].path.endswith("&after=v2")
    with pytest.raises(Unclear):
        drive(client.find(order(), frozenset()), said(500, {}))


# the way out


@contextmanager
def web(answer):
    """A server on loopback; `answer(handler)` writes what it says. Its URL, and all requests."""
    seen = []

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            length = int(self.headers.get("content-length") or 0)
            seen.append(SimpleNamespace(path=self.path, headers=dict(self.headers), body=self.rfile.read(length)))
            answer(self)

        do_POST = do_DELETE = do_GET

        def log_message(self, *words):
            pass

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}", seen
        server.shutdown()
        thread.join()


def tell(handler, status=200, body=b"{}", **headers):
    handler.send_response(status)
    for name, value in {"content-length": str(len(body)), **headers}.items():
        handler.send_header(name.replace("_", "-"), value)
    handler.end_headers()
    handler.wfile.write(body)


def engine(url, **more):
    os.environ["TEST_VENDOR_KEY"] = vendor.KEY
    return engines.engine("vendor/m", {"address": f"{url}/v1", "key": "env:TEST_VENDOR_KEY", "model": "m", **more})


def test_a_form_arrives_with_its_picture_and_the_key():
    from PIL import Image

    spec = {"size": (64, 64), "image": picture.fit(Image.new("RGB", (64, 64), "red"), 64, 64)}
    with web(lambda handler: tell(handler, body=b'{"id": "v1"}')) as (url, seen):
        ticket = engine(url).submit(order(**spec))
    assert ticket.handle == "v1"
    (request,) = seen
    assert request.path == "/v1/videos"
    headers = {name.lower(): value for name, value in request.headers.items()}
    assert headers["authorization"] == f"Bearer {vendor.KEY}"
    assert headers["content-type"].startswith("multipart/form-data")
    assert b'name="input_reference"; filename="first.png"' in request.body
    assert vendor.KEY not in request.path + request.body.decode("latin-1")


def test_a_redirect_elsewhere_gets_no_key_and_no_private_address(tmp_path):
    with web(lambda handler: tell(handler, body=b"film")) as (other, at_other):
        with web(lambda handler: tell(handler, 302, location=f"{other}/film.mp4")) as (url, seen):
            with pytest.raises(NotAllowed, match="not a public address"):
                engine(url).fetch(Ticket("v1"), tmp_path / "film")
            assert len(seen) == 1
        assert at_other == []
    with web(
        lambda handler: (
            tell(handler, 200, b"film") if "b.mp4" in handler.path else tell(handler, 302, location="/b.mp4")
        )
    ) as (url, seen):
        engine(url).fetch(Ticket("v1"), tmp_path / "film")
    assert (tmp_path / "film").read_bytes() == b"film"
    assert len(seen) == 2


def test_a_public_host_that_results_lie_on_gets_no_header_of_ours(tmp_path, monkeypatch):
    """The second host is reached, because the test opens it; what it gets is what any host would."""
    real = outbound._answer
    monkeypatch.setattr(outbound, "_answer", lambda *args, allowed: real(*args, allowed=("127.0.0.1",)))
    with (
        web(lambda handler: tell(handler, body=b"film")) as (other, at_other),
        web(lambda handler: tell(handler, 302, location=f"{other}/film.mp4")) as (url, seen),
    ):
        engine(url).fetch(Ticket("v1"), tmp_path / "film")
    assert "authorization" in {name.lower() for name in seen[0].headers}
    assert "authorization" not in {name.lower() for name in at_other[0].headers}


def test_nothing_was_sent_is_told_from_nobody_knows(tmp_path):
    with pytest.raises(NotSent):
        engine("http://127.0.0.1:9999").submit(order())
    with web(lambda handler: handler.connection.close()) as (url, _), pytest.raises(Unclear):
        engine(url).submit(order())
    with web(lambda handler: tell(handler, 500)) as (url, _), pytest.raises(Unclear):
        engine(url).submit(order())


def test_a_result_that_is_cut_off_or_too_large_is_none(tmp_path):
    def half(handler):
        handler.send_response(200)
        handler.send_header("content-length", "100")
        handler.end_headers()
        handler.wfile.write(b"half")

    with web(half) as (url, _), pytest.raises(VitascopeError):
        engine(url).fetch(Ticket("v"), tmp_path / "film")

    def huge(handler):
        handler.send_response(200)
        handler.send_header("content-length", str(2**30))
        handler.end_headers()

    with web(huge) as (url, _), pytest.raises(TooLarge, match="512 MiB"):
        engine(url).fetch(Ticket("v"), tmp_path / "film")


def test_what_a_server_repeats_of_the_key_is_not_passed_on():
    said = json.dumps({"error": {"message": f"Incorrect key {vendor.KEY} given"}}).encode()
    with web(lambda handler: tell(handler, 401, said)) as (url, _), pytest.raises(Refused) as refused:
        engine(url).submit(order())
    assert refused.value.message == "Incorrect key *** given"


# the model file

FILE = """
name = "far/nano"
engine = "vitascope.engines.remote.openai:engine"
[source]
address = "https://gpu.example.org/v1"
{line}
[format]
fps = 16
sizes = ["256x256"]
"""


def read(folder, line=""):
    path = folder / "far.toml"
    path.write_text(FILE.format(line=line))
    return model_file.read(path)


def test_a_model_file_of_another_server_needs_a_courier(tmp_path):
    file = read(tmp_path, 'profile = "vllm"\nparallel = 2')
    assert file.card.needs == "remote"
    models = Registry((tmp_path,))
    assert list(models.remote()) == ["far/nano"]
    with pytest.raises(NotSupported, match="another server"):
        models.load("far/nano")


@pytest.mark.parametrize(
    ("line", "why"),
    [
        ('profile = "sora"', "profile"),
        ("parallel = 0", "parallel"),
        ('colour = "red"', "colour"),
        ("cost_per_second = -1", "cost_per_second"),
        ('key = "nowhere"', "key of far/nano is not there"),
        ('key = "sk-this-is-a-key-itself"', "key of far/nano is not there"),
        ('key = "../config.toml"', "not named as a key"),
    ],
)
def test_what_is_wrong_in_it_is_said_when_it_is_read(tmp_path, line, why):
    with pytest.raises(BadSettings, match=why) as refused:
        read(tmp_path, line)
    assert "sk-this" not in refused.value.message + refused.value.hint


def test_the_model_files_of_the_documentation_are_good(tmp_path, monkeypatch):
    page = (Path(__file__).parent.parent / "docs" / "gateway.md").read_text("utf-8")
    examples = [textwrap.dedent(text) for text in re.findall(r"```toml\n(.*?)```", page, re.DOTALL)]
    monkeypatch.setattr(config, "secret", lambda name, what: "sk-123456789")
    names = []
    for number, text in enumerate(examples):
        path = tmp_path / f"{number}.toml"
        path.write_text(text)
        card = model_file.read(path).card
        names.append(card.name)
        card.resolve(ClipSpec(prompt="a red ball", seconds=5.0))
        assert (card.needs, card.price is not None) == ("remote", True)
    assert names == ["upstairs/nano", "fal/wan-2.2"]


def test_a_key_file_that_others_can_read_is_refused(tmp_path, monkeypatch):
    monkeypatch.setenv("VITASCOPE_HOME", str(tmp_path))
    config.settings.cache_clear()
    try:
        (tmp_path / "keys").mkdir()
        file = tmp_path / "keys" / "far"
        file.write_text("sk-123456\n")
        file.chmod(0o644)
        with pytest.raises(BadSettings, match="read by others"):
            config.secret("far", "The key")
        file.chmod(0o600)
        assert config.secret("far", "The key") == "sk-123456"
    finally:
        config.settings.cache_clear()
