"""PixVerse: its bodies, its envelope, its numbers for ids, and the same over HTTP."""

import json

import pytest

from serving import png, until
from vendors import ERRORS, FIELD, PICTURE, REFUSED, call, view
from vitascope.errors import BadSpec, NotSupported
from vitascope.vendors.api import Balance, Earlier, Grant, Uploaded
from vitascope.vendors.id_formats import NUMBER
from vitascope.vendors.pixverse import dialect as pixverse
from vitascope.vendors.view import Fault

BODY = {"model": "v5", "prompt": "a ball", "aspect_ratio": "9:16", "duration": 5, "quality": "540p"}


def asked(parse=pixverse.parse, **given):
    return parse(call({**BODY, **given}))


def test_words_alone():
    one = asked(seed="3", negative_prompt="dull", motion_mode="fast", water_mark=False, style=None)
    assert (one.model, one.seconds, one.size, one.seed) == ("pixverse-v5", 5.0, (540, 960), 3)
    assert (one.negative_prompt, one.echo["motion_mode"]) == ("dull", "fast")


@pytest.mark.parametrize("name", pixverse._MOVES)
def test_named_moves_of_the_camera(name):
    camera = asked(camera_movement=name).camera
    assert camera.words or camera.points


def test_pictures_and_clips_by_their_numbers():
    assert asked(pixverse.parse_image, img_id=77).image == Uploaded("77")
    assert asked(pixverse.parse_image, img_ids=[78]).image == Uploaded("78")
    assert asked(pixverse.parse_image, img_id="https://x/a.png").image == "https://x/a.png"
    both = asked(pixverse.parse_transition, first_frame_img="1", last_frame_img=2)
    assert (both.image, both.last_image) == (Uploaded("1"), Uploaded("2"))
    assert asked(pixverse.parse_extension, source_video_id=9).extend == Earlier("9")
    longer = asked(pixverse.parse_extension, video_media_id=9)
    assert (longer.extend, longer.size) == (Uploaded("9"), None)


@pytest.mark.parametrize(
    "given",
    [
        {"template_id": 302325299692608},
        {"style": "anime"},
        {"image_references": [{"img_id": 1}]},
        {"lip_sync_tts_switch": True},
        {"camera_movement": "robo_arm"},
    ],
)
def test_what_cannot_be_done_is_refused(given):
    with pytest.raises(NotSupported):
        asked(**given)


def test_nonsense_is_refused():
    for parse, given in (
        (pixverse.parse, {"prompt": ""}),
        (pixverse.parse, {"quality": "8p"}),
        (pixverse.parse_image, {}),
        (pixverse.parse_image, {"img_id": -1}),
        (pixverse.parse_extension, {}),
    ):
        with pytest.raises(BadSpec):
            asked(parse, **given)


@pytest.mark.parametrize(
    ("state", "status"), [("queued", 5), ("running", 5), ("succeeded", 1), ("failed", 8), ("cancelled", 6)]
)
def test_states_are_numbers(state, status):
    told = pixverse.shown(call(), view(NUMBER, state)).body
    assert (told["ErrCode"], told["Resp"]["status"]) == (0, status)
    assert told["Resp"]["url"] == ("http://here/files/ball.mp4" if state == "succeeded" else "")
    assert 0 < told["Resp"]["id"] < 2**53


def test_what_a_rule_refused_has_a_number_of_its_own():
    refused = view(NUMBER, "failed", error=Fault("safety_output", "policy_refused", "Refused."))
    assert pixverse.shown(call(), refused).body["Resp"]["status"] == 7


def test_balance():
    grants = (Grant("a", "daily", 5, 5, 0, None), Grant("b", "gift", 9, 7, 0, None))
    told = pixverse.balance(call(), Balance(12.0, 0.0, "pro", "acc_1", grants)).body["Resp"]
    assert told == {"account_id": "acc_1", "credit_monthly": 5, "credit_package": 7}


@pytest.mark.parametrize("status", ERRORS)
def test_every_error_in_the_envelope(status):
    told = pixverse.fail(ERRORS[status], None)
    assert (told.status, told.body["Resp"]) == (status, None)
    assert told.body["ErrCode"] > 0
    assert ERRORS[status].message in told.body["ErrMsg"]
    json.dumps(told.body)


def test_codes_of_errors():
    codes = [pixverse.fail(error, None).body["ErrCode"] for error in (ERRORS[400], FIELD, REFUSED, PICTURE)]
    assert codes == [400011, 400017, 500063, 500032]


@pytest.fixture
def client(server):
    client = server.client()
    client.headers["API-KEY"] = server.key()
    client.headers["Ai-trace-id"] = "7"
    return client


def done(client, place, made):
    id = made.json()["Resp"]["video_id"]
    return until(lambda: (job := client.get(f"{place}/video/result/{id}").json()["Resp"])["status"] != 5 and job)


@pytest.mark.parametrize("place", ["/openapi/v2", "/pixverse/openapi/v2", "/proxy/pixverse"])
def test_over_http(client, place):
    first = done(client, place, client.post(f"{place}/video/text/generate", json={**BODY, "duration": 1}))
    assert (first["status"], first["outputWidth"]) == (1, 192)
    assert len(client.get(first["url"]).content) == first["size"]
    file = {"image": ("a.png", png(), "image/png")}
    ids = [client.post(f"{place}/image/upload", files=file).json()["Resp"]["img_id"] for _ in range(2)]
    body = {**BODY, "duration": 1, "first_frame_img": ids[0], "last_frame_img": ids[1]}
    second = done(client, place, client.post(f"{place}/video/transition/generate", json=body))
    assert second["status"] == 1
    body = {**BODY, "duration": 1, "source_video_id": first["id"]}
    assert done(client, place, client.post(f"{place}/video/extend/generate", json=body))["status"] == 1


def test_errors_over_http(server, client):
    place = "/openapi/v2"
    assert client.post(f"{place}/video/text/generate", json={}).json()["ErrCode"] == 400011
    assert client.post(f"{place}/video/swap/generate", json={}).json()["Resp"] is None
    assert client.get(f"{place}/video/result/77").json()["ErrCode"] == 500008
    assert client.get(f"{place}/video/result/x").status_code == 404
    assert client.put(f"{place}/video/text/generate").status_code == 405
    assert client.get(f"{place}/nothing").json()["ErrCode"] == 500008
    missing = client.post(f"{place}/video/img/generate", json={**BODY, "img_id": 77})
    assert missing.json()["ErrCode"] == 500008
    assert client.get(f"{place}/account/balance").json()["Resp"]["credit_package"] == 1000
    assert server.client("vs_wrong").get(f"{place}/account/balance").json()["ErrCode"] == 10005
