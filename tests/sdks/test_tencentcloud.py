"""Tencent Cloud's SDK for its video actions, which signs each request with a pair."""

import base64
import time

import pytest

from serving import png
from vitascope.media import recipe, video

SDK = "tencentcloud"
PROMPT = "a large red ball bounces on snow"
SUBMIT = "SubmitTextToVideoJob"
ASKED = {"Prompt": PROMPT, "Duration": 1, "AspectRatio": "16:9"}


@pytest.fixture
def key(house):
    return house.key(pair=True).text


@pytest.mark.parametrize("unsigned", [False, True])
def test_from_prompt_to_file(speak, tmp_path, unsigned):
    camera = {"Type": "simple", "Config": {"Horizontal": 5}}
    asked = {**ASKED, "CameraControl": camera, "NegativePrompt": "rain", "ExternalTaskId": "mine"}
    done = speak("make", to=str(tmp_path / "ball.mp4"), kind="TextToVideo", unsigned=unsigned, **asked)
    assert (done["Status"], done["Duration"], done["ExternalTaskId"]) == ("DONE", "1", "mine")
    assert video.probe(tmp_path / "ball.mp4").frames == 17
    spec = recipe.read(tmp_path / "ball.mp4").spec
    assert (spec.prompt, spec.negative_prompt) == (PROMPT, "rain")
    assert spec.camera.points[-1][3] > spec.camera.points[0][3]
    assert speak("ask", action="DescribeTextToVideoJob", ExternalTaskId="mine")["Status"] == "DONE"


def test_a_first_picture(speak, tmp_path):
    picture = {"Base64": base64.b64encode(png()).decode()}
    done = speak(
        "make", to=str(tmp_path / "a.mp4"), kind="ImageToVideo", Image=picture, **{**ASKED, "AspectRatio": None}
    )
    assert done["Status"] == "DONE"


def test_the_clock_and_what_is_sent_twice(speak):
    first, second = speak("twice", now=time.time(), action=SUBMIT, **ASKED)
    assert first["JobId"] == second["JobId"]
    late = speak.fails("at", now=time.time() - 600, action=SUBMIT, **ASKED)
    assert late["code"] == "AuthFailure.SignatureExpire"


def test_errors_are_the_sdks_own(speak, key, house):
    assert speak.fails("ask", action=SUBMIT, **{**ASKED, "Prompt": ""})["code"] == "InvalidParameterValue"
    refused = speak.fails("ask", action="SubmitTemplateToVideoJob", Template="hug")
    assert (refused["kind"], refused["code"]) == ("TencentCloudSDKException", "InvalidParameter")
    lost = speak.fails("ask", action="DescribeTextToVideoJob", JobId="1")
    assert lost["code"] == "FailedOperation.JobNotFound"
    wrong = key[:-1] + ("0" if key[-1] != "0" else "1")
    assert speak.fails("ask", key=wrong, action=SUBMIT, **ASKED)["code"] == "AuthFailure.SignatureFailure"
    nobody = "ak_" + "0" * 32 + ":secret"
    assert speak.fails("ask", key=nobody, action=SUBMIT, **ASKED)["code"] == "AuthFailure.SecretIdNotFound"
    mine, other = speak("ask", action=SUBMIT, **ASKED)["JobId"], house.key(pair=True).text
    found = speak.fails("ask", key=other, action="DescribeTextToVideoJob", JobId=mine)
    assert found["code"] == "FailedOperation.JobNotFound"
