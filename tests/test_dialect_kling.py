"""Kling in both forms: pure translation first, then over plain HTTP against a real server, as its documentation shows
its clients to do (there is no official SDK).
"""

import base64
import json
import threading
import time
from http.client import HTTPConnection
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import jwt
import pytest

from processes import LONG
from serving import png, until
from vitascope import errors
from vitascope.clip import CameraPath
from vitascope.outbound import standard_webhooks
from vitascope.vendors import cameras
from vitascope.vendors.api import Call
from vitascope.vendors.callback import Secrets
from vitascope.vendors.kling import dialect as kling
from vitascope.vendors.kling import tasks as kling_tasks
from vitascope.vendors.view import Fault, View, alone

PROMPT = "a red ball bounces"
VIEW = View(
    id="01a20cfb1398374fa87e2d3f",
    handle="505392292541411230316637503",
    state="succeeded",
    model="vitascope-nano",
    created=1_800_000_000.5,
    updated=1_800_000_002.0,
    seconds=5.0,
    url="http://here/files/a.mp4",
    credits=1.5,
    external_id="mine",
)


def call(**fields):
    return Call(method="POST", fields=fields, request_id="req_1", params={"model": "kling-3.0"})


# Pure


def test_text_to_video_is_read_whole():
    asked = kling.parse_text(
        call(
            model_name="kling-v1-6",
            prompt=PROMPT,
            negative_prompt="rain",
            cfg_scale="0.5",
            mode="pro",
            duration="10",
            aspect_ratio="9:16",
            sound="off",
            camera_control=None,
            callback_url="https://example.org/cb",
            external_task_id="mine",
            not_known=[1, {"x": None}],
        )
    )
    assert (asked.prompt, asked.negative_prompt, asked.model) == (PROMPT, "rain", "kling-v1-6")
    assert (asked.seconds, asked.aspect, asked.guidance) == (10, "9:16", None)
    assert (asked.external_id, asked.callback_url, asked.operation) == ("mine", "https://example.org/cb", "text2video")
    assert asked.echo["mode"] == "pro"


def test_what_is_not_said_is_what_kling_takes():
    asked = kling.parse_text(call(prompt=PROMPT))
    assert (asked.seconds, asked.aspect, asked.camera, asked.external_id) == (5, "16:9", None, "")


@pytest.mark.parametrize(
    ("fields", "named"),
    [
        ({}, "prompt"),
        ({"prompt": PROMPT, "duration": "long"}, "duration"),
        ({"prompt": PROMPT, "cfg_scale": 3}, "cfg_scale"),
        ({"prompt": PROMPT, "mode": "best"}, "mode"),
        ({"prompt": PROMPT, "sound": "loud"}, "sound"),
        ({"prompt": PROMPT, "multi_shot": True}, "multi_shot"),
        ({"prompt": PROMPT, "camera_control": {"type": "simple", "config": {"pan": 5, "zoom": 1}}}, "camera_control"),
        ({"prompt": PROMPT, "camera_control": {"type": "simple", "config": {"pan": 11}}}, "camera_control"),
        ({"prompt": PROMPT, "camera_control": {"type": "sideways"}}, "camera_control"),
        ({"prompt": PROMPT, "camera_control": "left"}, "camera_control"),
    ],
)
def test_what_cannot_be_taken_names_its_field(fields, named):
    with pytest.raises(errors.VitascopeError) as told:
        kling.parse_text(call(**fields))
    assert told.value.field == named


def test_pictures_come_first_and_last():
    asked = kling.parse_image(call(prompt="", image="aGk=", image_tail="https://example.org/b.png"))
    assert (asked.image, asked.last_image, asked.aspect) == ("aGk=", "https://example.org/b.png", "")
    assert asked.notes
    with pytest.raises(errors.BadSpec):
        kling.parse_image(call(prompt=PROMPT))


def test_omni_takes_frames_and_no_subjects():
    frame = {"image_url": "aGk=", "type": "first_frame"}
    asked = kling.parse_omni(call(prompt="<<<image_1>>> " + PROMPT, image_list=[frame]))
    assert (asked.image, asked.prompt) == ("aGk=", "the image " + PROMPT)
    with pytest.raises(errors.NotSupported):
        kling.parse_omni(call(prompt=PROMPT, image_list=[{"image_url": "aGk="}]))
    with pytest.raises(errors.NotSupported):
        kling.parse_omni(call(prompt=PROMPT, video_list=[{"video_url": "https://example.org/a.mp4"}]))


def test_axes_become_paths():
    def last(**config):
        path = cameras.kling({"type": "simple", "config": config})
        assert isinstance(path, CameraPath)
        assert path.points[0] == pytest.approx(cameras.START)
        return dict(zip(("az", "el", "log", "x", "y", "z", "roll", "fov"), path.points[-1], strict=True))

    at = dict(zip(("az", "el", "log", "x", "y", "z", "roll", "fov"), cameras.START, strict=True))
    assert last(horizontal=10)["x"] > at["x"]
    assert last(vertical=-10)["z"] < at["z"]
    assert last(zoom=10)["fov"] > at["fov"]  # a positive zoom widens
    assert last(roll=10)["roll"] < at["roll"]
    assert last(tilt=10)["az"] < at["az"]  # Kling's tilt is our pan to the right
    assert last(pan=10)["el"] < at["el"]  # and its pan our tilt upwards
    assert cameras.kling({"type": "forward_up"}).points[-1][2] < at["log"]
    assert cameras.kling({"type": "simple", "config": {}}) is None
    assert cameras.kling({}) is None


def test_a_task_is_shown_as_kling_shows_it():
    body = kling.show(call(), alone(VIEW)).body
    assert (body["code"], body["message"], body["request_id"]) == (0, "SUCCEED", "req_1")
    assert body["data"] == {
        "task_id": VIEW.handle,
        "task_status": "succeed",
        "task_status_msg": "",
        "task_info": {"external_task_id": "mine"},
        "created_at": 1_800_000_000_500,
        "updated_at": 1_800_000_002_000,
        "watermark_info": {"enabled": False},
        "final_unit_deduction": "1.5",
        "task_result": {"videos": [{"id": VIEW.handle, "url": VIEW.url, "duration": "5"}]},
    }
    failed = View(
        id=VIEW.id, handle="1", state="failed", model="m", error=Fault("internal", "x", "It broke.", "Try again.")
    )
    told = kling.show(call(), alone(failed)).body["data"]
    assert (told["task_status"], told["task_status_msg"]) == ("failed", "It broke. Try again.")
    assert "task_result" not in told


def test_the_second_form_reads_contents():
    contents = [
        {"type": "prompt", "text": "@a becomes @b"},
        {"type": "first_frame", "url": "aGk=", "id": "a"},
        {"type": "last_frame", "url": "aGo=", "id": "b"},
    ]
    parse = kling_tasks.parse_contents("image-to-video")
    asked = parse(call(contents=contents, settings={"duration": 3}, options={"external_task_id": "mine"}))
    assert (asked.image, asked.last_image, asked.seconds) == ("aGk=", "aGo=", 3)
    assert asked.prompt == "the first frame becomes the last frame"
    assert (asked.model, asked.external_id) == ("kling-3.0", "mine")
    for wrong in ([{"type": "refer_image", "url": "aGk="}], [{"type": "smell"}], [{"type": "first_frame"}], []):
        with pytest.raises(errors.VitascopeError):
            parse(call(contents=wrong))
    with pytest.raises(errors.NotSupported):
        kling_tasks.parse_text(call(prompt=PROMPT, settings={"multi_shot": True}))


def test_the_second_form_shows_outputs():
    assert kling_tasks.task(alone(VIEW)) == {
        "id": VIEW.handle,
        "status": "succeeded",
        "create_time": 1_800_000_000_500,
        "update_time": 1_800_000_002_000,
        "external_id": "mine",
        "message": "",
        "outputs": [{"type": "video", "id": VIEW.handle, "url": VIEW.url, "duration": "5"}],
        "billing": [{"charge_type": "unit", "amount": "1.5"}],
    }


def test_callbacks_are_signed_as_documented():
    secret = "whsec_dGVzdHNlY3JldHRlc3RzZWNyZXR0ZXN0c2VjcmV0MTI="
    body = (
        b'{"id":"1234567890","status":"succeeded","message":"","create_time":1781080778802,"update_time":1781080794151}'
    )
    headers = standard_webhooks.headers(secret, "9876543210", 1_781_080_794, body)
    assert headers["webhook-signature"] == "v1,UsKlJP00XoQyOn410NM9xv34sP+Gl0jnOO9Lcpr7NJ4="
    message = kling_tasks.write(alone(VIEW), "succeeded", Secrets(secret, "", b""), "cbk_1", 5.0)
    assert standard_webhooks.verify(secret, message.headers, message.body, 5.0)


def made(status, code="x"):
    error = errors.VitascopeError("It went wrong.", hint="Try again.")
    error.status, error.code = status, code
    return error


@pytest.mark.parametrize(
    ("error", "status", "code"),
    [
        (errors.BadSpec("It is wrong."), 400, 1201),
        (errors.NotSupported("It cannot."), 400, 1201),
        (errors.BadPicture("It is none."), 400, 1201),
        (errors.PolicyRefused("No.", hint="", rule="r", field="prompt"), 400, 1301),
        (errors.NotSignedIn("Who?", reason="missing"), 401, 1001),
        (errors.NotSignedIn("Who?", reason="early"), 401, 1003),
        (errors.NotSignedIn("Who?", reason="expired"), 401, 1004),
        (errors.NotSignedIn("Who?"), 401, 1000),
        (errors.NotEnoughCredits(5, 1), 429, 1102),
        (errors.NotAllowed("No."), 403, 1103),
        (errors.NotFound("None."), 404, 1203),
        (errors.UnknownModel("x", []), 404, 1203),
        (made(405, "method_not_allowed"), 404, 1202),
        (errors.Conflict("Twice."), 400, 1201),
        (errors.TooLarge("Much."), 413, 1201),
        (made(422), 400, 1201),
        (errors.TooMany("Fast."), 429, 1302),
        (errors.TooMany("Many.", kind="parallel"), 429, 1303),
        (made(500), 500, 5000),
        (errors.Unavailable("Away."), 503, 5001),
        (made(504), 504, 5002),
    ],
)
def test_every_error_has_klings_number(error, status, code):
    for dialect in (kling.DIALECT, kling_tasks.DIALECT):
        reply = dialect.fail(error, call())
        assert (reply.status, reply.body["code"]) == (status, code)
        assert set(reply.body) == {"code", "message", "request_id"}
        assert error.message in reply.body["message"]


# Live


@pytest.fixture(scope="module")
def server(calling_server):
    return calling_server


@pytest.fixture
def client(server):
    return server.client(server.key())


@pytest.fixture
def receiver():
    """(its URL, what came as (headers, body))."""
    came = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self):
            came.append((dict(self.headers), self.rfile.read(int(self.headers["content-length"]))))
            self.send_response(200)
            self.end_headers()

        def log_message(self, *_):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}/cb", came
    server.shutdown()
    server.server_close()


def good(answer):
    assert answer.status_code == 200, answer.text
    assert answer.json()["code"] == 0
    return answer.json()["data"]


def ended(client, path):
    def look():
        task = good(client.get(path))
        return task if task["task_status"] in ("succeed", "failed") else None

    return until(look)


def signed(pair, **changed):
    now = int(time.time())
    claims = {"iss": pair.access, "exp": now + 1800, "nbf": now - 5, **changed}
    return jwt.encode(claims, pair.secret, headers={"typ": "JWT"})


def test_the_documented_loop_with_a_signed_token(server):
    client = server.client(signed(server.key(pair=True)))
    body = {"model_name": "kling-v1-6", "prompt": PROMPT, "duration": "1", "external_task_id": "mine"}
    task = good(client.post("/v1/videos/text2video", json=body))
    assert (task["task_status"], task["task_info"]) == ("submitted", {"external_task_id": "mine"})
    done = ended(client, f"/v1/videos/text2video//{task['task_id']}")  # some clients double the slash
    assert done["task_status"] == "succeed"
    film = server.client().get(done["task_result"]["videos"][0]["url"])
    assert film.content[4:8] == b"ftyp"
    for place in (
        "/v1/videos/text2video/mine",
        "/kling/v1/videos/text2video/mine",
        "/proxy/kling/v1/videos/text2video/mine",
    ):
        assert good(client.get(place))["task_id"] == task["task_id"]
    assert [one["task_id"] for one in good(client.get("/v1/videos/text2video?pageNum=1&pageSize=1"))] == [
        task["task_id"]
    ]
    assert good(client.get("/v1/videos/image2video")) == []
    again = client.post("/v1/videos/text2video", json=body)
    assert (again.status_code, again.json()["code"]) == (400, 1201)  # names are unique
    assert server.client(server.key()).get("/v1/videos/text2video/mine").status_code == 404


def test_pictures_extension_and_stills(client):
    picture = base64.b64encode(png()).decode()
    task = good(client.post("/v1/videos/image2video", json={"image": picture, "prompt": PROMPT, "duration": 1}))
    first = ended(client, f"/v1/videos/image2video/{task['task_id']}")
    video = first["task_result"]["videos"][0]
    more = good(client.post("/v1/videos/video-extend", json={"video_id": video["id"], "prompt": PROMPT}))
    longer = ended(client, f"/v1/videos/video-extend/{more['task_id']}")
    assert longer["task_info"]["parent_video"]["id"] == video["id"]
    assert float(longer["task_result"]["videos"][0]["duration"]) == 6
    stills = good(client.post("/v1/images/generations", json={"model_name": "kling-v2", "prompt": PROMPT, "n": 2}))
    found = ended(client, f"/v1/images/generations/{stills['task_id']}")["task_result"]["images"]
    assert [image["index"] for image in found] == [0, 1]
    assert client.get(found[1]["url"]).content.startswith(b"\x89PNG")
    fed_back = good(
        client.post("/v1/videos/image2video", json={"image": found[0]["url"], "prompt": PROMPT, "duration": 1})
    )
    assert ended(client, f"/v1/videos/image2video/{fed_back['task_id']}")["task_status"] == "succeed"


def test_the_camera_is_taken(client, server):
    control = {"type": "simple", "config": {"horizontal": 5, "vertical": 0}}
    body = {"prompt": PROMPT, "duration": 1, "camera_control": control}
    task = good(client.post("/v1/videos/text2video", json=body))
    native = client.get(f"/v1/videos/video_{int(task['task_id']):024x}").json()
    assert len(native["camera"]["points"]) > 2


def test_the_second_form_from_order_to_list(client):
    body = {"prompt": PROMPT, "settings": {"duration": 1}, "options": {"external_task_id": "second"}}
    head = good(client.post("/text-to-video/kling-3.0", json=body))
    assert (head["status"], head["external_id"]) == ("submitted", "second")

    def look():
        [task] = good(client.get("/tasks", params={"task_ids": f"{head['id']},12"}))
        return task if task["status"] in ("succeeded", "failed") else None

    task = until(look)
    assert task["outputs"][0]["url"].startswith("http")
    assert good(client.get("/kling/tasks", params={"external_task_ids": "second,none"})) == [task]
    page = good(client.post("/tasks", json={"limit": 1, "filters": [{"key": "status", "values": ["succeeded"]}]}))
    assert (page["result"], page["count"], page["has_more"]) == ([task], 1, False)
    assert good(client.post("/tasks", json={"filters": [{"key": "status", "values": ["failed"]}]}))["result"] == []


def test_callbacks_tell_each_state_and_are_signed(client, receiver):
    url, came = receiver
    body = {"prompt": PROMPT, "settings": {"duration": 1}, "options": {"callback_url": url}}
    id = good(client.post("/text-to-video/kling-3.0", json=body))["id"]
    until(lambda: came and json.loads(came[-1][1])["status"] == "succeeded")
    secret = good(client.get("/kling/callbacks/secret"))["secret"]
    for headers, data in came:
        assert standard_webhooks.verify(secret, headers, data, time.time())
        assert json.loads(data)["id"] == id
    states = [json.loads(data)["status"] for _, data in came]
    assert states == sorted(states, key=("submitted", "processing", "succeeded").index)


def test_a_request_for_several_is_called_back_once(client, receiver):
    url, came = receiver
    body = {"model_name": "kling-v2", "prompt": PROMPT, "n": 3, "callback_url": url}
    good(client.post("/v1/images/generations", json=body))
    until(lambda: came and json.loads(came[-1][1])["task_status"] == "succeed")
    time.sleep(0.5)
    ends = [json.loads(data) for _, data in came if json.loads(data)["task_status"] == "succeed"]
    assert len(ends) == 1
    assert len(ends[0]["task_result"]["images"]) == 3


def test_a_callback_inside_the_network_is_refused(client):
    body = {"prompt": PROMPT, "callback_url": "http://10.0.0.1/"}
    told = client.post("/v1/videos/text2video", json=body)
    assert (told.status_code, told.json()["code"]) == (403, 1103)


def test_what_was_given_and_what_was_taken(client):
    task = good(client.post("/v1/videos/text2video", json={"prompt": PROMPT, "duration": 1}))
    ended(client, f"/v1/videos/text2video/{task['task_id']}")
    for path in ("/account/costs", "/v1/account/costs"):
        packs = good(client.get(path, params={"start_time": 0, "end_time": 9e12}))["resource_pack_subscribe_infos"]
        assert {"daily", "plan", "gift"} >= {pack["resource_pack_name"] for pack in packs}
        assert all(0 <= pack["remaining_quantity"] <= pack["total_quantity"] for pack in packs)
    ledger = good(client.post("/account/billing/package", json={"start_time": 0, "end_time": 9e15, "limit": 5}))
    [line] = ledger["result"]["detail"]
    assert (line["task_id"], line["product_type"]) == (task["task_id"], "video")
    assert line["deduction_amount"] > 0
    assert good(client.post("/account/billing/balance", json={}))["result"] == {"detail": [], "count": 0}


def refused(answer, status, code):
    assert answer.status_code == status, answer.text
    assert answer.json()["code"] == code
    assert set(answer.json()) == {"code", "message", "request_id"}
    assert answer.headers["x-request-id"] == answer.json()["request_id"]


def test_errors_come_in_klings_form(server, client):
    path, pair = "/v1/videos/text2video", server.key(pair=True)
    now = int(time.time())
    refused(client.post(path, json={}), 400, 1201)
    refused(client.post(path, content=b"{", headers={"content-type": "application/json"}), 400, 1201)
    refused(client.post(path, json=[1]), 400, 1201)
    refused(client.post("/v1/videos/effects", json={"effect_scene": "hug"}), 400, 1201)
    refused(client.post("/motion-control/kling-3.0", json={}), 400, 1201)
    refused(server.client("nobody").post(path, json={}), 401, 1000)
    refused(server.client(signed(pair, exp=now - 60)).post(path, json={}), 401, 1004)
    refused(server.client(signed(pair, nbf=now + 60)).post(path, json={}), 401, 1003)
    refused(
        server.client(server.key(credits=0, plan="free")).post(path, json={"prompt": PROMPT, "duration": "60"}),
        403,
        1103,
    )
    refused(client.get(f"{path}/12"), 404, 1203)
    refused(client.get("/tasks"), 400, 1201)
    refused(client.delete("/tasks"), 404, 1202)
    refused(client.get("/kling/nothing"), 404, 1203)
    said = HTTPConnection("127.0.0.1", server.port, timeout=LONG)
    said.request("POST", path, headers={"content-length": str(2**31)})  # and no body follows
    told = said.getresponse()
    assert (told.status, json.loads(told.read())["code"]) == (413, 1201)
    said.close()


def test_a_client_of_openai_keeps_its_paths(client):
    """Both have /v1/videos; each is answered in its own form."""
    assert client.get("/v1/videos").json()["object"] == "list"
    assert client.get("/v1/videos/video_" + "0" * 24).json()["error"]["code"] == "not_found"
    assert client.post("/v1/videos/text2video", json={}).json()["code"] == 1201
