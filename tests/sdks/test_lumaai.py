"""Luma's SDK for Dream Machine."""

from PIL import Image

from vitascope.media import recipe, video

SDK = "lumaai"
PROMPT = "a large red ball bounces on snow"
ASKED = {"model": "ray-2", "prompt": PROMPT, "duration": "1s", "aspect_ratio": "16:9", "resolution": "720p"}


def test_from_prompt_to_file_and_on(speak, tmp_path):
    first = speak("make", to=str(tmp_path / "ball.mp4"), concepts=[{"key": "orbit_left"}], **ASKED)
    assert (first["state"], first["request"]["prompt"]) == ("completed", PROMPT)
    info = video.probe(tmp_path / "ball.mp4")
    assert (info.frames, info.width, info.height) == (17, 352, 192)
    assert recipe.read(tmp_path / "ball.mp4").spec.camera.words == "orbit left"
    frames = {"frame0": {"type": "generation", "id": first["id"]}}
    speak("make", to=str(tmp_path / "on.mp4"), keyframes=frames, **ASKED)
    assert video.probe(tmp_path / "on.mp4").frames == 33


def test_a_still(speak, tmp_path):
    made = speak("make", to=str(tmp_path / "a.png"), image=True, model="photon-1", prompt=PROMPT, aspect_ratio="1:1")
    assert made["generation_type"] == "image"
    with Image.open(tmp_path / "a.png") as still:
        assert still.size == (256, 256)


def test_list_and_delete(speak):
    ids = [speak("create", **ASKED)["id"] for _ in range(3)]
    listed = speak("listed", limit=2, offset=1)
    assert [one["id"] for one in listed["generations"]] == ids[1::-1]
    assert (listed["count"], listed["has_more"]) == (3, False)
    speak("delete", id=ids[0])
    assert speak.fails("get", id=ids[0])["kind"] == "NotFoundError"
    pong, credits, concepts = speak("around")
    assert (pong, credits > 0, "orbit_left" in concepts) == ("pong", True, True)


def test_errors_are_the_sdks_own(speak):
    bad = speak.fails("create", **{**ASKED, "aspect_ratio": "wide"})
    assert (bad["kind"], "wide" in bad["body"]["detail"]) == ("BadRequestError", True)
    assert "larger" in speak.fails("upscale", id="0197a1b2-0000-7000-8000-000000000000")["body"]["detail"]
    assert speak.fails("get", id="0197a1b2-0000-7000-8000-000000000000")["kind"] == "NotFoundError"
    assert speak.fails("create", key="vs_wrong", **ASKED)["kind"] == "AuthenticationError"
