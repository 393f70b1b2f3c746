"""OpenAI's SDK in an environment of its own; `test_openai_sdk.py` has all of its calls."""

from vitascope.media import recipe, video

SDK = "openai"
PROMPT = "a large red ball bounces on snow"


def test_from_prompt_to_file(speak, tmp_path):
    made = speak("make", to=str(tmp_path / "ball.mp4"), model="sora-2", prompt=PROMPT, seconds="1", size="1280x720")
    assert (made["status"], made["size"]) == ("completed", "352x192")
    assert video.probe(tmp_path / "ball.mp4").frames == 17
    assert recipe.read(tmp_path / "ball.mp4").spec.prompt == PROMPT


def test_list_and_delete(speak):
    ids = [speak("create", prompt=PROMPT, seconds="1")["id"] for _ in range(2)]
    assert speak("listed") == ids[::-1]
    assert speak("delete", id=ids[0])["deleted"]
    assert speak("listed") == ids[1:]
    assert speak.fails("get", id=ids[0])["status_code"] == 404


def test_errors_are_the_sdks_own(speak):
    bad = speak.fails("create", prompt=PROMPT, seconds="soon")
    assert (bad["kind"], bad["param"]) == ("BadRequestError", "seconds")
    assert speak.fails("get", id="video_" + "0" * 24)["kind"] == "NotFoundError"
    assert speak.fails("listed", key="vs_wrong")["kind"] == "AuthenticationError"
