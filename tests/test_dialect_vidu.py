"""Vidu's API, as its documentation has it."""

import base64
import hashlib
import hmac
import json

import pytest

from dialects import ERRORS, ID, REFUSED, call, view
from serving import png, serving, until
from vendors import receiving
from vitascope.errors import BadSpec, NotSupported
from vitascope.vendors.api import Balance, Earlier, Page, Upload, Uploaded
from vitascope.vendors.callback import Secrets
from vitascope.vendors.vidu import dialect as vidu
from vitascope.vendors.view import Fault


def asked(kind="text2video", **fields):
    return vidu.parse(call({"model": "viduq3-pro", "prompt": "a red ball", **fields}, path=f"/ent/v2/{kind}"))


def test_all_fields_arrive():
    found = asked(duration=5, seed=7, aspect_ratio="9:16", resolution="720p", off_peak=True, callback_url="https://a")
    assert (found.prompt, found.model, found.seconds, found.seed) == ("a red ball", "viduq3-pro", 5, 7)
    assert (found.size, found.lane, found.callback_url) == ((720, 1280), "offpeak", "https://a")
    assert asked(seed=0).seed is None


def test_pictures_mean_what_the_path_says():
    assert asked("img2video", images=["http://a/1"]).image == "http://a/1"
    both = asked("start-end2video", images=["http://a/1", "ssupload:?id=5"])
    assert (both.image, both.last_image) == ("http://a/1", Uploaded("5"))
    for kind, images in (("img2video", []), ("img2video", ["a", "b"]), ("start-end2video", ["a"])):
        with pytest.raises(BadSpec, match="pictures"):
            asked(kind, images=images)


def test_a_clip_goes_on():
    assert asked("extend", video_creation_id="17").extend == Earlier("17")
    found = asked("extend", video_url="https://a/1.mp4", images=["http://a/end"])
    assert (found.extend, found.image, found.last_image) == ("https://a/1.mp4", None, "http://a/end")
    with pytest.raises(BadSpec):
        asked("extend")


@pytest.mark.parametrize("fields", [{"prompt": ""}, {"duration": "long"}, {"resolution": "wide"}])
def test_what_makes_no_sense_is_said(fields):
    with pytest.raises(BadSpec):
        asked(**fields)


def test_what_is_left_out_is_said():
    assert len(asked(bgm=True, watermark=True, movement_amplitude="large").notes) == 3
    with pytest.raises(NotSupported, match="voice_id"):
        asked(voice_id="v")


@pytest.mark.parametrize("state", vidu.STATE)
def test_states(state):
    told = vidu.task(view(vidu.DIALECT, state, echo={"payload": "mine"}))
    assert (told["state"], told["payload"]) == (vidu.STATE[state], "mine")
    assert bool(told["creations"]) == (state == "succeeded")


def test_the_request_comes_back():
    job = view(vidu.DIALECT, "queued", echo={"style": "anime", "callback_url": "https://secret"})
    told = vidu.created(call({"images": ["http://a/1"]}), job).body
    assert (told["task_id"], told["state"], told["style"]) == (str(int(ID, 16)), "created", "anime")
    assert told["images"] == ["http://a/1"]
    assert "callback_url" not in told


def test_a_task_that_failed():
    failed = view(vidu.DIALECT, "failed", error=Fault("safety_input", "x", "No."))
    assert vidu.task(failed)["err_code"] == "TaskPromptPolicyViolation: No."


def test_a_list_and_credits_and_uploads():
    listing = vidu.parse_list(call(query={"pager.pagesz": "5", "pager.page_token": "9", "states": "success"}))
    assert (listing.limit, listing.after, listing.states) == (5, "9", ("succeeded",))
    job = view(vidu.DIALECT)
    assert vidu.show_list(call(), [job], Page(listing, has_more=True)).body["next_page_token"] == job.handle
    told = vidu.show_credits(call(), Balance(credits=12.5, held=0, plan="pro", account_id="a", parallel=4)).body
    assert told["remains"][0]["credit_remain"] == 12.5
    file = Upload(id=ID, handle="5", put_url="http://here/up")
    assert vidu.show_upload(call(), file).body["put_url"] == "http://here/up"
    assert vidu.show_finished(call(), file).body == {"uri": "ssupload:?id=5"}


@pytest.mark.parametrize("status", ERRORS)
def test_errors_in_its_form(status):
    reply = vidu.fail(ERRORS[status], call(params={"id": "1"}))
    assert set(reply.body) == {"code", "reason", "message", "metadata"}
    assert reply.status == {402: 400, 409: 400, 422: 400}.get(status, status)


def test_the_reasons_that_clients_look_at():
    reasons = {status: vidu.fail(error, call(params={"id": "1"})).body["reason"] for status, error in ERRORS.items()}
    assert (reasons[401], reasons[402], reasons[404]) == ("Unauthorized", "CreditInsufficient", "TaskNotFound")
    assert vidu.fail(REFUSED, None).body["reason"] == "TaskPromptPolicyViolation"


def test_a_callback_is_signed_as_the_documentation_says():
    secrets = Secrets("", "0f" * 32, b"", url="https://a.example/vidu/callback?name=james&age=36")
    message = vidu.write(view(vidu.DIALECT), "succeeded", secrets, "123e4567", 1_746_533_382.0)
    headers = message.headers
    assert headers["Date"] == "Tue, 06 May 2025 12:09:42 GMT"
    signed = (
        "POST\n/vidu/callback\nname=james&age=36\nvidu\nTue, 06 May 2025 12:09:42 GMT\n"
        "Date:Tue, 06 May 2025 12:09:42 GMT\nx-request-nonce:123e4567\n"
    )
    digest = hmac.new(secrets.plain.encode(), signed.encode(), hashlib.sha256).digest()
    assert headers["X-HMAC-SIGNATURE"] == base64.b64encode(digest).decode()
    assert headers["X-HMAC-SIGNED-HEADERS"] == "Date;x-request-nonce"
    assert json.loads(message.body)["state"] == "success"


def test_live_callbacks_are_signed_for_their_address(tmp_path):
    with receiving() as (url, came), serving(tmp_path, work=True, fetch_allowed="127.0.0.1") as server:
        client = server.client(server.key())
        body = {"prompt": "a red ball", "duration": 1, "callback_url": f"{url}?mine=1", "payload": "p"}
        client.post("/ent/v2/text2video", json=body)
        until(lambda: any(b'"success"' in body for _, body in list(came)))
        headers = {name.lower(): value for name, value in came[-1][0].items()}
        signed = "".join(f"{name}:{headers[name.lower()]}\n" for name in headers["x-hmac-signed-headers"].split(";"))
        text = f"POST\n/hook\nmine=1\nvidu\n{headers['date']}\n{signed}"
        secret = client.get("/vidu/callbacks/secret").json()["secret"]
        digest = hmac.new(secret.encode(), text.encode(), hashlib.sha256).digest()
        assert headers["x-hmac-signature"] == base64.b64encode(digest).decode()


def test_live(tmp_path):
    with serving(tmp_path, work=True) as server:
        client, wrong = server.client(), server.client()
        client.headers["authorization"] = f"Token {server.key()}"
        wrong.headers["authorization"] = "Token vs_wrong"
        ticket = client.post("/tools/v2/files/uploads", json={"scene": "vidu"}).json()
        assert server.client().put(ticket["put_url"], content=png()).status_code == 200
        uri = client.put(f"/tools/v2/files/uploads/{ticket['id']}/finish", json={}).json()["uri"]
        body = {"model": "vidu2.0", "prompt": "a red ball", "images": [uri], "duration": 1, "payload": "mine"}
        made = client.post("/ent/v2/img2video", json=body).json()
        path = f"/ent/v2/tasks/{made['task_id']}/creations"
        done = until(lambda: (told := client.get(path).json())["state"] == "success" and told)
        assert done["payload"] == "mine"
        assert client.get(done["creations"][0]["url"], headers={"authorization": ""}).content[4:8] == b"ftyp"
        assert client.get(f"/vidu{path}").json() == done
        assert len(client.get("/ent/v2/tasks").json()["tasks"]) == 1
        assert client.get("/ent/v2/tasks/1/creations").json()["reason"] == "TaskNotFound"
        assert client.post("/ent/v2/lip-sync", json={}).json()["reason"] == "FieldInvalid"
        refused = wrong.get("/ent/v2/credits")
        assert (refused.status_code, refused.json()["reason"]) == (401, "Unauthorized")
