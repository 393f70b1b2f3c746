"""LiteLLM, which speaks as OpenAI, as a self-hosted server of that form, as Google and as Runway."""

import pytest

from vitascope.media import recipe, video

SDK = "litellm"
PROMPT = "a large red ball bounces on snow"
MODELS = {
    "openai": "sora-2",
    "hosted_vllm": "wan2.2",
    "gemini": "veo-3.1-generate-preview",
    "runwayml": "gen4_turbo",
}


@pytest.mark.parametrize("provider", MODELS)
def test_from_prompt_to_file(provider, speak, tmp_path):
    model = "vitascope-nano" if provider == "hosted_vllm" else MODELS[provider]
    asked = {"model": model, "prompt": PROMPT, "seconds": "1", "size": "1280x720"}
    made = speak("make", to=str(tmp_path / "ball.mp4"), provider=provider, **asked)
    assert made["status"] == "completed", made
    info = video.probe(tmp_path / "ball.mp4")
    assert (info.frames, info.width, info.height) == (17, 352, 192)
    assert recipe.read(tmp_path / "ball.mp4").spec.prompt == PROMPT


@pytest.mark.parametrize("provider", MODELS)
def test_errors_name_their_kind(provider, speak):
    model = "vitascope-nano" if provider == "hosted_vllm" else MODELS[provider]
    asked = {"provider": provider, "model": model, "prompt": PROMPT, "seconds": "1"}
    wrong = speak.fails("create", key="vs_wrong", **asked)
    assert wrong["status_code"] == 401
