"""What ComfyUI's own API nodes send to `--comfy-api-base`: every vendor below /proxy, and the uploads."""

import pytest

from serving import png, until
from vendors import ERRORS
from vitascope.vendors import DIALECTS
from vitascope.vendors.comfy import dialect as comfy


@pytest.fixture
def client(server):
    client = server.client()
    client.headers["x-api-key"] = server.key()
    return client


@pytest.fixture
def picture(client):
    """A picture that a node has sent, as its address."""
    told = client.post("/customers/storage", json={"file_name": "a.png", "content_type": "image/png"}).json()
    client.put(told["upload_url"], content=png(), headers={"content-type": "image/png"}).raise_for_status()
    assert client.get(told["download_url"]).content == png()
    return told["download_url"]


def test_every_mount_is_a_dialects():
    assert set(comfy.MOUNTS) <= {dialect.name for dialect in DIALECTS}


@pytest.mark.parametrize("status", ERRORS)
def test_every_error(status):
    assert comfy.fail(ERRORS[status], None).status == status


def done(look, words, failed=("failed", "FAILED", "Fail")):
    """The answer when the word it has for its state is one of these."""

    def state():
        body = look().json()
        text = str(body)
        assert not any(f"'{word}'" in text for word in failed), body
        return body if any(f"'{word}'" in text for word in words) else None

    return until(state)


def test_kling(client, picture):
    place = "/proxy/kling/v1/videos/image2video"
    made = client.post(place, json={"model_name": "kling-v1", "prompt": "a ball", "image": picture, "duration": "5"})
    id = made.json()["data"]["task_id"]
    told = done(lambda: client.get(f"{place}/{id}"), ["succeed"])
    assert client.get(told["data"]["task_result"]["videos"][0]["url"]).content[4:8] == b"ftyp"


def test_minimax(client, picture):
    body = {"model": "I2V-01", "prompt": "a ball", "first_frame_image": picture, "duration": 1}
    id = client.post("/proxy/minimax/video_generation", json=body).json()["task_id"]
    told = done(lambda: client.get("/proxy/minimax/query/video_generation", params={"task_id": id}), ["Success"])
    file = client.get("/proxy/minimax/files/retrieve", params={"file_id": told["file_id"]}).json()["file"]
    assert client.get(file["download_url"]).content[4:8] == b"ftyp"


def test_luma(client, picture):
    body = {"model": "ray-2", "prompt": "a ball", "keyframes": {"frame0": {"type": "image", "url": picture}}}
    id = client.post("/proxy/luma/generations", json={**body, "duration": "5s"}).json()["id"]
    assert done(lambda: client.get(f"/proxy/luma/generations/{id}"), ["completed"])["assets"]["video"]


def test_runway(client, picture):
    body = {"model": "gen4_turbo", "promptText": "a ball", "promptImage": [{"uri": picture, "position": "first"}]}
    id = client.post("/proxy/runway/image_to_video", json={**body, "ratio": "1280:720", "duration": 5}).json()["id"]
    assert done(lambda: client.get(f"/proxy/runway/tasks/{id}"), ["SUCCEEDED"])["output"]


def test_vidu(client):
    id = client.post("/proxy/vidu/text2video", json={"model": "viduq1", "prompt": "a ball", "duration": 5}).json()[
        "task_id"
    ]
    told = done(lambda: client.get(f"/proxy/vidu/tasks/{id}/creations"), ["success"])
    assert told["creations"][0]["url"]


@pytest.mark.parametrize("status", ["/proxy/byteplus", "/proxy/byteplus-seedance2"])
def test_byteplus(client, picture, status):
    tasks = "/api/v3/contents/generations/tasks"
    content = [
        {"type": "text", "text": "a ball --dur 1"},
        {"type": "image_url", "image_url": {"url": picture}, "role": "first_frame"},
    ]
    id = client.post(f"/proxy/byteplus{tasks}", json={"model": "seedance-1-0-pro-250528", "content": content}).json()[
        "id"
    ]
    assert done(lambda: client.get(f"{status}{tasks}/{id}"), ["succeeded"])["content"]["video_url"]


def test_wan(client):
    place = "/proxy/wan/api/v1"
    body = {
        "model": "wan2.5-t2v-preview",
        "input": {"prompt": "a ball"},
        "parameters": {"size": "832*480", "duration": 5},
    }
    made = client.post(f"{place}/services/aigc/video-generation/video-synthesis", json=body).json()
    assert done(lambda: client.get(f"{place}/tasks/{made['output']['task_id']}"), ["SUCCEEDED"])["output"]["video_url"]


def test_veo(client):
    place = "/proxy/veo/veo-3.0-generate-001"
    body = {"instances": [{"prompt": "a ball"}], "parameters": {"durationSeconds": 1, "aspectRatio": "16:9"}}
    name = client.post(f"{place}/generate", json=body).json()["name"]
    told = until(lambda: (job := client.post(f"{place}/poll", json={"operationName": name}).json()).get("done") and job)
    assert client.get(told["response"]["videos"][0]["gcsUri"]).content[4:8] == b"ftyp"
    assert client.post(f"{place}/generate", json={}).json()["error"]["message"]
    assert client.post(f"{place}/poll", json={"operationName": "a/operations/b"}).status_code == 404


def test_sora(client):
    form = {"model": "sora-2", "prompt": "a ball", "seconds": "4", "size": "1280x720"}
    id = client.post("/proxy/openai/v1/videos", data=form).json()["id"]
    done(lambda: client.get(f"/proxy/openai/v1/videos/{id}"), ["completed"])
    assert client.get(f"/proxy/openai/v1/videos/{id}/content").content[4:8] == b"ftyp"


def test_what_is_not_there_and_who_is_not_known(server, client):
    assert client.post("/proxy/nobody/v1/x", json={}).json()["error"]["type"] == "not_found"
    assert client.get("/customers/storage").status_code == 405
    assert server.client("vs_wrong").post("/customers/storage", json={}).json()["error"]["type"] == "not_signed_in"
