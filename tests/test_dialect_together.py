"""Together: its bodies, its answers, and the same over HTTP."""

import pytest

from serving import serving, until
from vendors import ERRORS, FIELD, call, view
from vitascope.errors import BadSpec, NotSupported
from vitascope.vendors.id_formats import VIDEO
from vitascope.vendors.together import dialect as together


def asked(**given):
    return together.parse(call({"model": "minimax/hailuo-02", "prompt": "a ball", **given}))


def frames(*given):
    one = asked(media={"frame_images": list(given)})
    return one.image, one.last_image


def test_a_body():
    one = asked(seconds="5", width=1366, height=768, steps=8, guidance_scale=2, seed=3, fps=24)
    assert (one.seconds, one.size, one.steps, one.guidance, one.seed) == (5.0, (1366, 768), 8, 2.0, 3)
    assert asked(ratio="9:16", resolution="720p").size == (720, 1280)


def test_where_pictures_belong():
    assert frames({"input_image": "a"}) == ("a", None)
    assert frames({"input_image": "a"}, {"input_image": "b"}) == ("a", "b")
    assert frames({"input_image": "a", "frame": "last"}) == (None, "a")
    assert frames({"input_image": "a", "frame": 0}) == ("a", None)
    assert frames("a") == ("a", None)


@pytest.mark.parametrize(
    "media",
    [
        {"reference_images": ["a"]},
        {"source_video": "a"},
        {"audio_inputs": ["a"]},
        {"frame_images": [{"input_image": "a", "frame": 12}]},
        {"frame_images": ["a", "b", "c"]},
    ],
)
def test_what_cannot_be_done_is_refused(media):
    with pytest.raises(NotSupported):
        asked(media=media)


def test_nonsense_is_refused():
    for given in ({"prompt": ""}, {"media": "x"}, {"width": 0, "height": 5}, {"seconds": "soon"}):
        with pytest.raises(BadSpec):
            asked(**given)
    with pytest.raises(NotSupported):
        asked(output_format="WEBM")


@pytest.mark.parametrize(
    ("state", "status"),
    [
        ("queued", "in_progress"),
        ("running", "in_progress"),
        ("succeeded", "completed"),
        ("failed", "failed"),
        ("cancelled", "failed"),
    ],
)
def test_states(state, status):
    told = together.shown(call(), view(VIDEO, state)).body
    assert (told["object"], told["status"], told["seconds"], told["size"]) == ("video", status, "1", "352x192")
    url = {"cost": 2.0, "video_url": "http://here/files/ball.mp4"}
    assert told["outputs"] == (url if state == "succeeded" else None)
    assert bool(told["error"]) == (status == "failed")


@pytest.mark.parametrize("status", ERRORS)
def test_every_error_in_its_form(status):
    told = together.fail(ERRORS[status], None)
    assert told.status == status
    assert set(told.body["error"]) == {"message", "type", "param", "code"}
    assert together.fail(FIELD, None).body["error"]["param"] == "seed"


@pytest.mark.parametrize("prefix", ["", pytest.param("/together", marks=pytest.mark.slow)])
def test_over_http(tmp_path, prefix):
    with serving(tmp_path, work=True) as server:
        client, place = server.client(server.key()), f"{prefix}/v2/videos"
        made = client.post(place, json={"model": "minimax/hailuo-02", "prompt": "a ball", "seconds": "1"}).json()
        done = until(lambda: (job := client.get(f"{place}/{made['id']}").json())["status"] == "completed" and job)
        assert client.get(done["outputs"]["video_url"]).content[4:8] == b"ftyp"
        assert client.post(place, json={"prompt": ""}).json()["error"]["param"] == "prompt"
        assert client.get(f"{place}/video_7").json()["error"]["type"] == "not_found_error"
        assert client.put(place).status_code == 405
        assert server.client("vs_wrong").get(f"{place}/x").json()["error"]["type"] == "authentication_error"
