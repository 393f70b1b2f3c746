"""Luma's two forms (Dream Machine, Agents), as their documentation and their SDKs have them."""

import json

import pytest

from dialects import ERRORS, ID, START, call, view
from serving import png, until
from vitascope.clip import CameraPath
from vitascope.errors import BadSpec, NotSupported
from vitascope.smallworld.world.scene import CAMERAS
from vitascope.vendors.api import Earlier, Page, Upload, Uploaded
from vitascope.vendors.callback import Secrets
from vitascope.vendors.luma import agents as luma_agents
from vitascope.vendors.luma import dialect as luma
from vitascope.vendors.view import Fault

ASKED = {"model": "ray-2", "prompt": "a red ball"}


def dream(**fields):
    return luma.parse(call({**ASKED, **fields}))


def agent(**fields):
    return luma_agents.parse(call({"model": "ray-3.2", "type": "video", "prompt": "a red ball", **fields}))


def test_dream_machines_fields_arrive():
    found = dream(aspect_ratio="9:16", resolution="720p", duration="9s", callback_url="https://a.example/h", loop=False)
    assert (found.prompt, found.model, found.seconds, found.size) == ("a red ball", "ray-2", 9.0, (720, 1280))
    assert found.callback_url == "https://a.example/h"
    bare = dream(aspect_ratio=None, duration=None, keyframes=None)
    assert (bare.aspect, bare.seconds) == ("16:9", luma.USUAL_SECONDS)


def test_keyframes_are_pictures_or_earlier_generations():
    picture, earlier = {"type": "image", "url": "https://a/b.png"}, {"type": "generation", "id": "g1"}
    assert dream(keyframes={"frame0": picture}).image == "https://a/b.png"
    assert dream(keyframes={"frame1": picture}).last_image == "https://a/b.png"
    assert dream(keyframes={"frame0": earlier}).extend == Earlier("g1")
    assert dream(keyframes={"frame1": earlier}).last_image == Earlier("g1", "first")
    both = dream(keyframes={"frame0": earlier, "frame1": picture})
    assert (both.extend, both.image, both.last_image) == (None, Earlier("g1", "last"), "https://a/b.png")
    with pytest.raises(BadSpec, match="frame0"):
        dream(keyframes={"frame0": {"type": "image"}})


def test_concepts_move_the_camera():
    assert dream(concepts=[{"key": "orbit_left"}]).camera == CameraPath(words="orbit left")
    assert set(luma.CONCEPTS.values()) <= set(CAMERAS)
    for concepts in ([{"key": "handheld"}], [{"key": "push_in"}, {"key": "pan_left"}]):
        with pytest.raises(NotSupported):
            dream(concepts=concepts)


@pytest.mark.parametrize("wrong", [{"prompt": ""}, {"resolution": "wide"}, {"duration": "long"}, {"keyframes": "a"}])
def test_wrong_fields_are_told(wrong):
    with pytest.raises(BadSpec):
        dream(**wrong)


def test_what_dream_machine_cannot_do_is_refused():
    with pytest.raises(NotSupported):
        dream(loop=True)
    for name in ("image_ref", "style_ref", "character_ref", "modify_image_ref"):
        with pytest.raises(NotSupported):
            luma.parse_image(call({"prompt": "a ball", name: [{"url": "https://a"}]}))


def test_pictures():
    found = luma.parse_image(call({"model": "photon-1", "prompt": "a ball", "format": "jpg"}))
    assert (found.still, found.aspect) == (True, "16:9")
    assert found.notes


def test_a_generation_in_each_state():
    show = lambda state, **told: luma.show(call(), view(luma.DIALECT, state, **told)).body  # noqa: E731
    assert (show("queued")["state"], show("running")["state"]) == ("queued", "dreaming")
    assert show("running")["assets"] is None
    done = show("succeeded", echo={"duration": "5s"}, metadata={"concepts": [{"key": "push_in"}]})
    assert (done["state"], done["assets"]["video"]) == ("completed", "http://here/v.mp4")
    assert done["request"]["duration"] == "5s"
    assert done["request"]["concepts"] == [{"key": "push_in"}]
    failed = show("failed", error=Fault("internal", "x", "It broke.", "Again."))
    assert (failed["state"], failed["failure_reason"]) == ("failed", "It broke. Again.")
    assert luma.created(call(), view(luma.DIALECT, "queued")).status == 201


def test_a_callback_is_the_generation():
    secrets = Secrets(webhook="whsec_", plain="", seed=b"")
    told = luma.tell(view(luma.DIALECT), "succeeded", secrets, "m", START)
    assert json.loads(told.body)["state"] == "completed"


def test_lists():
    listing = luma.listing(call(query={"limit": "2", "offset": "3"}))
    assert (listing.limit, listing.offset) == (2, 3)
    said = luma.show_list(call(), [view(luma.DIALECT)], Page(listing, has_more=True, total=9)).body
    assert (said["count"], said["offset"], said["has_more"], len(said["generations"])) == (9, 3, True, 1)
    with pytest.raises(BadSpec):
        luma.listing(call(query={"limit": "1000"}))


def test_agents_fields_arrive():
    video = {"duration": "10s", "resolution": "720p", "start_frame": {"file_id": "f1"}, "end_frame": {"data": "aGk="}}
    found = agent(aspect_ratio="16:9", video=video)
    assert (found.seconds, found.size, found.image, found.last_image) == (10.0, (1280, 720), Uploaded("f1"), "aGk=")
    assert agent(video={"start_frame": {"generation_id": "g1"}}).extend == Earlier("g1")
    still = luma_agents.parse(call({"prompt": "a ball"}))
    assert (still.still, still.aspect) == (True, "1:1")


def test_agents_keyframes_lie_at_the_ends():
    frames = [{"url": "https://a"}, {"url": "https://b"}]
    found = agent(video={"duration": "5s", "keyframes": frames, "keyframe_indexes": [0, 120]})
    assert (found.image, found.last_image) == ("https://a", "https://b")
    with pytest.raises(NotSupported, match="frame 60"):
        agent(video={"duration": "5s", "keyframes": frames, "keyframe_indexes": [0, 60]})
    with pytest.raises(BadSpec, match="places"):
        agent(video={"keyframes": frames, "keyframe_indexes": [0]})


@pytest.mark.parametrize(
    "more",
    [
        {"type": "video_edit"},
        {"image_ref": [{"url": "https://a"}]},
        {"style": "manga"},
        {"video": {"loop": True}},
        {"video": {"hdr": True}},
    ],
)
def test_what_agents_cannot_do_is_refused(more):
    with pytest.raises(NotSupported):
        agent(**more)


def test_an_agents_generation_and_its_failures():
    said = luma_agents.show(call(), view(luma_agents.DIALECT)).body
    assert (said["state"], said["output"]) == ("completed", [{"type": "video", "url": "http://here/v.mp4"}])
    assert luma_agents.show(call(), view(luma_agents.DIALECT, "running")).body["state"] == "processing"
    assert luma_agents.failure_code(Fault("safety_output", "x", "")) == "content_moderated"
    assert luma_agents.failure_code(Fault("input", "bad_picture", "")) == "corrupt_input"
    file = Upload(id=ID, handle="f1", name="a.png", media_type="image/png", put_url="http://us/u", created=START)
    assert luma_agents.file_created(call(), file).body["upload"]["url"] == "http://us/u"


@pytest.mark.parametrize("status", ERRORS)
def test_errors_are_lumas(status):
    for said in (luma.fail(ERRORS[status], None), luma_agents.fail(ERRORS[status], None)):
        assert said.status == (400 if status == 422 else status)
        assert said.body["detail"].startswith(ERRORS[status].message)


def done(http, path):
    def look():
        found = http.get(path).json()
        return found if found["state"] in ("completed", "failed") else None

    return until(look)


@pytest.mark.parametrize("path", ["/dream-machine/v1", "/luma/dream-machine/v1", "/luma"])
def test_dream_machine_over_http(server, path):
    http = server.client(server.key())
    made = http.post(f"{path}/generations/video", json={**ASKED, "duration": "1s"})
    assert made.status_code == 201
    found = done(http, f"{path}/generations/{made.json()['id']}")
    assert server.client().get(found["assets"]["video"]).content[4:8] == b"ftyp"
    frames = {"frame0": {"type": "generation", "id": found["id"]}}
    on = http.post(f"{path}/generations", json={**ASKED, "duration": "1s", "keyframes": frames}).json()
    assert done(http, f"{path}/generations/{on['id']}")["state"] == "completed"
    assert [one["id"] for one in http.get(f"{path}/generations?limit=1&offset=1").json()["generations"]] == [
        found["id"]
    ]
    assert http.delete(f"{path}/generations/{on['id']}").status_code == 204
    assert http.get(f"{path}/generations/{on['id']}").status_code == 404


def test_a_picture_may_be_waited_for(server):
    http = server.client(server.key())
    made = http.post("/dream-machine/v1/generations/image", json={**ASKED, "model": "photon-1", "sync": True}).json()
    assert made["state"] == "completed"
    assert server.client().get(made["assets"]["image"]).content[:4] == b"\x89PNG"


@pytest.mark.parametrize("prefix", ["", "/luma-agents"])
def test_agents_over_http(server, prefix):
    http = server.client(server.key())
    http.headers["user-agent"] = "Luma/Python 0.5.0"
    data = png()
    begun = http.post(f"{prefix}/v1/files", json={"mime_type": "image/png", "size_bytes": len(data)}).json()
    assert server.client().put(begun["upload"]["url"], content=data).status_code < 300
    assert http.post(f"{prefix}/v1/files/{begun['id']}/complete").json()["state"] == "ready"
    inline = http.post(
        f"{prefix}/v1/files", files={"file": ("b.png", data, "image/png")}, data={"purpose": "reference"}
    )
    assert (inline.json()["state"], inline.json()["file"]["purpose"]) == ("ready", "reference")
    listed = http.get(f"{prefix}/v1/files?purpose=reference").json()["data"]
    assert [one["id"] for one in listed] == [inline.json()["id"]]
    body = {"type": "video", "prompt": "a ball", "video": {"duration": "1s", "start_frame": {"file_id": begun["id"]}}}
    made = http.post(f"{prefix}/v1/generations", json=body).json()
    assert done(http, f"{prefix}/v1/generations/{made['id']}")["state"] == "completed"
    assert http.delete(f"{prefix}/v1/files/{begun['id']}").status_code == 204


def test_errors_over_http(server):
    http = server.client(server.key())
    told = http.post("/dream-machine/v1/generations", json={**ASKED, "aspect_ratio": "wide"})
    assert (told.status_code, told.json().keys()) == (400, {"detail"})
    assert server.client("vs_wrong").get("/dream-machine/v1/generations").status_code == 401
    assert "detail" in http.get("/dream-machine/v1/nothing").json()
    assert "detail" in http.put("/v1/generations").json()
    assert "larger" in http.post("/luma/generations/x/upscale", json={}).json()["detail"]
