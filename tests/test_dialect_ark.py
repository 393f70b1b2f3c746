"""Volcano Ark's content generation, as its documentation and its SDK have it."""

import json

import pytest

from dialects import ERRORS, ID, REFUSED, START, call, view
from serving import serving, until
from vitascope.clip import CameraPath
from vitascope.errors import BadSpec, NotSupported
from vitascope.vendors.api import Page
from vitascope.vendors.ark import dialect as ark
from vitascope.vendors.callback import Secrets
from vitascope.vendors.view import Fault

TASKS = ark.TASKS
TEXT = {"type": "text", "text": "a red ball"}


def asked(*content, **fields):
    return ark.parse(call({"model": "seedance-1-0-pro", "content": list(content) or [TEXT], **fields}))


def picture(url, role=None):
    return {"type": "image_url", "image_url": {"url": url}, "role": role}


def test_all_fields_arrive():
    found = asked(
        TEXT, picture("http://a/1.png", "first_frame"), picture("aGVsbG8=", "last_frame"),
        resolution="720p", ratio="9:16", duration=5, seed=11, camera_fixed=True, service_tier="flex",
        callback_url="https://a/hook", draft=True,
    )  # fmt: skip
    assert (found.prompt, found.model, found.seconds, found.seed) == ("a red ball", "seedance-1-0-pro", 5, 11)
    assert (found.size, found.image, found.last_image) == ((720, 1280), "http://a/1.png", "aGVsbG8=")
    assert (found.camera, found.lane, found.draft) == (CameraPath(words="still"), "offpeak", True)
    assert found.callback_url == "https://a/hook"


def test_the_sdk_sends_null_for_what_was_not_said():
    names = ("resolution", "ratio", "duration", "frames", "seed", "camera_fixed", "draft", "service_tier", "tools")
    found = asked(**dict.fromkeys(names))
    assert (found.seconds, found.seed, found.camera, found.aspect) == (None, None, None, "16:9")


def test_switches_in_the_prompt():
    found = asked({"type": "text", "text": "a red ball --ratio 1:1 --dur 5 --seed -1 --wm false --cf true"})
    assert (found.prompt, found.aspect, found.seconds, found.seed) == ("a red ball", "1:1", 5, None)
    assert found.camera == CameraPath(words="still")
    assert asked({"type": "text", "text": "a ball --dur 5"}, duration="3").seconds == 3
    assert asked({"type": "text", "text": "a ball --unknown 5"}).prompt == "a ball --unknown 5"


def test_frames_beat_the_duration():
    assert asked(frames=120, duration=9).seconds == 5


def test_a_picture_without_a_role_is_the_first():
    assert asked(TEXT, picture("http://a/1.png")).image == "http://a/1.png"
    assert asked(TEXT, picture("http://a/1.png")).aspect == ""  # the picture's own
    with pytest.raises(BadSpec, match="two pictures"):
        asked(picture("http://a/1.png"), picture("http://a/2.png"))


@pytest.mark.parametrize(
    "item",
    [
        picture("http://a/1.png", "reference_image"),
        {"type": "video_url", "video_url": {"url": "http://a/1.mp4"}, "role": "reference_video"},
        {"type": "audio_url", "audio_url": {"url": "http://a/1.mp3"}, "role": "reference_audio"},
    ],
)
def test_references_are_refused(item):
    with pytest.raises(NotSupported, match=r"content\[1\]"):
        asked(TEXT, item)


@pytest.mark.parametrize(
    "fields",
    [
        {"content": None},
        {"content": []},
        {"content": 5},
        {"content": [5]},
        {"content": [{"type": "shout"}]},
        {"content": [{"type": "image_url", "image_url": {}}]},
        {"resolution": "tall"},
        {"duration": "soon"},
        {"service_tier": "gold"},
    ],
)
def test_what_makes_no_sense_is_said(fields):
    with pytest.raises(BadSpec):
        ark.parse(call({"model": "seedance", "content": [TEXT], **fields}))


def test_a_watermark_is_left_out_and_that_is_said():
    assert any("watermark" in note for note in asked(watermark="true").notes)


def test_a_draft_is_finished_by_its_id():
    finishing = {"content": [{"type": "draft_task", "draft_task": {"id": "cgt-1"}}]}
    route = next(route for route in ark.ROUTES if route.does == "again")
    assert route.match(call(finishing))
    assert route.id(call(finishing)) == "cgt-1"
    assert not route.match(call({"content": [TEXT]}))
    assert not route.match(call({"content": 5}))
    assert ark.parse(call(finishing)).aspect == ""  # the draft's own


def test_a_task_that_is_done():
    told = ark.task(view(ark.DIALECT, echo={"return_last_frame": True}))
    assert told["id"] == f"cgt-{ID}"
    assert told["status"] == "succeeded"
    assert told["model"] == "theirs-1"
    assert told["content"] == {"video_url": "http://here/v.mp4", "last_frame_url": "http://here/l.png"}
    assert told["usage"] == {"completion_tokens": 1122, "total_tokens": 1122}  # 352 x 192 x 17 / 1024
    assert (told["created_at"], told["updated_at"]) == (START, START + 5)
    assert (told["resolution"], told["ratio"], told["duration"], told["framespersecond"]) == ("192p", "16:9", 1, 16)
    assert "last_frame_url" not in ark.task(view(ark.DIALECT))["content"]


@pytest.mark.parametrize("state", ["queued", "running", "succeeded", "failed", "cancelled"])
def test_states_have_the_same_words(state):
    told = ark.task(view(ark.DIALECT, state))
    assert told["status"] == state
    assert ("content" in told) == (state == "succeeded")
    json.dumps(told)


def test_a_task_that_failed():
    told = ark.task(view(ark.DIALECT, "failed", error=Fault("safety_output", "x", "It was refused.", "Ask again.")))
    assert told["error"] == {"code": "OutputVideoSensitiveContentDetected", "message": "It was refused. Ask again."}


def test_a_list_is_asked_for():
    search = "page_num=2&page_size=5&filter.status=queued&filter.task_ids=cgt-1&filter.task_ids=cgt-2"
    query = {"page_num": "2", "page_size": "5", "filter.status": "queued", "filter.task_ids": "cgt-2"}
    listing = ark.parse_list(call(query=query, search=search))
    assert (listing.page, listing.limit, listing.states, listing.ids) == (2, 5, ("queued",), ("cgt-1", "cgt-2"))
    told = ark.show_list(call(), [view(ark.DIALECT)], Page(listing, total=9)).body
    assert told["total"] == 9
    assert len(told["items"]) == 1
    with pytest.raises(BadSpec):
        ark.parse_list(call(query={"page_size": "1000"}))


@pytest.mark.parametrize("status", ERRORS)
def test_errors_in_arks_form(status):
    reply = ark.fail(ERRORS[status], call())
    told = reply.body["error"]
    assert set(told) == {"code", "message", "param", "type"}
    assert ERRORS[status].hint in told["message"]
    assert reply.status == {402: 403, 422: 400}.get(status, status)


def test_the_codes_that_clients_look_at():
    codes = {status: ark.fail(error, None).body["error"]["code"] for status, error in ERRORS.items()}
    assert codes[400] == "InvalidParameter"
    assert codes[401] == "AuthenticationError"
    assert codes[404] == "ResourceNotFound"
    assert codes[429] == "RateLimitExceeded"
    assert ark.fail(REFUSED, None).body["error"]["code"] == "InputTextSensitiveContentDetected"


def test_a_callback_is_the_task():
    job = view(ark.DIALECT)
    assert json.loads(ark.write(job, "succeeded", Secrets("", "", b""), "msg_1", START).body) == ark.task(job)


def test_pictures():
    found = ark.parse_image(call({"model": "seedream", "prompt": "a red ball", "size": "1024x1024", "seed": -1}))
    assert found.still
    assert found.size == (1024, 1024)
    assert found.seed is None
    for name, value in {"image": "http://a", "sequential_image_generation": "auto", "stream": True}.items():
        with pytest.raises(NotSupported):
            ark.parse_image(call({"prompt": "a red ball", name: value}))
    drawn = view(ark.DIALECT, is_still=True, image_url="http://here/i.png", image=lambda: b"png")
    assert ark.show_image(call(), drawn).body["data"] == [{"size": "352x192", "url": "http://here/i.png"}]
    assert ark.show_image(call({"response_format": "b64_json"}), drawn).body["data"][0]["b64_json"] == "cG5n"
    assert ark.show_image(call(), view(ark.DIALECT, "running")).status == 504


def test_live(tmp_path):
    with serving(tmp_path, work=True) as server:
        client, other = server.client(server.key()), server.client(server.key())
        body = {"model": "doubao-seedance-1-0-pro", "content": [TEXT], "duration": "1", "unknown": {"kept": 1}}
        id = client.post(TASKS, json=body).json()["id"]
        path = f"{TASKS}/{id}"
        done = until(lambda: (told := client.get(path).json())["status"] == "succeeded" and told)
        assert client.get(done["content"]["video_url"], headers={"authorization": ""}).content[4:8] == b"ftyp"
        assert client.get(f"/ark{path}").json() == client.get(path.replace("/v3", "//v3")).json() == done
        assert [task["id"] for task in client.get(TASKS).json()["items"]] == [id]
        assert other.get(path).status_code == 404
        assert other.get(TASKS).json() == {"total": 0, "items": []}
        assert client.delete(path).json() == {}
        assert client.get(path).status_code == 404
        wrong = server.client("vs_wrong").post(TASKS, json=body)
        assert (wrong.status_code, wrong.json()["error"]["code"]) == (401, "AuthenticationError")
        assert client.put(TASKS, json={}).json()["error"]["code"] == "MethodNotAllowed"
        assert client.post(TASKS, json={"content": 5}).json()["error"]["param"] == "content"
