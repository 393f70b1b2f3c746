"""What a film sounds like: measured in the file, by others' meters."""

import itertools
from dataclasses import replace
from fractions import Fraction

import av
import numpy as np
import pyloudnorm
import pytest

import footage
from test_cutroom import at_key, line, media, piece
from vitascope.errors import BadClip
from vitascope.film import soundtrack
from vitascope.film.document import Line
from vitascope.film.render import render
from vitascope.film.timeline import Sounding, Spoken
from vitascope.media import mixdown, video
from vitascope.media.mixdown import RATE, Part
from vitascope.media.sound import Sound

QUIET = [np.full((64, 96, 3), 60, np.uint8)]


def wav(path, samples, rate=RATE):
    with av.open(str(path), "w") as box:
        track = box.add_stream("pcm_s16le", rate=rate, layout="mono" if samples.shape[1] == 1 else "stereo")
        frame = av.AudioFrame.from_ndarray(
            np.ascontiguousarray(np.rint(samples.clip(-1, 1) * 32767).astype(np.int16).reshape(1, -1)),
            "s16",
            track.layout.name,
        )
        frame.sample_rate = rate
        box.mux(track.encode(frame))
        box.mux(track.encode(None))
    return path


def take(path, sound, seconds=3):
    """A clip with this sound, as exact in time as Vitascope writes it."""
    with video.writing(path, 96, 64, fps=24, sound=Sound(sound, RATE)) as writer:
        for frame in QUIET * (24 * seconds):
            writer.write(frame)
    return path


def speech(seconds, seed=1, rate=RATE):
    """Noise in syllables, with the crest of a voice."""
    rng = np.random.default_rng(seed)
    time = np.arange(round(seconds * rate)) / rate
    noise = np.convolve(rng.standard_normal(len(time)), np.hanning(24) / 12, "same")
    return (0.5 * noise * np.abs(np.sin(2 * np.pi * 2 * time)))[:, None]


def sounding(path, start, seconds, **more):
    given = media(path, Fraction(0), seconds, True, size=(0, 0))
    return Sounding(
        id="v", name="a voice", of="l", media=given, start=Fraction(start), seconds=Fraction(seconds), **more
    )


def heard(path):
    with av.open(str(path)) as box:
        assert (box.streams.audio[0].codec_context.sample_rate, box.streams.audio[0].codec_context.channels) == (
            RATE,
            2,
        )
    return video.read_sound(path).samples


def loudness(samples):
    return pyloudnorm.Meter(RATE).integrated_loudness(samples)


def true_peak(samples):
    """dBTP: the largest of eight times as many samples."""
    size = len(samples)
    fine = np.fft.irfft(np.pad(np.fft.rfft(samples, axis=0), ((0, 7 * size // 2), (0, 0))), 8 * size, axis=0) * 8
    return 20 * np.log10(np.abs(fine).max())


def power(samples, start, end):
    """dB, between two seconds."""
    return 10 * np.log10(np.mean(samples[round(start * RATE) : round(end * RATE)] ** 2) + 1e-12)


@pytest.fixture(scope="module")
def quiet(tmp_path_factory):
    return footage.film(tmp_path_factory.mktemp("q") / "quiet.mp4", QUIET * 240, fps=24)


def picture(quiet, seconds=10):
    return piece("a", 0, seconds, media(quiet, Fraction(24), 10))


@pytest.mark.parametrize(("target", "gain"), [(-16.0, -20.0), (-9.0, 0.0), (-23.0, 12.0)])
def test_a_film_is_as_loud_as_it_should_be(target, gain, quiet, tmp_path):
    """However loud its sounds are, and below a true peak of -1 dB."""
    voice = sounding(wav(tmp_path / "v.wav", speech(4)), 1, 4, gain=gain)
    other = replace(voice, id="w", media=replace(voice.media, key=str(wav(tmp_path / "w.wav", speech(3, 2)))),
                    start=Fraction(6), seconds=Fraction(3))  # fmt: skip
    done = render(line(picture(quiet), voices=(voice, other)), tmp_path / "film.mp4", locate=at_key, loudness=target)
    samples = heard(tmp_path / "film.mp4")
    assert abs(len(samples) / RATE - 10) < 0.022  # one frame of AAC
    assert abs(loudness(samples) - target) < 1
    assert abs(done.loudness - target) < 1
    assert true_peak(samples) < -1.0
    assert done.notes == ()


def test_what_is_too_quiet_to_be_lifted_is_told(quiet, tmp_path):
    voice = sounding(wav(tmp_path / "v.wav", speech(4)), 1, 4, gain=-40.0)
    done = render(line(picture(quiet, 6), voices=(voice,)), tmp_path / "film.mp4", locate=at_key)
    assert done.loudness < -20
    assert done.notes == (f"Its loudness is {done.loudness:.1f} LUFS, not -16.",)


def test_peaks_are_lowered_softly_and_nothing_else(quiet):
    rng = np.random.default_rng(3)
    samples = (0.1 * rng.standard_normal((3 * RATE, 2))).astype(np.float32)
    samples[RATE : RATE + 300] *= 8
    blocks = [samples[at : at + mixdown.BLOCK] for at in range(0, len(samples), mixdown.BLOCK)]
    made = np.concatenate(list(mixdown.limited(iter(blocks), 0.0, -6.0)))
    assert made.shape == samples.shape
    assert true_peak(made) < -5.7
    still = np.abs(samples).max(axis=1) < 0.4
    far = np.ones(len(samples), bool)
    for peak in np.flatnonzero(~still):
        far[max(0, peak - 2000) : peak + 2000] = False
    assert np.array_equal(made[far], samples[far])


def test_music_gives_way_to_speech(quiet, tmp_path):
    """By more than 6 dB, no click, and back again; measured where the voice has nothing: at 4 kHz."""
    voice = sounding(wav(tmp_path / "v.wav", footage.tone(4, RATE, hertz=300)), 3, 4)
    tune = sounding(wav(tmp_path / "m.wav", footage.tone(10, RATE, hertz=4000)), 0, 10, duck=True, gain=-12.0,
                    fade_in=Fraction(1), fade_out=Fraction(1))  # fmt: skip
    render(line(picture(quiet), voices=(voice,), music=(tune,)), tmp_path / "film.mp4", locate=at_key)
    samples = heard(tmp_path / "film.mp4")[:, 0]
    spectrum = np.fft.rfft(samples)
    spectrum[: round(2000 * len(samples) / RATE)] = 0
    music = np.fft.irfft(spectrum, len(samples))
    before, under, after = power(music, 1.5, 2.5), power(music, 3.1, 6.9), power(music, 7.7, 8.7)
    assert before - under > 6
    assert abs(before - after) < 0.5
    levels = [power(music, at / 20, at / 20 + 0.05) for at in range(30, 170)]
    assert max(abs(one - then) for one, then in itertools.pairwise(levels)) < 4.5
    assert power(music, 0, 0.2) < before - 12
    assert power(music, 9.8, 10) < before - 12


def test_a_take_speaks_at_its_own_time_and_is_silent_when_a_voice_speaks_for_it(tmp_path):
    tone = np.zeros((3 * RATE, 1), np.float32)
    tone[2 * RATE : round(2.1 * RATE)] = footage.tone(0.1, RATE)
    one = piece("a", 0, 1, media(take(tmp_path / "t.mp4", tone), Fraction(24), 3, True), source_in=Fraction(3, 2))
    render(line(one), tmp_path / "film.mp4", locate=at_key)
    loud = np.flatnonzero(np.abs(heard(tmp_path / "film.mp4")[:, 0]) > 0.05) / RATE
    assert abs(loud[0] - 0.5) < 0.01
    assert abs(loud[-1] - 0.6) < 0.01
    done = render(line(replace(one, muted=True)), tmp_path / "film.mp4", locate=at_key)
    assert not video.has_sound(tmp_path / "film.mp4")
    assert done.loudness is None


@pytest.mark.parametrize("speed", [Fraction(1, 2), Fraction(2), Fraction(5)])
def test_a_slow_or_fast_take_keeps_its_pitch(speed, tmp_path):
    sound = footage.tone(6, RATE, hertz=440)
    sound[: 2 * RATE] = 0
    seconds = Fraction(int(5 / speed * 24), 24)
    one = piece("a", 0, seconds, media(take(tmp_path / "t.mp4", sound, 6), Fraction(24), 6, True), speed=speed)
    render(line(one), tmp_path / "film.mp4", locate=at_key)
    samples = heard(tmp_path / "film.mp4")[:, 0]
    loud = np.flatnonzero(np.abs(samples) > 0.05)
    assert abs(loud[0] / RATE - float(2 / speed)) < 0.08
    part = samples[loud[0] + 3000 : loud[0] + 3000 + 2**14] * np.hanning(2**14)
    hertz = np.abs(np.fft.rfft(part)).argmax() * RATE / 2**14
    assert abs(hertz - 440) < 8


def test_sounds_dissolve_as_pictures_do(tmp_path):
    """Two sounds, and in the middle of the dissolve both at half their power."""
    made = [take(tmp_path / f"{hertz}.mp4", footage.tone(3, RATE, hertz=hertz)) for hertz in (300, 3000)]
    first, then = (media(path, Fraction(24), 3, True) for path in made)
    film = line(piece("a", 0, 2, first), piece("b", 2, 2, then, source_in=Fraction(1), dissolve=Fraction(1)))
    render(film, tmp_path / "film.mp4", locate=at_key)
    samples = heard(tmp_path / "film.mp4")[:, 0]

    def parts(at):
        spectrum = np.abs(np.fft.rfft(samples[round(at * RATE) :][: RATE // 10]))
        return spectrum[: RATE // 10 * 1000 // RATE].max(), spectrum[RATE // 10 * 1000 // RATE :].max()

    low, high = parts(1.0)[0], parts(3.0)[1]
    assert parts(1.3)[1] < 0.01 * high
    assert parts(2.6)[0] < 0.01 * low
    middle = parts(1.95)
    assert middle[0] / low == pytest.approx(0.71, abs=0.08)
    assert middle[1] / high == pytest.approx(0.71, abs=0.08)


def test_silence_stays_silence(quiet, tmp_path):
    voice = sounding(wav(tmp_path / "v.wav", np.zeros((4 * RATE, 1), np.float32)), 1, 4)
    done = render(line(picture(quiet), voices=(voice,)), tmp_path / "film.mp4", locate=at_key)
    assert np.abs(heard(tmp_path / "film.mp4")).max() < 1e-4
    assert (done.loudness, done.notes) == (None, ("The film is silent.",))


def test_music_gives_way_to_a_take_that_speaks():

    said = Spoken(
        line=Line(id="l1", text="Hello", spoken_by="take"), speaker="Mia", start=Fraction(1), seconds=Fraction(2)
    )
    talking = piece("a", 0, 4, media("t.mp4", Fraction(24), 4, True))
    assert soundtrack.speech(line(talking, spoken=(said,))) == ((RATE, 3 * RATE),)
    assert soundtrack.speech(line(replace(talking, muted=True), spoken=(said,))) == ()
    silent = replace(talking, media=media("t.mp4", Fraction(24), 4))
    assert soundtrack.speech(line(silent, spoken=(said,))) == ()


def test_a_sound_that_cannot_be_read_is_told_by_name(quiet, tmp_path):
    (tmp_path / "v.wav").write_bytes(b"RIFF\0\0\0\0WAVEnothing")
    voice = sounding(tmp_path / "v.wav", 1, 4)
    with pytest.raises(BadClip, match="a voice") as told:
        render(line(picture(quiet), voices=(voice,)), tmp_path / "film.mp4", locate=at_key)
    assert str(tmp_path) not in told.value.message


def test_a_part_is_read_from_its_moment_and_silent_after_its_end(tmp_path):
    ramp = np.linspace(0, 0.9, 2 * RATE, dtype=np.float32)[:, None]
    path = wav(tmp_path / "r.wav", ramp)
    part = Part(path=path, name="it", start=0, end=2 * RATE, source_in=Fraction(1))
    made = np.concatenate(list(mixdown.mixed([part], (), 2 * RATE)))
    assert made.shape == (2 * RATE, 2)
    assert np.abs(made[1000 : RATE - 1000, 0] - ramp[RATE + 1000 : -1000, 0]).max() < 1e-4
    assert np.abs(made[RATE:]).max() == 0


def test_gaps_in_a_sound_are_silent_wherever_reading_begins(tmp_path):
    """A track that begins late and has a hole of a second."""
    with av.open(str(tmp_path / "g.mkv"), "w") as box:
        track = box.add_stream("pcm_s16le", rate=RATE, layout="mono")
        picture = box.add_stream("libx264", rate=24)
        picture.width, picture.height, picture.pix_fmt = 96, 64, "yuv420p"
        for _ in range(96):
            box.mux(picture.encode(av.VideoFrame.from_ndarray(QUIET[0], "rgb24").reformat(format="yuv420p")))
        for second in (1, 3):
            for tenth in range(10):
                piece = np.full((1, RATE // 10), 1000 * (second + 1), np.int16)
                frame = av.AudioFrame.from_ndarray(piece, "s16", "mono")
                frame.sample_rate, frame.pts, frame.time_base = (
                    RATE,
                    second * RATE + tenth * RATE // 10,
                    Fraction(1, RATE),
                )
                box.mux(track.encode(frame))
        box.mux([*picture.encode(None), *track.encode(None)])
    for start in (Fraction(0), Fraction(1, 2), Fraction(3, 2), Fraction(5, 2), Fraction(7, 2)):
        samples = mixdown.Reader(tmp_path / "g.mkv", name="it", start=start).read(4 * RATE)[:, 0] * 32768
        for tenth in range(5, 35, 10):
            second = (start + Fraction(tenth, 10)) // 1
            wanted = {1: 2000, 3: 4000}.get(second, 0)
            assert abs(samples[tenth * RATE // 10 + 2000] - wanted) < 2, (start, tenth)
