"""The built-in composer: what it writes is music of its mood, in its key and tempo, and the same each time."""

import subprocess
import sys
import wave
from fractions import Fraction
from random import Random

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import doubles
from vitascope.errors import BadSpec
from vitascope.film.arrangement import MOODS, _Piece, form
from vitascope.film.harmony import MAJOR, chord, ladder, voiced
from vitascope.film.music import BEATS, PEAK, compose, distance, fitting_tempo

CUTS = [Fraction(at) for at in (4, 7, 10, 14)]


def heard(file):
    with wave.open(str(file)) as read:
        assert (read.getnchannels(), read.getsampwidth(), read.getframerate()) == (2, 2, 48000)
        return np.frombuffer(read.readframes(10**9), "<i2").reshape(-1, 2) / 32767


@pytest.fixture(scope="module")
def pieces(tmp_path_factory):
    """(what was told, samples) of each mood."""
    folder = tmp_path_factory.mktemp("music")
    found = {}
    for mood in MOODS:
        told = compose(mood, 3, Fraction(24), cuts=CUTS, target=folder / f"{mood}.wav")
        found[mood] = told, heard(folder / f"{mood}.wav")
    return found


def loudness(samples):
    """Of each second, in dB of full scale."""
    whole = samples[: len(samples) // 48000 * 48000].reshape(-1, 48000, 2)
    return 20 * np.log10(np.sqrt((whole**2).mean(axis=(1, 2))) + 1e-9)


def spectra(samples, size=8192, hop=2400):
    mono, window = samples.mean(axis=1), np.hanning(size)
    parts = [np.abs(np.fft.rfft(mono[at : at + size] * window)) for at in range(0, len(mono) - size, hop)]
    return np.array(parts), np.fft.rfftfreq(size, 1 / 48000)


def chroma(samples):
    """How much of each of the twelve tones there is, from 110 to 2000 Hz; C first."""
    parts, hertz = spectra(samples, size=16384, hop=8000)
    power = (parts**2).mean(axis=0)
    kept = (hertz > 110) & (hertz < 2000)
    tones = np.round(69 + 12 * np.log2(hertz[kept] / 440)).astype(int) % 12
    found = np.bincount(tones, power[kept], minlength=12)
    return found / found.sum()


@pytest.mark.parametrize("mood", MOODS)
def test_it_has_its_level_length_and_end(mood, pieces):
    told, samples = pieces[mood]
    assert told.seconds == Fraction(len(samples), 48000) == 24
    assert PEAK - 0.02 < np.abs(samples).max() <= PEAK + 1e-4
    levels = loudness(samples)
    assert -25 < 20 * np.log10(np.sqrt((samples**2).mean())) < -14
    assert levels[:-1].min() > -45  # it never falls silent
    assert levels[0] < levels[4:-4].max() - 3  # and begins softer than it is
    assert np.abs(samples[-480:]).max() < 0.003
    assert np.abs(samples.mean(axis=0)).max() < 0.002


@pytest.mark.parametrize("mood", MOODS)
def test_nothing_clicks(mood, pieces):
    _, samples = pieces[mood]
    bends = np.abs(np.diff(samples, 2, axis=0)).max(axis=1)
    for second in range(1, 24):  # where the mixer goes on to the next second
        at = second * 48000
        assert bends[at - 3 : at + 3].max() <= max(3 * bends[at - 400 : at + 400].mean(), 0.02) * 4
    assert bends[:5].max() < 0.02
    assert np.abs(samples[0]).max() < 0.02


@pytest.mark.parametrize("mood", MOODS)
def test_it_is_in_a_key_and_ends_on_its_tonic(mood, pieces):
    told, samples = pieces[mood]
    tonic = _Piece(MOODS[mood], Random(f"{mood} 3"), 1.0).tonic % 12
    scale = [(tonic + step) % 12 for step in MOODS[mood].scale]
    assert chroma(samples)[scale].sum() > 0.8
    last = chroma(samples[int(float(told.bars * BEATS * 60 / told.bpm + Fraction(1, 2)) * 48000) :])
    third = 4 if MOODS[mood].scale is MAJOR else 3
    assert last[[tonic, (tonic + third) % 12, (tonic + 7) % 12]].sum() > 0.8


def test_moods_sound_different(pieces):
    def features(samples):
        parts, hertz = spectra(samples)
        power = (parts**2).mean(axis=0)
        bands = [power[(hertz >= low) & (hertz < 2 * low)].sum() for low in (40, 80, 160, 320, 640, 1280, 2560, 5120)]
        onsets = np.maximum(np.diff(np.log(parts + 1e-3).mean(axis=1)), 0).mean()
        return np.array([*(10 * np.log10(np.array(bands) / sum(bands))), 400 * onsets])

    found = [features(samples) for _, samples in pieces.values()]
    for at, one in enumerate(found):
        for other in found[at + 1 :]:
            assert np.abs(one - other).mean() > 1.0


def test_the_same_again_is_the_same_to_the_byte_and_another_seed_is_another_piece(tmp_path):
    files = [tmp_path / name for name in ("a", "b", "c")]
    for file, seed in zip(files, (5, 5, 6), strict=True):
        compose("bright", seed, Fraction(12), cuts=(), target=file, bpm=112)
    assert files[0].read_bytes() == files[1].read_bytes()
    one, other = heard(files[0]).mean(axis=1), heard(files[2]).mean(axis=1)
    assert abs(np.corrcoef(one, other)[0, 1]) < 0.5


def test_seeds_differ_in_key_theme_and_tune():
    pieces = [_Piece(MOODS["calm"], Random(f"calm {seed}"), 0.8) for seed in range(24)]
    assert len({piece.tonic for piece in pieces}) >= 8
    assert len({str((piece.themes, piece.figures, piece.motifs)) for piece in pieces}) >= 22


@pytest.mark.parametrize("mood", MOODS)
def test_cuts_on_a_beat_are_found(mood):
    low, high = MOODS[mood].tempo
    wanted = Fraction(low + high, 2) + 3
    cuts = [60 / wanted * beat for beat in (5, 8, 14, 19, 30, 41)]
    assert fitting_tempo((low, high), cuts) == wanted


@given(st.lists(st.fractions(1, 60), max_size=12), st.sampled_from(sorted(MOODS)))
def test_no_other_tempo_of_the_mood_fits_much_better(cuts, mood):
    low, high = MOODS[mood].tempo
    found = fitting_tempo((low, high), cuts)
    assert low <= found <= high

    def mean(tempo):
        return sum(distance(cut, 60 / Fraction(tempo)) for cut in cuts) / max(len(cuts), 1)

    assert all(mean(found) <= mean(tempo) + 0.005 for tempo in range(low, high + 1))


def test_the_beat_can_be_heard(pieces):
    told, samples = pieces["bright"]
    parts, _ = spectra(samples, size=1024, hop=480)
    onsets = np.maximum(np.diff(np.log(parts + 1e-2), axis=0), 0).sum(axis=1)[400:2000]
    same = np.correlate(onsets - onsets.mean(), onsets - onsets.mean(), "full")[len(onsets) - 1 :]
    beat = float(60 / told.bpm) * 100
    at, between = (max(same[round(lag) - 1 : round(lag) + 2]) for lag in (2 * beat, 1.75 * beat))
    assert at > 0.2 * same[0]
    assert at > 1.5 * between


def test_a_tempo_that_is_asked_for_is_kept(tmp_path):
    told = compose("sad", 1, Fraction(10), cuts=CUTS, target=tmp_path / "a.wav", bpm=100)
    assert told.bpm == 100
    assert told.bars == 3
    assert told.distance == pytest.approx(np.mean([distance(cut, Fraction(3, 5)) for cut in CUTS if cut < 10]))


@pytest.mark.parametrize("seconds", [Fraction(1, 100), Fraction(1), Fraction(17, 6), Fraction(4001, 1001)])
def test_short_films_get_a_chord(seconds, tmp_path):
    for mood in MOODS:
        told = compose(mood, 1, seconds, cuts=(), target=tmp_path / "a.wav")
        samples = heard(tmp_path / "a.wav")
        assert len(samples) == round(seconds * 48000)
        assert told.bars <= 1
        assert np.abs(samples).max() <= PEAK + 1e-4


@given(st.integers(0, 900))
def test_a_form_has_all_its_bars(bars):
    plan = form(bars)
    assert len(plan) == bars
    assert all(0.25 <= bar.energy <= 1 for bar in plan)
    assert bars == 0 or plan[-1].part == "end"
    assert bars < 24 or {bar.part for bar in plan} >= {"intro", "A", "B", "end"}


def test_chords_move_little():
    before, moved = (), []
    for name in ("I", "vi", "IV", "V", "I", "bVII", "ii7", "Vsus"):
        voices = voiced(chord(name), 48, before)
        if before:
            moved += [min(abs(pitch - old) for old in before) for pitch in voices]
        before = voices
        assert all(50 <= pitch <= 74 for pitch in voices)
        assert {(pitch - 48) % 12 for pitch in voices} == set(chord(name).tones)
    assert np.mean(moved) < 2
    assert ladder(chord("i"), 60, 60, 72) == [60, 63, 67, 72]


@pytest.mark.parametrize(("mood", "seconds"), [("gloomy", 10), ("calm", 0), ("calm", -1), ("calm", 20_000)])
def test_what_cannot_be_composed_is_told(mood, seconds, tmp_path):
    with pytest.raises(BadSpec):
        compose(mood, 1, Fraction(seconds), cuts=(), target=tmp_path / "a.wav")
    assert list(tmp_path.iterdir()) == []


def test_minutes_take_no_more_memory_than_seconds(tmp_path):
    code = (
        "import sys, resource; from fractions import Fraction; from pathlib import Path;"
        "from vitascope.film.music import compose;"
        "compose('grand', 1, Fraction(int(sys.argv[1])), cuts=(), target=Path(sys.argv[2]));"
        "print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)"
    )
    used = [
        int(
            subprocess.run(
                [sys.executable, "-c", code, seconds, str(tmp_path / "a.wav")],
                env=doubles.environment(), capture_output=True, text=True, check=True,
            ).stdout
        )
        for seconds in ("30", "150")
    ]  # fmt: skip
    assert used[1] < used[0] + 40_000  # KiB
