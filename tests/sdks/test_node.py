"""The vendors' SDKs for Node, and Vercel's AI SDK with its providers: from prompt to file, and an error."""

import httpx2
import pytest

from vitascope.media import recipe, video

PROMPT = "a large red ball bounces on snow"
AI = pytest.mark.parametrize("sdk", ["node-ai"])
PROVIDERS = ["alibaba", "bytedance", "fal", "google", "replicate", "xai"]


def sdk(name):
    return pytest.mark.parametrize("sdk", [f"node-{name}"])


def fetched(url, to):
    to.write_bytes(httpx2.get(url).content)
    return to


def is_right(file, frames=17):
    assert video.probe(file).frames == frames
    assert recipe.read(file).spec.prompt == PROMPT


@sdk("openai")
def test_openai(sdk, speak, tmp_path):
    asked = {"model": "sora-2", "prompt": PROMPT, "seconds": "1", "size": "1280x720"}
    made = speak("make", to=str(tmp_path / "ball.mp4"), **asked)
    assert (made["status"], made["size"]) == ("completed", "352x192")
    is_right(tmp_path / "ball.mp4")
    other = speak("create", **asked)["id"]
    assert speak("listed") == [other, made["id"]]
    assert speak("remove", id=made["id"])["deleted"]
    bad = speak.fails("create", prompt=PROMPT, seconds="soon")
    assert (bad["kind"], bad["status"], bad["param"]) == ("BadRequestError", 400, "seconds")
    assert speak.fails("listed", key="vs_wrong")["kind"] == "AuthenticationError"


@sdk("replicate")
def test_replicate(sdk, speak, tmp_path):
    url = speak("run", to=str(tmp_path / "ball.mp4"), prompt=PROMPT, duration=1)
    assert url.startswith("http://127.0.0.1:")
    is_right(tmp_path / "ball.mp4")
    id = speak("create", prompt=PROMPT, duration=30)["id"]
    speak("cancel", id=id)
    assert speak("get", id=id)["status"] in ("canceled", "processing")
    bad = speak.fails("create", duration=1)
    assert (bad["kind"], "prompt is empty" in bad["words"]) == ("ApiError", True)
    assert "401" in speak.fails("create", key="vs_wrong", prompt=PROMPT)["words"]


@sdk("fal-ai-client")
def test_fal(sdk, speak, tmp_path):
    made = speak("make", prompt=PROMPT, duration="1")
    assert made["seen"][-1] == "COMPLETED"
    is_right(fetched(made["data"]["video"]["url"], tmp_path / "ball.mp4"))
    assert speak("cancel", prompt=PROMPT, duration=30)
    bad = speak.fails("make", duration=1)
    assert (bad["kind"], bad["status"], bad["body"]["detail"][0]["loc"]) == ("ValidationError", 422, ["body", "prompt"])
    assert speak.fails("make", key="vs_wrong", prompt=PROMPT)["status"] == 401


@sdk("runwayml")
def test_runway(sdk, speak, tmp_path):
    asked = {"model": "gen4.5", "promptText": PROMPT, "ratio": "1280:720", "duration": 1}
    made = speak("make", **asked)
    assert made["status"] == "SUCCEEDED"
    is_right(fetched(made["output"][0], tmp_path / "ball.mp4"))
    assert speak.fails("create", **{**asked, "ratio": "wide"})["status"] == 400
    assert speak.fails("create", key="vs_wrong", **asked)["kind"] == "AuthenticationError"


@sdk("lumaai")
def test_luma(sdk, speak, tmp_path):
    made = speak("make", model="ray-2", prompt=PROMPT, duration="1s")
    assert made["state"] == "completed", made
    is_right(fetched(made["assets"]["video"], tmp_path / "ball.mp4"))
    assert speak.fails("create", model="ray-2", prompt=PROMPT, aspect_ratio="wide")["status"] == 400
    assert speak.fails("create", key="vs_wrong", model="ray-2", prompt=PROMPT)["kind"] == "AuthenticationError"


@sdk("google-genai")
def test_google(sdk, speak, tmp_path):
    made = speak("make", to=str(tmp_path / "ball.mp4"), prompt=PROMPT, durationSeconds=1, aspectRatio="16:9")
    assert made["uri"].startswith("http://127.0.0.1:")
    is_right(tmp_path / "ball.mp4")
    bad = speak.fails("create", prompt=PROMPT, aspectRatio="wide")
    assert (bad["status"], "INVALID_ARGUMENT" in bad["words"]) == (400, True)
    assert speak.fails("create", key="vs_wrong", prompt=PROMPT)["status"] in (400, 401, 403)


@sdk("together-ai")
def test_together(sdk, speak, tmp_path):
    made = speak("make", model="minimax/hailuo-02", prompt=PROMPT, seconds="1")
    assert made["status"] == "completed", made
    is_right(fetched(made["outputs"]["video_url"], tmp_path / "ball.mp4"))
    assert speak.fails("create", key="vs_wrong", model="minimax/hailuo-02", prompt=PROMPT)["status"] == 401


@AI
@pytest.mark.parametrize("provider", PROVIDERS)
def test_vercels_ai_sdk(sdk, provider, speak, tmp_path):
    made = speak("make", provider=provider, to=str(tmp_path / "ball.mp4"), prompt=PROMPT, duration=1)
    assert made["mediaType"] == "video/mp4"
    is_right(tmp_path / "ball.mp4")


@AI
@pytest.mark.parametrize("provider", PROVIDERS)
def test_vercels_ai_sdk_says_who_is_not_known(sdk, provider, speak):
    wrong = speak.fails("make", provider=provider, key="vs_wrong", prompt=PROMPT, duration=1)
    assert (wrong["kind"], wrong["statusCode"]) == ("APICallError", 401)


@AI
def test_vercels_ai_sdk_needs_a_download_of_ones_own_for_this_machine(sdk, speak):
    """What docs/compatibility.md says; when this fails, its paragraph can go."""
    refused = speak.fails("make", provider="replicate", own=False, prompt=PROMPT, duration=1)
    assert "127.0.0.1 is not allowed" in refused["words"]
