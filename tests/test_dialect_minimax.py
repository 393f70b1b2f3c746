"""MiniMax's two APIs, as their documentation has them, and the camera commands in Hailuo's prompts."""

import json

import numpy as np
import pytest

from dialects import ERRORS, ID, REFUSED, START, call, view
from doubles import CARD
from serving import png, serving, until
from vendors import receiving
from vitascope import ask
from vitascope.clip import CameraPath
from vitascope.errors import BadSpec, NotSupported
from vitascope.smallworld.world import camera
from vitascope.smallworld.world.scene import CameraMove
from vitascope.vendors import content_list
from vitascope.vendors.api import Page, Upload, Uploaded
from vitascope.vendors.callback import Secrets
from vitascope.vendors.id_formats import NUMBER
from vitascope.vendors.minimax import camera as hailuo_camera
from vitascope.vendors.minimax import dialect as minimax
from vitascope.vendors.minimax import tasks as minimax_tasks
from vitascope.vendors.view import Fault

KEPT = Secrets("", "", b"")


# --- the camera


@pytest.mark.parametrize("command", hailuo_camera.WORDS)
def test_a_single_command_becomes_a_word(command):
    prompt, path = hailuo_camera.read(f"A ball [{command.title()}] on snow", 6)
    assert prompt == "A ball on snow"
    assert ask.camera_path(path, CARD).words == hailuo_camera.WORDS[command]


@pytest.mark.parametrize(("chinese", "english"), hailuo_camera.CHINESE.items())
def test_chinese_commands_are_the_same(chinese, english):
    if english == "tracking shot":
        with pytest.raises(NotSupported):
            hailuo_camera.read(f"一个球[{chinese}]", 6)
    else:
        assert hailuo_camera.read(f"一个球[{chinese}]", 6)[1] == hailuo_camera.read(f"x [{english}]", 6)[1]


def test_commands_in_one_bracket_act_together():
    path = hailuo_camera.read("a ball [Truck right, Zoom in]", 5)[1]
    first, last = path.points[0], path.points[-1]
    assert last[3] - first[3] == pytest.approx(0.8)  # to the right, as far as a slow crane goes up
    assert last[7] < first[7]  # closer
    halfway = path.points[len(path.points) // 2]
    assert first[3] < halfway[3] < last[3]
    assert first[7] > halfway[7] > last[7]


@pytest.mark.parametrize("command", [command for command in hailuo_camera.WORDS if command != "static shot"])
def test_a_command_in_numbers_moves_as_its_word_does(command):
    word = hailuo_camera.WORDS[command]
    rows = hailuo_camera.read(f"a ball [{command}, static shot]", 7)[1].points
    assert np.allclose(rows, camera.path(CameraMove(word, "slow"), len(rows)))


def test_brackets_act_in_turn():
    path = hailuo_camera.read("a ball [Pedestal up] then [Truck left]", 4)[1]
    middle = len(path.points) // 2
    first, turn, last = path.points[0], path.points[middle], path.points[-1]
    assert turn[5] > first[5]
    assert turn[3] == first[3]
    assert last[5] == pytest.approx(turn[5])
    assert last[3] < turn[3]


def test_a_shake_begins_where_the_camera_is():
    rows = hailuo_camera.read("a ball [Shake]", 2)[1].points
    assert rows[0][:2] == (0.0, pytest.approx(0.24))
    assert 0.005 < max(row[0] for row in rows) < 0.02


def test_other_brackets_belong_to_the_prompt():
    assert hailuo_camera.read("a [red] ball [Pan left, softly]", 6) == ("a [red] ball [Pan left, softly]", None)


def test_too_many_commands():
    for prompt in ("[Pan left, Zoom in, Shake, Tilt up]", "[Shake]" * 17):
        with pytest.raises(BadSpec, match="too many"):
            hailuo_camera.read(prompt, 6)


# --- the first API


def asked(**fields):
    return minimax.parse(call({"model": "MiniMax-Hailuo-02", "prompt": "a red ball", **fields}))


def test_all_fields_arrive():
    found = asked(
        prompt="a red ball [Pan left]", duration="6", resolution="768P", first_frame_image="data:image/png;base64,eA==",
        last_frame_image="mm_file://12", callback_url="https://a/hook",
    )  # fmt: skip
    assert (found.prompt, found.camera) == ("a red ball", CameraPath(words="pan left"))
    assert (found.seconds, found.callback_url) == (6, "https://a/hook")
    assert (found.image, found.last_image) == ("data:image/png;base64,eA==", Uploaded("12"))
    assert asked(resolution="768P").size == (1366, 768)


@pytest.mark.parametrize("fields", [{"prompt": ""}, {"duration": "long"}, {"resolution": "wide"}, {"model": "I2V-01"}])
def test_what_makes_no_sense_is_said(fields):
    with pytest.raises(BadSpec):
        asked(**fields)


def test_characters_are_refused():
    with pytest.raises(NotSupported, match="subject_reference"):
        asked(subject_reference=[{"type": "character", "image": ["http://a"]}])


@pytest.mark.parametrize(
    ("state", "word"),
    [("queued", "Queueing"), ("running", "Processing"), ("succeeded", "Success"), ("failed", "Fail")],
)
def test_the_three_calls(state, word):
    job = view(minimax.DIALECT, state)
    assert minimax.created(call(), job).body["task_id"] == str(int(ID, 16))
    told = minimax.show(call(), job).body
    assert told["status"] == word
    assert bool(told["file_id"]) == (state == "succeeded")
    file = minimax.show_file(call(), job).body
    if state == "succeeded":
        assert file["file"]["file_id"] == int(told["file_id"]) < 2**53
        assert file["file"]["download_url"] == "http://here/v.mp4"
    else:
        assert file["base_resp"]["status_code"] == 2013


def test_a_task_that_failed_says_why():
    job = view(minimax.DIALECT, "failed", error=Fault("safety_output", "x", "It was refused."))
    assert minimax.query(job)["base_resp"] == {"status_code": 1027, "status_msg": "It was refused."}


@pytest.mark.parametrize("status", ERRORS)
def test_errors_come_with_200_and_a_code(status):
    reply = minimax.fail(ERRORS[status], call(path="/v1/video_generation"))
    codes = {400: 2013, 401: 1004, 402: 1008, 403: 2049, 405: 1000, 415: 1000, 429: 1002, 500: 1000, 503: 1000}
    assert reply.body["base_resp"]["status_code"] == codes.get(status, 2013)
    assert reply.status == (status if status in (405, 413, 415, 500, 503) else 200)
    assert ERRORS[status].message in reply.body["base_resp"]["status_msg"]


def test_a_path_that_there_is_not_is_a_404():
    assert minimax.fail(ERRORS[404], call(path="/minimax/v1/nothing")).status == 404


def test_what_is_refused_by_a_rule():
    assert minimax.fail(REFUSED, call(path="/v1/video_generation")).body["base_resp"]["status_code"] == 1026


def test_callbacks():
    told = json.loads(minimax.write(view(minimax.DIALECT), "succeeded", KEPT, "msg_1", START).body)
    assert told["status"] == "success"
    assert told["file_id"] == NUMBER.show(ID)
    assert json.loads(minimax.challenge("word").body) == {"challenge": "word"}


def test_uploads_and_pictures():
    file = Upload(id=ID, handle=NUMBER.show(ID), name="a.png", bytes=9, purpose="video_generation_input")
    assert minimax.show_upload(call(), file).body["file"]["file_id"] == int(NUMBER.show(ID))
    found = minimax.parse_image(call({"prompt": "a red ball", "n": 2, "aspect_ratio": "16:9"}))
    assert (found.still, found.n, found.aspect) == (True, 2, "16:9")
    with pytest.raises(BadSpec):
        minimax.parse_image(call({"prompt": "a red ball", "n": 10}))
    drawn = view(minimax.DIALECT, is_still=True, image_url="http://here/i.png", image=lambda: b"png")
    assert minimax.show_image(call(), drawn).body["data"] == {"image_urls": ["http://here/i.png"]}
    assert minimax.show_image(call({"response_format": "base64"}), drawn).body["data"] == {"image_base64": ["cG5n"]}
    assert minimax.show_image(call(), view(minimax.DIALECT, "running")).body["base_resp"]["status_code"] == 1001


# --- the second API


def test_the_second_api():
    found = minimax_tasks.parse(
        call(
            {
                "model": "MiniMax-H3",
                "content": [
                    {"type": "text", "text": "a red ball [Tilt up]"},
                    {"type": "image_url", "image_url": {"url": "mm_file://12"}, "role": "first_frame"},
                ],
                "duration": 5,
                "resolution": "768P",
                "ratio": "adaptive",
            }
        )
    )
    assert (found.prompt, found.camera, found.image) == ("a red ball", CameraPath(words="tilt up"), Uploaded("12"))
    job = view(minimax_tasks.DIALECT, operation="text_to_video")
    told = minimax_tasks.show(call(), job).body["task"]
    assert told["content"] == {"url": "http://here/v.mp4"}
    assert (told["id"], told["status"], told["ratio"]) == (str(int(ID, 16)), "succeeded", "16:9")
    listing = content_list.listing(call(query={"page_num": "2"}, search="page_num=2&filter.task_ids=7"))
    assert (listing.page, listing.ids) == (2, ("7",))
    assert minimax_tasks.show_list(call(), [job], Page(listing, total=1)).body == {"total": 1, "items": [told]}
    assert json.loads(minimax_tasks.write(job, "succeeded", KEPT, "m", START).body) == {"task": told}
    failed = view(minimax_tasks.DIALECT, "failed", error=Fault("input", "x", "No.", "Other."))
    assert minimax_tasks.task(failed)["error"] == {"code": "invalid_params", "message": "No. Other."}


@pytest.mark.parametrize("status", ERRORS)
def test_errors_of_the_second_api(status):
    reply = minimax_tasks.fail(ERRORS[status], call())
    assert reply.status == status
    assert reply.body["type"] == "error"
    assert reply.body["error"]["http_code"] == str(status)
    assert reply.body["request_id"] == "req_1"


@pytest.mark.parametrize("echoes", [True, False])
def test_live_callbacks_begin_with_a_challenge(tmp_path, echoes):
    with (
        receiving(lambda body: body if echoes else b"{}") as (url, came),
        serving(tmp_path, work=True, fetch_allowed="127.0.0.1") as server,
    ):
        client = server.client(server.key())
        body = {"prompt": "a red ball", "duration": 1, "callback_url": f"{url}?mine=1"}
        id = client.post("/v1/video_generation", json=body).json()["task_id"]

        def told():
            return [json.loads(body) for _, body in list(came)]

        until(lambda: any(body.get("status") == "success" for body in told()) if echoes else told())
        assert set(told()[0]) == {"challenge"}
        assert all(body["task_id"] == id for body in told() if "status" in body)
        if not echoes:
            query = {"params": {"task_id": id}}
            until(lambda: client.get("/v1/query/video_generation", **query).json()["status"] == "Success")
            assert all(set(body) == {"challenge"} for body in told())


def test_live(tmp_path):
    with serving(tmp_path, work=True) as server:
        client = server.client(server.key())

        def query(id):
            return client.get("/v1/query/video_generation", params={"task_id": id, "GroupId": "7"}).json()

        made = client.post("/v1/video_generation", json={"prompt": "a red ball [Truck left]", "duration": 1}).json()
        done = until(lambda: (told := query(made["task_id"]))["status"] == "Success" and told)
        file = client.get("/v1/files/retrieve", params={"file_id": done["file_id"]}).json()["file"]
        clip = client.get("/minimax/v1/files/retrieve_content", params={"file_id": done["file_id"]}).content
        assert clip[4:8] == b"ftyp"
        assert client.get(file["download_url"], headers={"authorization": ""}).content == clip
        sent = client.post("/v1/files/upload", files={"file": ("a.png", png())}, data={"purpose": "x"}).json()
        picture = {"type": "image_url", "image_url": {"url": f"mm_file://{sent['file']['file_id']}"}}
        body = {"content": [{"type": "text", "text": "a red ball"}, picture], "duration": 1}
        id = client.post("/v2/video_generation", json=body).json()["task_id"]
        path = f"/v2/query/video_generation/{id}"
        until(lambda: client.get(path).json()["task"]["status"] == "succeeded")
        assert client.get("/v2/query/video_generation").json()["total"] == 1
        assert client.delete(f"/v2/video_generation/{id}").status_code == 200
        assert client.get(path).status_code == 404
        assert query("1")["base_resp"]["status_code"] == 2013
        wrong = server.client("vs_wrong")
        assert wrong.post("/v1/video_generation", json={}).json()["base_resp"]["status_code"] == 1004
        assert wrong.post("/v2/video_generation", json={}).json()["error"]["type"] == "authorized_error"
