"""Vendors' own fields that ask for sound: one mechanism for all of them. Where the chosen model can make sound it is
made; where it cannot, that is said, or refused where it was so before.
"""

from dataclasses import replace

import numpy as np
import pytest

from doubles import CARD, PaintEngine
from serving import finished, serving
from vendors import call
from vitascope.errors import BadSpec, NotSupported
from vitascope.media import sound as sounds
from vitascope.media import video
from vitascope.server import fitting
from vitascope.vendors import common
from vitascope.vendors.ark import dialect as ark
from vitascope.vendors.dashscope import dialect as dashscope
from vitascope.vendors.google import veo
from vitascope.vendors.host_inputs import _sound as hosted
from vitascope.vendors.kling import dialect as kling
from vitascope.vendors.kling import tasks as kling_tasks
from vitascope.vendors.openai import dialect as openai
from vitascope.vendors.openrouter import dialect as openrouter
from vitascope.vendors.pixverse import dialect as pixverse
from vitascope.vendors.request import Asked, SoundFlag
from vitascope.vendors.runway import dialect as runway
from vitascope.vendors.together import dialect as together
from vitascope.vendors.vidu import dialect as vidu
from vitascope.vendors.xai import dialect as xai

WORDS = {"prompt": "a ball"}
FLAGS = {  # dialect -> what reads a body, the body, the field that was on
    "ark": (ark.parse, {"model": "m", "content": [{"type": "text", "text": "a ball"}], "generate_audio": True}, ""),
    "dashscope": (dashscope.parse, {"model": "m", "input": WORDS, "parameters": {"audio": True}}, "audio"),
    "veo": (veo.veo, {"instances": [WORDS], "parameters": {"generateAudio": True}}, "generateAudio"),
    "kling": (kling.parse_text, {**WORDS, "sound": "on"}, "sound"),
    "kling tasks": (kling_tasks.parse_text, {**WORDS, "settings": {"audio": "native"}}, "audio"),
    "openrouter": (openrouter.parse, {"model": "m", **WORDS, "generate_audio": True}, ""),
    "pixverse": (pixverse.parse, {**WORDS, "generate_audio_switch": True}, "generate_audio_switch"),
    "pixverse effects": (pixverse.parse, {**WORDS, "sound_effect_switch": True}, "sound_effect_switch"),
    "runway": (runway.parse, {"promptText": "a ball", "model": "m", "audio": True}, "audio"),
    "together": (together.parse, {"model": "m", **WORDS, "generate_audio": True}, ""),
    "vidu": (vidu.parse, {**WORDS, "audio": True}, "audio"),
    "xai": (xai.parse, {**WORDS, "generate_audio": "true"}, ""),
}
NEEDED = ("kling", "kling tasks", "pixverse effects", "tencent")


@pytest.mark.parametrize("name", FLAGS)
def test_every_dialect_reads_its_own_flag(name):
    parse, body, field = FLAGS[name]
    path = "/ent/v2/text2video" if name == "vidu" else "/v1/text_to_video"
    found = parse(call(body, path=path)).sound_flag
    assert found == SoundFlag(field or "generate_audio", True, name in NEEDED)
    assert not any("sound" in note for note in parse(call(body, path=path)).notes)


def test_forms_without_a_call_read_theirs():
    assert openai.parse({**WORDS, "generate_sound": "yes"}).sound_flag == SoundFlag("generate_sound", True)
    assert hosted({"enable_audio": False}) == SoundFlag("enable_audio", False)
    assert hosted({"sound": "https://x/rain.mp3"}) is None


@pytest.mark.parametrize(
    ("given", "on"), [("on", True), ("native", True), (1, True), ("off", False), ("none", False), (False, False)]
)
def test_words_for_on_and_off(given, on):
    assert common.sound({"audio": given}, "sound", "audio") == SoundFlag("audio", on)


def test_what_is_no_flag_is_said():
    assert common.sound({"audio": None}, "audio") is None
    with pytest.raises(BadSpec, match='audio is "loud"'):
        common.sound({"audio": "loud"}, "audio")


def heard(flag, makes, **more):
    return fitting.heard(Asked(sound_flag=flag, **more), replace(CARD, sound=makes))


def test_the_chosen_model_decides_what_comes_of_it():
    on, off, needed = SoundFlag("audio", True), SoundFlag("audio", False), SoundFlag("audio", True, True)
    assert heard(on, "optional").sound is True
    assert heard(on, "always").sound is True
    assert heard(off, "optional").sound is False
    assert heard(off, "always").notes == ("vitascope-nano always makes sound; audio was left out.",)
    assert heard(off, "never") == Asked(sound_flag=off)
    assert heard(on, "never").notes == ("No sound is made; audio was left out.",)
    assert heard(on, "always", still=True).notes == ("No sound is made; audio was left out.",)
    assert heard(needed, "optional").sound is True
    assert heard(off, "always", sound=True).notes == ()  # our own field is asked first
    with pytest.raises(NotSupported, match=r"vitascope-nano cannot make sound \(audio\)"):
        heard(needed, "never")


def test_sound_is_made_over_a_vendor_s_own_form(tmp_path):
    cards = (replace(PaintEngine.card, modes=("text",)), CARD)
    engine = PaintEngine()
    with serving(tmp_path, work=True, engine=engine, cards=cards) as server:
        client = server.client(server.key())
        body = {"model_name": "painter", "prompt": "a ball", "duration": "1", "sound": "on"}
        answer = client.post("/kling/v1/videos/text2video", json=body)
        assert answer.status_code == 200, answer.text
        (made,) = client.get("/v1/videos").json()["data"]
        made = finished(client, made["id"])
        assert made["sound"] is True
        (tmp_path / "out.mp4").write_bytes(client.get(f"/v1/videos/{made['id']}/content").content)
        assert video.read_sound(tmp_path / "out.mp4").samples.std() > 0.1
        clip = client.get(f"/v1/library/{made['clip_id']}").json()
        assert clip["sound"] is True
        peaks = client.get(f"/v1/library/{made['clip_id']}/peaks").json()["peaks"]
        assert len(peaks) == 80
        assert max(peaks) > 0.4
        assert min(peaks) < 0.1  # it is on and off twice a second
        assert server.client(server.key()).get(f"/v1/library/{made['clip_id']}/peaks").status_code == 404
        answer = client.post("/kling/v1/videos/text2video", json={**body, "model_name": CARD.name})
        assert answer.status_code == 400
        assert "cannot make sound (sound)" in answer.text
        silent = client.post("/v1/videos", json={**WORDS, "model": CARD.name, "generate_sound": True}).json()
        assert "No sound is made; generate_sound was left out." in silent["notes"]
        assert silent["sound"] is False


def test_peaks_show_where_a_sound_is(tmp_path):
    silence, loud = np.zeros((8000, 2), np.float32), np.full((8000, 2), -0.5, np.float32)
    made = sounds.peaks(sounds.Sound(np.concatenate([silence, loud]), 16000), 8)
    assert made == [0.0] * 4 + [0.5] * 4
    assert sounds.peaks(sounds.Sound(np.zeros((0, 1), np.float32), 16000), 8) == [0.0]
