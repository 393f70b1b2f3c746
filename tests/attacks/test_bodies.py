"""Bodies that cost more to read than to send, from strangers and from those who are known."""

import base64
import hashlib
import json
import time

import pytest

from serving import png, serving
from vitascope.vendors import fields

MB = 2**20
NESTED = b"[" + b"[]," * (10 * MB) + b"[]]"  # thirty megabytes of empty lists; read, it fills 750
ACTION = "/?Action=CVSync2AsyncSubmitTask&Version=2022-08-31"
JSON = {"content-type": "application/json"}


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    with serving(tmp_path_factory.mktemp("bodies")) as running:
        yield running


def seconds_of_work(ask):
    before = time.process_time()
    answer = ask()
    return answer, time.process_time() - before


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("POST", "/v1/videos"),
        ("POST", "/openai/v1/videos"),
        ("PATCH", "/v1/library/clip_1"),
        ("POST", "/v1/videos/text2video"),
        ("POST", "/kling/v1/videos/text2video"),
        ("POST", "/v1/image_to_video"),
        ("POST", "/fal/fal-ai/wan"),
        ("POST", "/v1/recipe"),
        ("POST", "/v1/library/import"),
    ],
)
def test_a_stranger_is_refused_before_the_body_is_read(server, method, path):
    stranger = server.client("vs_nobody")
    answer, spent = seconds_of_work(lambda: stranger.request(method, path, content=NESTED, headers=JSON))
    assert answer.status_code == 401, answer.text
    assert spent < 1.5, f"{spent:.2f} s"


def test_a_form_of_a_stranger_is_not_read_either(server):
    stranger = server.client("vs_nobody")
    for path in ("/v1/videos", "/fal/fal-ai/wan", "/v1/image_to_video"):
        answer = stranger.post(path, files={"image": ("a.png", bytes(20 * MB), "image/png")})
        assert answer.status_code == 401, answer.text


def test_who_signs_must_have_a_pair_and_have_signed_before_the_body_is_read_as_json(server):
    pair = server.key(pair=True)
    for access, status in (("nobody", 401), (pair.access, 401)):
        headers = {
            **JSON,
            "x-date": "20270115T080000Z",
            "authorization": f"HMAC-SHA256 Credential={access}/20270115/cn-north-1/cv/request, "
            f"SignedHeaders=host;x-date, Signature={'0' * 64}",
        }
        before = time.process_time()
        answer = server.client().post(ACTION, content=NESTED, headers=headers)
        spent = time.process_time() - before
        assert answer.status_code == status, answer.text
        assert spent < 1.5, f"{spent:.2f} s"


def test_what_a_known_caller_sends_has_a_bound_on_its_values(server):
    client = server.client(server.key())
    for path in ("/v1/videos", "/v1/videos/text2video", "/v1/image_to_video"):
        answer, spent = seconds_of_work(lambda path=path: client.post(path, content=NESTED, headers=JSON))
        assert answer.status_code == 413, answer.text
        assert "50,000 values" in answer.text
        assert spent < 2, f"{spent:.2f} s"


def test_a_route_without_media_takes_little(server):
    client = server.client(server.key())
    large = json.dumps({"name": "x" * 300_000}).encode()
    for method, path in (("POST", "/v1/library/projects"), ("POST", "/v1/account/login"), ("POST", "/v1/webhooks")):
        answer = client.request(method, path, content=large, headers=JSON)
        assert answer.status_code == 413, (path, answer.text)
    form = b"prompt=" + b"%41" * 200_000
    kind = {"content-type": "application/x-www-form-urlencoded"}
    assert client.post("/v1/videos", content=form, headers=kind).status_code == 413


def test_a_large_picture_still_comes_in_whole(server):
    """By JSON and by a form, in our words and in a vendor's; bytes behind the end of a PNG are no part of it."""
    client = server.client(server.key())
    picture = png(256, 256) + bytes(10 * MB)
    sent = "data:image/png;base64," + base64.b64encode(picture).decode()
    asked = {"prompt": "a red ball", "seconds": "1"}
    digests = set()
    for answer in (
        client.post("/v1/videos", json={**asked, "input_reference": sent}),
        client.post("/v1/videos", data=asked, files={"input_reference": ("a.png", picture, "image/png")}),
    ):
        assert answer.status_code == 200, answer.text
        given = client.get(f"/v1/videos/{answer.json()['id']}/given").content
        digests.add(hashlib.sha256(given).hexdigest())
    assert len(digests) == 1
    answer = client.post("/v1/videos/image2video", json={"image": base64.b64encode(picture).decode(), "prompt": "a"})
    assert answer.json()["code"] == 0, answer.text


def test_values_are_counted_with_the_marks_of_json():
    assert fields.from_json("[" + ",".join(["1"] * 40_000) + "]")[:2] == [1, 1]
    assert fields.from_json('{"data": "' + "A" * (3 * MB) + '"}')["data"][:1] == "A"
