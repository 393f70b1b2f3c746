"""Volcano's visual service (Jimeng), which signs each request with a pair."""

import base64
import time

import pytest
from PIL import Image

from serving import png
from vitascope.media import recipe, video

SDK = "volcengine-visual"
PROMPT = "a large red ball bounces on snow"
ASKED = {"req_key": "jimeng_t2v_v30", "prompt": PROMPT, "seed": 7, "frames": 25, "aspect_ratio": "16:9"}


@pytest.fixture
def key(house):
    return house.key(pair=True).text


def now():
    return time.strftime("%Y%m%dT%H%M%SZ", time.gmtime())


def test_from_prompt_to_file(speak, tmp_path):
    speak("make", to=str(tmp_path / "ball.mp4"), **ASKED)
    assert video.probe(tmp_path / "ball.mp4").frames == 17
    spec = recipe.read(tmp_path / "ball.mp4").spec
    assert (spec.prompt, spec.seed) == (PROMPT, 7)


def test_a_first_picture_and_a_still(speak, tmp_path):
    asked = {**ASKED, "req_key": "jimeng_i2v_first_v30", "binary_data_base64": [base64.b64encode(png()).decode()]}
    speak("make", to=str(tmp_path / "a.mp4"), **asked)
    speak("make", to=str(tmp_path / "a.png"), req_key="jimeng_t2i_v40", prompt=PROMPT)
    with Image.open(tmp_path / "a.png") as still:
        assert still.width >= 192


def test_the_clock_and_what_is_sent_twice(speak):
    first, second = speak("twice", date=now(), **ASKED)
    assert first["data"]["task_id"] == second["data"]["task_id"]
    assert "RequestExpired" in speak.fails("at", date="20200101T000000Z", **ASKED)["words"]


def test_errors_are_its_own(speak, key, house):
    assert '"code":50200' in speak.fails("submit", **{**ASKED, "frames": "many"})["words"]
    assert '"code":50200' in speak.fails("submit", req_key="jimeng_i2v_recamera_v30", prompt=PROMPT)["words"]
    assert speak("result", req_key="jimeng_t2v_v30", task_id="1")["data"]["status"] == "not_found"
    wrong = key[:-1] + ("0" if key[-1] != "0" else "1")
    assert "SignatureDoesNotMatch" in speak.fails("submit", key=wrong, **ASKED)["words"]
    assert "InvalidAccessKey" in speak.fails("submit", key="ak_" + "0" * 32 + ":secret", **ASKED)["words"]
    mine, other = speak("submit", **ASKED)["data"], house.key(pair=True).text
    assert speak("result", key=other, req_key="jimeng_t2v_v30", **mine)["data"]["status"] == "not_found"
