"""The clients of vendors against our own dialects of their APIs, over HTTP, and the round trip: what a client says, the
dialect reads as it was meant. No vendor is ever called.
"""

import base64
import dataclasses
import json
import os
from dataclasses import dataclass, field
from fractions import Fraction
from urllib.parse import parse_qs, urlsplit

import pytest
import sqlalchemy as sa
from PIL import Image
from starlette.routing import compile_path

from doubles import DiscEngine
from serving import serving, until
from test_openai_client import drive, said
from vitascope import plans
from vitascope.clip import CameraPath, ClipSpec
from vitascope.engines.card import ClipFormat
from vitascope.engines.remote import vendors
from vitascope.errors import BadSettings
from vitascope.media import picture, video
from vitascope.store import schema
from vitascope.vendors import DIALECTS
from vitascope.vendors.api import Call, Uploaded
from vitascope.vendors.client import Refused, TaskOrder, Ticket, Unclear

SIZES = ((1280, 720), (720, 1280), (720, 720), (1366, 768), (1920, 1080))
FORMAT = ClipFormat(fps=Fraction(24), sizes=SIZES, max_seconds=Fraction(15))
HOST = {
    "negative_prompt": "negative_prompt", "image": "image_url", "last_image": "end_image_url", "seed": "seed",
    "seconds": "duration", "aspect": "aspect_ratio", "resolution": "resolution", "sound": "generate_audio",
}  # fmt: skip


@dataclass(frozen=True)
class Case:
    """A vendor, where its dialect lies on our server, and what of an order it can say."""

    vendor: str
    at: str
    model: str
    says: tuple[str, ...] = ("image", "last_image", "seed")
    stops: bool = False
    finds: bool = False
    names: bool = False  # an order sent again under its name is refused
    size: tuple[int, int] = (1280, 720)
    source: dict = field(default_factory=dict)


CASES = (
    Case("kling", "/kling", "kling-v2-6", ("image", "last_image", "negative_prompt"), finds=True, names=True),
    Case("kling2", "/kling", "kling-3.0", ("image", "last_image"), finds=True, names=True),
    Case("ark", "/ark/api/v3", "seedance-1-5-pro-251215", stops=True, finds=True),
    Case("minimax", "/minimax", "MiniMax-H3", ("image", "last_image"), stops=True, size=(1366, 768)),
    Case("minimax", "/minimax", "MiniMax-Hailuo-2.3", ("image", "last_image"), size=(1366, 768)),
    Case("dashscope", "/dashscope/api/v1", "wan2.7-t2v",
         ("image", "last_image", "seed", "negative_prompt"), stops=True),
    Case("dashscope", "/dashscope/api/v1", "wan2.6-t2v",
         ("image", "last_image", "seed", "negative_prompt"), stops=True),
    Case("gemini", "/gemini", "veo-3.1-generate-preview", ("image", "last_image", "negative_prompt")),
    Case("vertex", "/vertex/v1/projects/p/locations/us-central1/publishers/google/models", "veo-3.1-generate-001",
         ("image", "last_image", "seed", "negative_prompt")),
    Case("fal", "/fal", "fal-ai/wan/v2.2-a14b/text-to-video", ("image", "last_image", "seed", "negative_prompt"),
         stops=True, source={"fields": HOST, "image_model": "fal-ai/wan/v2.2-a14b/image-to-video"}),
    Case("runway", "/runway", "gen4.5", stops=True),
    Case("luma", "/luma-agents/v1", "ray-3.2", ("image", "last_image")),
    Case("dream-machine", "/luma/dream-machine/v1", "ray-2", (), stops=True),
    Case("vidu", "/vidu/ent/v2", "viduq3-pro", stops=True, finds=True),
    Case("pixverse", "/pixverse/openapi/v2", "v6", ("image", "last_image", "seed", "negative_prompt")),
    Case("replicate", "/replicate", "wan-video/wan-2.2-t2v-fast", ("image", "last_image", "seed", "negative_prompt"),
         stops=True, finds=True, source={"fields": HOST | {"image": "image", "last_image": "last_image"}}),
    Case("together", "/together", "minimax/hailuo-02", ("image", "last_image", "seed", "negative_prompt")),
    Case("xai", "/xai/v1", "grok-imagine-video", ("image", "last_image")),
    Case("openrouter", "/openrouter/api/v1", "google/veo-3.1", ("image", "last_image", "seed", "negative_prompt")),
    Case("tencent", "", "kling-v2-6", ("image", "last_image", "negative_prompt"), finds=True),
    Case("tencent", "", "hunyuan", ("image",)),
    Case("jimeng", "", "jimeng_t2v_v30", source={
        "image_model": "jimeng_i2v_first_v30", "last_model": "jimeng_i2v_first_tail_v30"}),
)  # fmt: skip
#: Vendors that have a switch for sound.
SWITCHED = (
    "kling2", "ark", "dashscope", "runway", "vidu", "pixverse", "together", "openrouter", "fal", "replicate",
)  # fmt: skip
each = pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case.vendor}:{case.model.rpartition('/')[2]}")


class Breaking(DiscEngine):
    """Draws discs; some words it cannot draw."""

    def begin(self, spec, shape):
        if "break" in spec.prompt:
            raise RuntimeError("it broke")
        return super().begin(spec, shape)


@pytest.fixture(scope="module")
def far(tmp_path_factory):
    with serving(tmp_path_factory.mktemp("far"), engine=Breaking(), work=True) as server:
        yield server


@pytest.fixture(scope="module")
def idle(tmp_path_factory):
    """A server without a worker, whose accounts may have two jobs that wait."""
    packaged = plans.packaged()
    few = {name: dataclasses.replace(plan, waiting=2) for name, plan in packaged.by_name.items()}
    with serving(tmp_path_factory.mktemp("idle")) as server:
        object.__setattr__(server.context, "plans", dataclasses.replace(packaged, by_name=few))
        yield server


def engine(case, server, key=None):
    pair = vendors.VENDORS[case.vendor].pair
    key = key or (server.key(pair=True).text if pair else server.key())
    name = f"TEST_{case.vendor.upper()}_{abs(hash(key))}"
    os.environ[name] = key
    source = {"address": f"{server.url}{case.at}", "key": f"env:{name}", "model": case.model, **case.source}
    return vendors.engine(f"{case.vendor}/m", {"vendor": case.vendor, **source})


def client(case, **source):
    told = {"vendor": case.vendor, "key": "", "model": case.model, **case.source, **source}
    return vendors.engine(f"{case.vendor}/m", told).client


def order(case, prompt="a red ball", name="7d9f2a4e-0b1c-4d5e-8f90-0123456789ab", **asked):
    known = {"prompt": prompt, "seconds": 1.0, "seed": 7, "size": case.size, **asked}
    spec = ClipSpec(**known)
    return TaskOrder(name=name, spec=spec, shape=FORMAT.resolve(spec), at=1_800_000_000.0)


def red(size):
    return picture.fit(Image.new("RGB", size, "red"), *size)


def pictures(case):
    """As many as it takes: the first one, and the last one."""
    one = red(case.size)
    return {name: one for name in ("image", "last_image") if name in case.says}


def read(request, at):
    """What our server makes of a client's request."""
    path, _, search = f"{at}{request.path}".partition("?")
    for dialect in DIALECTS:
        for route in dialect.routes:
            if route.method != request.method or route.does != "create" or not route.parse:
                continue
            for prefix in (dialect.prefix, *dialect.also_under, ""):
                rest = path.removeprefix(prefix) if path.startswith(f"{prefix}/") else None
                found = rest is not None and compile_path(route.path)[0].fullmatch(rest)
                if not found:
                    continue
                query = {name: values[0] for name, values in parse_qs(search).items()}
                fields = json.loads(json.dumps(dict(request.json)))
                call = Call(method="POST", path=rest, params=found.groupdict(), query=query, search=search,
                            headers=dict(request.headers), fields=fields, prefix=prefix)  # fmt: skip
                if not route.match or route.match(call):
                    return route.parse(call)
    raise AssertionError(f"no dialect takes {request.method} {path}")


def pixels(given):
    """The bytes of a picture as a dialect has it: a data URL, or base64 alone."""
    return base64.b64decode(given.rpartition(",")[2])


@each
@pytest.mark.parametrize(
    "asked",
    [
        {},
        {"prompt": "一只红球 “quoted”\nand a line", "seconds": 10.0, "seed": 2**32 - 1},
        {"size": (720, 1280), "seconds": 5.0},
        {"size": (1920, 1080), "seconds": 5.0, "negative_prompt": "fog"},
        {"pictures": True},
    ],
    ids=["words", "longer", "upright", "larger", "pictures"],
)
def test_what_our_server_reads_is_what_was_asked(case, asked):
    asked = dict(asked)
    if case.model == "hunyuan" and asked.get("size") == (720, 1280):  # it is told no shape
        asked.pop("size")
    if case.vendor == "minimax" and asked.get("size") in ((1920, 1080), (720, 1280)):
        asked.pop("size")
    if "negative_prompt" not in case.says:
        asked.pop("negative_prompt", None)
    if asked.pop("pictures", False):
        asked |= pictures(case)
    wanted = order(case, **asked)
    spec = wanted.spec
    sent = {"first": 11, "last": 12} if case.vendor == "pixverse" and spec.image else {}
    asks = client(case).order(wanted, **sent)
    assert asks.paid
    got = read(asks, case.at)
    assert (got.prompt, got.negative_prompt) == (spec.prompt, spec.negative_prompt)
    if case.model != "hunyuan":
        assert got.model.removeprefix("pixverse-") in (case.model, *(str(value) for value in case.source.values()))
        assert got.seconds == spec.seconds
    if "seed" in case.says:
        assert got.seed in (spec.seed, spec.seed % 2**31)
    given = {name: getattr(got, name) for name in ("image", "last_image") if getattr(got, name) is not None}
    assert set(given) == {name for name in ("image", "last_image") if getattr(spec, name)}
    for name, one in given.items():
        assert isinstance(one, Uploaded) or pixels(one) == getattr(spec, name).png
    if got.size:
        assert abs(got.size[0] / got.size[1] - spec.size[0] / spec.size[1]) < 0.02
        assert min(got.size) == min(spec.size)
    elif got.aspect:
        made = FORMAT.of_aspect(got.aspect)[0]
        assert abs(made[0] / made[1] - spec.size[0] / spec.size[1]) < 0.02
    if getattr(got, "external_id", ""):
        assert got.external_id == wanted.name


@each
def test_an_address_to_call_is_told_where_the_vendor_takes_one(case):
    address = "https://clips.example.org/video/v1/vendor-calls/pur_1.0123?x=1&y=2"
    told = client(case)
    for wanted in (address, ""):
        request = next(told.submit(dataclasses.replace(order(case), call=wanted)))
        takes = case.vendor in ("kling", "ark", "vidu", "openrouter", "dream-machine", "replicate", "fal")
        assert read(request, case.at).callback_url == (wanted if takes else "")


@pytest.mark.parametrize(
    "case", [case for case in CASES if case.vendor in SWITCHED], ids=lambda case: f"{case.vendor}:{case.model}"
)
def test_sound_is_always_said_where_there_is_a_switch(case):
    for asked in (None, True, False):
        got = read(client(case, sound_switch=True).order(order(case, sound=asked)), case.at)
        assert got.sound_flag.on is bool(asked)


@each
@pytest.mark.parametrize(
    ("asked", "why"),
    [
        ({"camera": CameraPath(words="orbit left")}, "camera"),
        ({"steps": 9}, "steps"),
        ({"seconds": 1.5}, "whole seconds"),
    ],
)
def test_what_it_cannot_be_told_is_refused_before_anything_is_sent(case, asked, why):
    if case.model == "hunyuan" and "seconds" in asked:
        return  # its clips have one length, and are told none
    with pytest.raises(Refused, match=why) as refused:
        drive(client(case).submit(order(case, **asked)))
    assert refused.value.reason == "input"


@each
def test_exactly_one_request_is_paid_and_a_strange_answer_is_unclear(case):
    for answer in (said(500, {}), said(200, []), said(200, {}), said(502, {"error": "x"})):
        with pytest.raises(Unclear):
            drive(client(case).submit(order(case)), answer)


@each
def test_an_id_leads_nowhere_else(case):
    evil = Ticket("../../admin?x=1#", {"app": "../../../v1/keys?", "kind": "../x", "key": "k"})
    steps = client(case).poll([evil])
    path = urlsplit(f"http://h{next(steps).path}")
    assert ".." not in path.path.split("/")
    assert "admin?x" not in path.path + path.query


@each
def test_a_clip_is_made_and_a_failure_refusal_and_wrong_key_are_told_apart(case, far, tmp_path):
    known = engine(case, far)
    wanted = order(case, prompt=f"a red ball {case.vendor} {case.model.rpartition('/')[2]}", **pictures(case))
    if case.vendor in ("kling", "kling2", "tencent"):
        assert known.find(wanted, frozenset()) is None
    ticket = known.submit(wanted)
    broken = known.submit(order(case, prompt="break it", name="another-name"))
    if case.names:
        with pytest.raises(Refused):  # the name is taken: it cannot be bought twice
            known.submit(wanted)
    with pytest.raises(Refused) as refused:
        known.submit(order(case, prompt="a nude person", name="a-third-name"))
    assert refused.value.reason == "moderation"
    with pytest.raises(Refused) as refused:
        engine(case, far, f"vs_wrong:{40 * 'x'}" if vendors.VENDORS[case.vendor].pair else "vs_wrong").submit(wanted)
    assert refused.value.reason == "auth"
    assert "vs_wrong" not in refused.value.message
    known.session.run(known.client.check())
    seen = until(lambda: (one := known.poll([ticket])[0]).state not in ("queued", "running") and one)
    assert (seen.state, seen.billed) == ("done", "yes"), seen
    known.fetch(ticket, tmp_path / "clip.mp4")
    assert video.probe(tmp_path / "clip.mp4").frames >= 17
    failed = until(lambda: (one := known.poll([broken])[0]).state not in ("queued", "running") and one)
    assert failed.state == "failed", failed
    assert failed.message
    with far.store.read() as tx:
        query = sa.select(schema.jobs.c.spec, schema.jobs.c.model).where(schema.jobs.c.state == "succeeded")
        kept = [row.spec for row in tx.execute(query) if row.spec["prompt"] == wanted.spec.prompt]
    assert len(kept) == 1
    assert {name for name in ("image", "last_image") if kept[0].get(name)} == set(pictures(case))
    if "seed" in case.says:
        assert kept[0]["seed"] == 7


@each
def test_a_task_that_nobody_has_is_gone(case, far):
    known = engine(case, far)
    ticket = Ticket("505392292541411230316637503", {"kind": "TextToVideo", "app": "fal-ai/wan", "key": case.model})
    if case.vendor == "kling":
        ticket = Ticket(ticket.handle, {"kind": "text2video"})
    assert known.poll([ticket])[0].state == "gone"


@each
def test_it_is_stopped_while_that_can_be_and_a_full_queue_is_a_limit(case, idle):
    known = engine(case, idle)
    wanted = dataclasses.replace(order(case, prompt="a cone"), at=idle.store.clock())
    ticket = known.submit(wanted)
    if case.finds:
        found = known.find(wanted, frozenset())
        assert found == ticket or known.poll([found]) == known.poll([ticket])
        assert known.find(dataclasses.replace(wanted, name="no-such", spec=dataclasses.replace(wanted.spec, seed=8)),
                          frozenset()) is None  # fmt: skip
    known.submit(order(case, prompt="a cube", name="second"))
    with pytest.raises(Refused) as refused:
        known.submit(order(case, prompt="a ring", name="third"))
    assert refused.value.reason == "limit", refused.value
    assert known.poll([ticket])[0].state in ("queued", "running")
    stopped = known.cancel(ticket)
    assert stopped is case.stops
    if stopped:
        assert known.poll([ticket])[0].state in ("cancelled", "failed", "gone")
        assert known.cancel(ticket) is False


def test_a_model_file_that_is_wrong_is_told_by_its_line():
    with pytest.raises(BadSettings, match="no vendor"):
        vendors.engine("nobody/m", {"model": "m"})
    with pytest.raises(BadSettings, match="which model of Runway"):
        vendors.engine("runway/m", {})
    with pytest.raises(BadSettings, match="colour"):
        vendors.engine("runway/m", {"model": "gen4.5", "key": "", "colour": "red"})
    with pytest.raises(BadSettings, match="sound_switch"):
        vendors.engine("runway/m", {"model": "gen4.5", "key": "", "sound_switch": "yes"})
    with pytest.raises(BadSettings, match="colour"):
        vendors.engine("fal/m", {"model": "a/b", "key": "", "fields": {"colour": "c"}})


def test_a_gateway_that_fails_is_no_verdict_of_fals():
    case = next(case for case in CASES if case.vendor == "fal")
    done = said(200, {"status": "COMPLETED"})
    for answer in (said(502, {}), said(504, {"detail": "x"}), said(400, {"detail": "Request is still in progress"})):
        with pytest.raises(Unclear):
            drive(client(case).poll([Ticket("1")]), done, answer)
    failed = said(500, {"detail": "it broke", "error_type": "internal_server_error"})
    _, (seen,) = drive(client(case).poll([Ticket("1")]), done, failed)
    assert (seen.state, seen.billed) == ("failed", "no")


def test_words_that_would_change_a_price_are_refused():
    case = next(case for case in CASES if case.vendor == "ark")
    with pytest.raises(Refused, match="switches"):
        client(case).order(order(case, prompt="a red ball --dur 12"))


def test_a_list_finds_an_order_only_if_it_is_certain():
    case = next(case for case in CASES if case.vendor == "ark")
    row = {"id": "cgt-1", "model": case.model, "seed": 7, "created_at": 1_800_000_001}
    ours, wanted = client(case), order(case)

    def found(*rows, taken=()):
        return drive(ours.find(wanted, frozenset(taken)), said(200, {"total": len(rows), "items": list(rows)}))[1]

    assert found(row) == Ticket("cgt-1")
    assert found(row, {**row, "id": "cgt-2"}) is None
    assert found(row, taken=["cgt-1"]) is None
    for other in ({"seed": 8}, {"model": "another"}, {"created_at": 1_700_000_000}):
        assert found({**row, **other}) is None
    with pytest.raises(Unclear):
        drive(ours.find(wanted, frozenset()), said(500, {}))
