"""Google's SDK: Veo in the Gemini form (1.x and 2.x), in the Vertex form (all), and Interactions (2.x and 3.x)."""

import base64

import pytest

import judges
from serving import png
from vitascope.media import recipe, video

CLIENT = "google-genai"
PROMPT = "a large red ball bounces on snow"
OLD = pytest.mark.parametrize("sdk", ["google-genai-1", "google-genai-2"])
NEW = pytest.mark.parametrize("sdk", ["google-genai-2", "google-genai-3"])
ALL = pytest.mark.parametrize("sdk", ["google-genai-1", "google-genai-2", "google-genai-3"])
PICTURE = base64.b64encode(png()).decode()


@OLD
def test_veo_from_prompt_to_file(sdk, speak, tmp_path):
    made = speak("make", to=str(tmp_path / "ball.mp4"), prompt=PROMPT, duration_seconds=1, aspect_ratio="16:9")
    assert made["name"].startswith("models/veo-3.1-generate-preview/operations/")
    assert made["uris"][0].startswith("http://127.0.0.1:")
    info = video.probe(tmp_path / "ball.mp4")
    assert (info.frames, info.width, info.height) == (17, 352, 192)
    assert recipe.read(tmp_path / "ball.mp4").spec.prompt == PROMPT


@OLD
def test_pictures_takes_and_going_on(sdk, speak, tmp_path):
    to = str(tmp_path / "a.mp4")
    first = speak("make", to=to, prompt=PROMPT, image=PICTURE, last=PICTURE, duration_seconds=1, number_of_videos=2)
    assert len(first["uris"]) == 2
    speak("make", to=str(tmp_path / "b.mp4"), prompt="it rolls on", video=first["uris"][0], duration_seconds=1)
    assert video.probe(tmp_path / "b.mp4").frames == 33


@OLD
def test_files_sent_beforehand(sdk, speak, tmp_path):
    sent = speak("upload_and_make", to=str(tmp_path / "a.mp4"), png=PICTURE)
    assert sent["name"] in sent["listed"]
    assert (sent["state"], sent["bytes"]) == ("FileState.ACTIVE", len(png()))


@ALL
def test_vertex_brings_the_clip_inline(sdk, speak, tmp_path):
    made = speak("make", to=str(tmp_path / "ball.mp4"), vertex=True, prompt=PROMPT, duration_seconds=1, seed=7)
    assert "/operations/" in made["name"]
    assert video.probe(tmp_path / "ball.mp4").frames == 17
    assert recipe.read(tmp_path / "ball.mp4").spec.seed == 7


@ALL
@pytest.mark.parametrize("vertex", [False, True])
def test_errors_are_googles(sdk, vertex, speak):
    if sdk == "google-genai-3" and not vertex:
        judges.elsewhere("it sends Veo to Vertex only")
    bad = speak.fails("create", vertex=vertex, prompt=PROMPT, aspect_ratio="wide")
    assert (bad["code"], bad["status"]) == (400, "INVALID_ARGUMENT")
    wrong = speak.fails("create", vertex=vertex, key="vs_wrong", prompt=PROMPT)
    assert (wrong["code"], wrong["status"]) == (401, "UNAUTHENTICATED")
    head = "publishers/google/" if vertex else ""
    gone = speak.fails("look", vertex=vertex, name=f"{head}models/veo-3/operations/{'0' * 24}")
    assert (gone["code"], gone["status"]) == (404, "NOT_FOUND")


@NEW
def test_an_interaction_answers_with_its_clip(sdk, speak, tmp_path):
    asked = {"model": "gemini-omni-flash", "input": PROMPT, "generation_config": {"seed": 7}}
    form = {"type": "video", "duration": "1s", "aspect_ratio": "16:9"}
    made = speak("interact", to=str(tmp_path / "ball.mp4"), response_format=form, **asked)
    assert made["status"] == "completed"
    assert recipe.read(tmp_path / "ball.mp4").spec.seed == 7


@NEW
def test_interactions_in_the_background(sdk, speak, tmp_path):
    asked = {"model": "gemini-omni-flash", "input": [{"type": "text", "text": PROMPT}]}
    asked["input"] += [{"type": "image", "data": PICTURE, "mime_type": "image/png"}]
    form = {"type": "video", "duration": "1s", "delivery": "uri"}
    made = speak("interact_behind", to=str(tmp_path / "ball.mp4"), response_format=form, **asked)
    assert made["first"] in ("queued", "in_progress")
    assert made["status"] == "completed"
    assert video.probe(tmp_path / "ball.mp4").frames == 17
    assert "404" in speak.fails("interaction", id=made["id"])["words"]
    assert speak("interact_cancel", model="gemini-omni-flash", input=PROMPT) in ("cancelled", "in_progress")


@NEW
def test_errors_of_interactions(sdk, speak):
    tools = speak.fails("interact", to="", model="gemini-omni-flash", input=PROMPT, tools=[{"type": "google_search"}])
    assert "No model here can use tools" in tools["words"]
    assert "401" in speak.fails("interact", to="", key="vs_wrong", model="gemini-omni-flash", input=PROMPT)["words"]
