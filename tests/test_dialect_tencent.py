"""Tencent Cloud's video actions, as its documentation and its SDK have them. Who signs how: `test_signatures.py`."""

import hashlib
import hmac
import json
import time

import pytest

from dialects import ERRORS, ID, REFUSED, START, call, view
from serving import serving, until
from vitascope.errors import BadSpec, NotSupported
from vitascope.vendors import signatures
from vitascope.vendors.api import Earlier
from vitascope.vendors.callback import Secrets
from vitascope.vendors.tencent import dialect as tencent
from vitascope.vendors.view import Fault


def action(name, fields=None):
    return call(fields, headers={"x-tc-action": name})


def asked(kind="TextToVideo", **fields):
    return tencent.parse(action(f"Submit{kind}Job", {"Prompt": "a red ball", **fields}))


def test_all_fields_arrive():
    found = asked(
        Model="kling-v2-6", NegativePrompt="rain", Duration="5", AspectRatio="9:16", ExternalTaskId="mine",
        CallbackUrl="https://a/hook", CameraControl={"Type": "simple", "Config": {"Horizontal": 5}},
    )  # fmt: skip
    assert (found.prompt, found.negative_prompt, found.model) == ("a red ball", "rain", "kling-v2-6")
    assert (found.seconds, found.aspect, found.external_id) == (5, "9:16", "mine")
    assert (found.callback_url, found.operation) == ("https://a/hook", "TextToVideo")
    assert found.camera.points[-1][3] > found.camera.points[0][3]  # to the right
    assert asked("HunyuanToVideo", Resolution="720p").size == (1280, 720)


def test_pictures_come_as_addresses_or_base64():
    assert asked("HunyuanToVideo", Image={"Url": "http://a/1"}).image == "http://a/1"
    found = asked("ImageToVideo", Image={"Base64": "eA=="}, ImageTail={"Url": "http://a/2"})
    assert (found.image, found.last_image) == ("eA==", "http://a/2")
    assert asked("ImageToVideoVidu", Images=[{"Url": "http://a/1"}]).image == "http://a/1"
    with pytest.raises(BadSpec):
        asked("ImageToVideoVidu", Images=[{"Url": "http://a/1"}, {"Url": "http://a/2"}])


def test_a_clip_goes_on():
    assert asked("VideoExtendKling", VideoId="17").extend == Earlier("17")


def test_what_makes_no_sense_or_cannot_be_done_is_said():
    with pytest.raises(BadSpec):
        asked(Prompt="")
    with pytest.raises(BadSpec):
        asked(CameraControl={"Type": "sideways"})
    with pytest.raises(NotSupported, match="Bgm"):
        asked(Bgm="on")
    assert asked(Sound="off", MultiShot=False).prompt == "a red ball"
    assert "watermark" in asked(LogoAdd=1).notes[0]


@pytest.mark.parametrize("state", tencent.STATUS)
def test_states(state):
    told = tencent.show(action("DescribeTextToVideoJob"), view(tencent.DIALECT, state, external_id="mine")).body
    assert told["Response"]["Status"] == tencent.STATUS[state]
    assert bool(told["Response"]["ResultVideoUrl"]) == (state == "succeeded")
    assert (told["Response"]["RequestId"], told["Response"]["ExternalTaskId"]) == ("req_1", "mine")


def test_a_job_that_failed():
    told = tencent.job(view(tencent.DIALECT, "failed", error=Fault("safety_input", "x", "No.", "Other.")))
    assert (told["ErrorCode"], told["ErrorMessage"]) == ("FailedOperation.ModerationFailed", "No. Other.")


def test_a_callback_names_the_job():
    message = tencent.write(view(tencent.DIALECT), "succeeded", Secrets("", "", b""), "msg_1", START)
    assert json.loads(message.body)["JobId"] == str(int(ID, 16))


@pytest.mark.parametrize("status", ERRORS)
def test_errors_come_with_200(status):
    reply = tencent.fail(ERRORS[status], action("SubmitTextToVideoJob"))
    assert set(reply.body["Response"]) == {"Error", "RequestId"}
    assert ERRORS[status].hint in reply.body["Response"]["Error"]["Message"]
    assert reply.status == (status if status in (405, 413, 415) else 200)


def test_the_codes_that_clients_look_at():
    def code(error):
        return tencent.fail(error, action("SubmitTextToVideoJob")).body["Response"]["Error"]["Code"]

    assert code(ERRORS[401]) == "AuthFailure.SecretIdNotFound"
    assert code(ERRORS[404]) == "FailedOperation.JobNotFound"
    assert code(ERRORS[429]) == "RequestLimitExceeded"
    assert code(REFUSED) == "FailedOperation.ModerationFailed"
    assert code(signatures.refused(signatures.EXPIRED, "Old.", "Look.")) == "AuthFailure.SignatureExpire"


def signed(pair, host, name, body, *, at=None):
    """A request as Tencent's documentation signs it; its SDK is in tests/sdks."""
    data, stamp = json.dumps(body).encode(), int(at or time.time())
    day = time.strftime("%Y-%m-%d", time.gmtime(stamp))
    lines, names = (
        f"content-type:application/json\nhost:{host}\nx-tc-action:{name.lower()}\n",
        "content-type;host;x-tc-action",
    )
    canonical = "\n".join(["POST", "/", "", lines, names, hashlib.sha256(data).hexdigest()])
    scope = f"{day}/vclm/tc3_request"
    text = "\n".join(["TC3-HMAC-SHA256", str(stamp), scope, hashlib.sha256(canonical.encode()).hexdigest()])
    key = f"TC3{pair.secret}".encode()
    for part in scope.split("/"):
        key = hmac.new(key, part.encode(), hashlib.sha256).digest()
    signature = hmac.new(key, text.encode(), hashlib.sha256).hexdigest()
    authorization = f"TC3-HMAC-SHA256 Credential={pair.access}/{scope}, SignedHeaders={names}, Signature={signature}"
    headers = {"content-type": "application/json", "x-tc-action": name, "x-tc-timestamp": str(stamp)}
    return {"url": "/", "content": data, "headers": {**headers, "authorization": authorization}}


def test_live(tmp_path):
    with serving(tmp_path, work=True) as server:
        pair, client, host = server.key(pair=True), server.client(), f"127.0.0.1:{server.port}"

        def ask(name, body, by=pair, **more):
            return client.post(**signed(by, host, name, body, **more)).json()["Response"]

        body = {"Prompt": "a red ball", "Duration": 1, "ExternalTaskId": "mine"}
        request = signed(pair, host, "SubmitTextToVideoJob", body)
        job = client.post(**request).json()["Response"]["JobId"]
        assert client.post(**request).json()["Response"]["JobId"] == job  # what comes twice is made once
        look = ("DescribeTextToVideoJob", {"JobId": job})
        done = until(lambda: (told := ask(*look))["Status"] == "DONE" and told)
        assert client.get(done["ResultVideoUrl"]).content[4:8] == b"ftyp"
        assert ask("DescribeTextToVideoJob", {"ExternalTaskId": "mine"})["Status"] == "DONE"
        assert ask("DescribeTextToVideoJob", {"JobId": "1"})["Error"]["Code"] == "FailedOperation.JobNotFound"
        assert ask("SubmitHumanActorJob", {})["Error"]["Code"] == "InvalidParameter"
        assert ask(*look, by=server.key(pair=True))["Error"]["Code"] == "FailedOperation.JobNotFound"
        assert ask(*look, at=time.time() - 600)["Error"]["Code"] == "AuthFailure.SignatureExpire"
        changed = {**signed(pair, host, *look), "content": b"{}"}
        assert client.post(**changed).json()["Response"]["Error"]["Code"] == "AuthFailure.SignatureFailure"
        assert client.get("/", headers={"x-tc-action": "X"}).status_code != 500
