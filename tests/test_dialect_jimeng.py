"""Jimeng in Volcano's visual service, as its documentation and its SDK have it. Who signs how: `test_signatures.py`."""

import hashlib
import hmac
import json
import time

import pytest

from dialects import ERRORS, ID, REFUSED, call, view
from serving import serving, until
from vitascope.errors import BadSpec, NotSupported
from vitascope.vendors import signatures
from vitascope.vendors.jimeng import dialect as jimeng
from vitascope.vendors.view import Fault

SUBMIT, RESULT = "CVSync2AsyncSubmitTask", "CVSync2AsyncGetResult"
QUERY = {"Action": SUBMIT, "Version": "2022-08-31"}


def asked(key="jimeng_t2v_v30", **fields):
    return jimeng.parse(call({"req_key": key, "prompt": "a red ball", **fields}))


def test_all_fields_arrive():
    found = asked(seed=-1, frames=121, aspect_ratio="4:3")
    assert (found.prompt, found.model, found.seconds, found.seed) == ("a red ball", "jimeng_t2v_v30", 5, None)
    assert found.aspect == "4:3"
    assert asked("jimeng_t2v_v30_1080p", aspect_ratio="9:16").size == (1080, 1920)


def test_pictures_mean_what_the_key_says():
    found = asked("jimeng_i2v_first_tail_v30", binary_data_base64=["eA==", "eQ=="])
    assert (found.image, found.last_image) == ("eA==", "eQ==")
    assert asked("jimeng_ti2v_v30_pro").image is None
    for key, images in (("jimeng_i2v_first_v30", []), ("jimeng_t2v_v30", ["http://a"])):
        with pytest.raises(BadSpec, match="pictures"):
            asked(key, image_urls=images)


def test_pictures_are_made_too():
    found = asked("jimeng_t2i_v40", width=512, height=256)
    assert (found.still, found.size) == (True, (512, 256))
    told = jimeng.show(call(query=QUERY), view(jimeng.DIALECT, is_still=True, image_url="http://here/i.png")).body
    assert told["data"] == {"status": "done", "image_urls": ["http://here/i.png"]}


def test_what_makes_no_sense_is_said():
    for fields in ({"req_key": ""}, {"prompt": ""}, {"frames": "many"}):
        with pytest.raises(BadSpec):
            jimeng.parse(call({"req_key": "jimeng_t2v_v30", "prompt": "a", **fields}))
    for key in ("jimeng_i2v_recamera_v30", "realman_avatar_picture_omni_v2"):
        with pytest.raises(NotSupported):
            asked(key)


@pytest.mark.parametrize(("state", "word"), [("queued", "in_queue"), ("running", "generating"), ("succeeded", "done")])
def test_states(state, word):
    reply = jimeng.show(call(query=QUERY), view(jimeng.DIALECT, state))
    assert (reply.status, reply.body["code"], reply.body["data"]["status"]) == (200, 10000, word)
    assert bool(reply.body["data"]["video_url"]) == (state == "succeeded")


@pytest.mark.parametrize(
    ("category", "code", "status"),
    [("safety_input", 50412, 400), ("safety_output", 50511, 400), ("internal", 50500, 500)],
)
def test_a_task_that_failed(category, code, status):
    failed = view(jimeng.DIALECT, "failed", error=Fault(category, "x", "No.", "Other."))
    reply = jimeng.show(call(query=QUERY), failed)
    assert (reply.status, reply.body["code"], reply.body["message"]) == (status, code, "No. Other.")


def test_a_task_that_is_not_known():
    assert jimeng.unknown(call(), "1").body["data"] == {"status": "not_found"}
    assert jimeng.created(call(), view(jimeng.DIALECT)).body["data"] == {"task_id": str(int(ID, 16))}


@pytest.mark.parametrize("status", ERRORS)
def test_errors_in_its_form(status):
    reply = jimeng.fail(ERRORS[status], call(query=QUERY))
    if status in (401, 405, 415):
        assert set(reply.body["ResponseMetadata"]["Error"]) == {"CodeN", "Code", "Message"}
        assert reply.status == status
    else:
        assert reply.body["code"] == reply.body["status"] != 10000
        assert reply.body["data"] is None
        assert reply.status == (429 if status == 429 else 500 if status >= 500 else 400)
    assert ERRORS[status].hint in json.dumps(reply.body)


def test_the_codes_that_clients_look_at():
    assert jimeng.fail(ERRORS[429], call(query=QUERY)).body["code"] == 50429
    assert jimeng.fail(REFUSED, call(query=QUERY)).body["code"] == 50412
    error = signatures.refused(signatures.MISMATCH, "It is not right.", "Look.")
    assert jimeng.fail(error, call()).body["ResponseMetadata"]["Error"]["Code"] == "SignatureDoesNotMatch"


def signed(pair, host, action, body, *, at=None):
    """A request as Volcano's documentation signs it; its SDK is in tests/sdks."""
    data = json.dumps(body).encode()
    stamp = time.strftime("%Y%m%dT%H%M%SZ", time.gmtime(at or time.time()))
    digest, scope = hashlib.sha256(data).hexdigest(), f"{stamp[:8]}/cn-north-1/cv/request"
    names = "content-type;host;x-content-sha256;x-date"
    query = f"Action={action}&Version=2022-08-31"
    lines = f"content-type:application/json\nhost:{host}\nx-content-sha256:{digest}\nx-date:{stamp}\n"
    canonical = "\n".join(["POST", "/", query, lines, names, digest])
    text = "\n".join(["HMAC-SHA256", stamp, scope, hashlib.sha256(canonical.encode()).hexdigest()])
    key = pair.secret.encode()
    for part in scope.split("/"):
        key = hmac.new(key, part.encode(), hashlib.sha256).digest()
    signature = hmac.new(key, text.encode(), hashlib.sha256).hexdigest()
    authorization = f"HMAC-SHA256 Credential={pair.access}/{scope}, SignedHeaders={names}, Signature={signature}"
    headers = {"content-type": "application/json", "x-date": stamp, "x-content-sha256": digest}
    return {"url": f"/?{query}", "content": data, "headers": {**headers, "authorization": authorization}}


def test_live(tmp_path):
    with serving(tmp_path, work=True) as server:
        pair, client, host = server.key(pair=True), server.client(), f"127.0.0.1:{server.port}"
        ask = {"req_key": "jimeng_t2v_v30", "prompt": "a red ball", "frames": 25}
        first = signed(pair, host, SUBMIT, ask)
        made = client.post(**first).json()["data"]
        assert client.post(**first).json()["data"] == made  # what comes twice is made once

        def result(**fields):
            return client.post(**signed(pair, host, RESULT, {"req_key": "jimeng_t2v_v30", **fields}))

        done = until(lambda: (told := result(**made).json()["data"])["status"] == "done" and told)
        assert client.get(done["video_url"]).content[4:8] == b"ftyp"
        assert result(task_id="1").json()["data"] == {"status": "not_found"}
        late = client.post(**signed(pair, host, SUBMIT, ask, at=time.time() - 3600))
        assert (late.status_code, late.json()["ResponseMetadata"]["Error"]["Code"]) == (401, "RequestExpired")
        changed = {**signed(pair, host, SUBMIT, ask), "content": b"{}"}
        assert client.post(**changed).json()["ResponseMetadata"]["Error"]["Code"] == "SignatureDoesNotMatch"
        other = server.key(pair=True)
        assert client.post(**signed(other, host, RESULT, made)).json()["data"]["status"] == "not_found"
        relayed = server.client(server.key()).post(f"/jimeng/?Action={SUBMIT}", json=ask)
        assert relayed.json()["code"] == 10000
