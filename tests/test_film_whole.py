"""The films that come with Vitascope, made from their scripts without a network and killed on the way; then judged by
other programs: by melt's pictures, by a loudness meter, and by a reader of the words in the picture.
"""

import shutil
import subprocess
import sys
from difflib import SequenceMatcher

import numpy as np
import pyloudnorm
import pytest
from PIL import Image

import doubles
import vitascope as v
from melt import rendered
from processes import until
from test_handoff_judges import watched
from vitascope.film import times
from vitascope.film.folder import FilmFolder
from vitascope.film.screen import Screen
from vitascope.film.subtitles import read_srt
from vitascope.media import video
from vitascope.media.atomic_write import UNFINISHED

SIZE = (352, 192)  # of the takes too, so that no picture is scaled
NEAR, USUAL = 29.0, 36.0  # dB; measured: 32.6 and 41.7 at least; of two sides of a cut 25.6 at most
pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def offline():
    wrap = ("unshare", "--map-root-user", "--net")
    if not shutil.which("unshare") or subprocess.run([*wrap, "true"], capture_output=True).returncode:
        pytest.skip("taking the network away needs `unshare`")
    return (*wrap, sys.executable, "-m", "vitascope", "film")


def run(offline, *arguments):
    done = subprocess.run([*offline, *map(str, arguments)], env=doubles.environment(), capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return done.stderr


def killed(offline, *arguments, when):
    """Started, and ended without a word when it has come so far."""
    process = subprocess.Popen([*offline, *map(str, arguments)], env=doubles.environment(), stderr=subprocess.DEVNULL)
    try:
        until(when, seconds=120)
        assert process.poll() is None, "it was done before it was killed"
    finally:
        process.kill()
        process.wait()


def made(folder):
    return FilmFolder.open(folder).takes


def sample(language, offline, folder):
    """The sample film in this language, made and rendered although it was killed three times."""
    run(offline, "new", "--sample", language, "-o", folder, "--size", "{}x{}".format(*SIZE))
    killed(offline, "make", folder, when=lambda: len(made(folder)) > 2)
    first = made(folder)
    killed(offline, "make", folder, when=lambda: len(made(folder)) > len(first) + 6)
    run(offline, "make", folder)
    assert made(folder)[: len(first)] == first, "nothing is made twice"
    assert len({(take.of, take.kind) for take in made(folder)}) == len(made(folder))
    assert not [path for part in ("takes", "voice", "music") for path in (folder / part).glob(f"{UNFINISHED}*")]
    killed(offline, "render", folder, when=lambda: any(path.stat().st_size for path in folder.glob(f"{UNFINISHED}*")))
    assert not (folder / "film.mp4").exists()
    run(offline, "render", folder)
    return v.film(folder=folder)


@pytest.mark.parametrize("language", ["en", "zh"])
def test_a_sample_film_is_made_without_a_network_although_it_is_killed(language, offline, programs, request, tmp_path):
    if language == "zh":
        request.getfixturevalue("chinese")
    film = sample(language, offline, tmp_path / language)
    assert [one for one in film.check() if one.verdict in ("wrong", "note")] == []
    assert len(film.timeline.pieces) == 10
    assert film.timeline.seconds >= 35
    heard_at_its_loudness(film)
    words_are_read_in_the_picture(film)
    again = film.render(tmp_path / "again.mp4")
    assert again.read_bytes() == (film.path / "film.mp4").read_bytes()
    pictures_are_those_of_melt(film, tmp_path)


def heard_at_its_loudness(film):
    sound = video.read_sound(film.path / "film.mp4", name="film", seconds=600)
    assert pyloudnorm.Meter(sound.rate).integrated_loudness(sound.samples) == pytest.approx(-16, abs=1)


def words_are_read_in_the_picture(film):
    captions = read_srt((film.path / "film.srt").read_text("utf-8"))
    seen = {round((one.start + one.end) / 2 * film.timeline.rate): one.text for one in captions}
    told = dict(captions_seen(film.path / "film.mp4", set(seen)))
    for number, text in seen.items():
        assert SequenceMatcher(None, letters(text), told[number]).ratio() > 0.9, (text, told[number])


def captions_seen(path, numbers):
    from rapidocr import RapidOCR

    reader = RapidOCR()
    for number, (draw, _) in enumerate(video.timed_frames(path)):
        if number in numbers:
            large = Image.fromarray(draw()).resize((3 * SIZE[0], 3 * SIZE[1]), Image.Resampling.LANCZOS)
            yield number, letters("".join(reader(np.asarray(large)[..., ::-1].copy()).txts or ()))


def letters(text):
    return "".join(letter for letter in text.lower() if letter.isalnum())


def pictures_are_those_of_melt(film, folder):
    """At both sides of every cut and all through every dissolve, before captions are drawn."""
    shown = film.timeline
    [path] = film.export("mlt")
    theirs = [draw() for draw, _ in video.timed_frames(rendered(path, folder))]
    screen = Screen(shown, locate=film.folder.locate, size=SIZE)
    ours = [screen.frame(number).copy() for number in range(shown.frames)]
    screen.close()
    assert len(theirs) == len(ours)
    starts = {times.frames(piece.start, shown.rate): piece.dissolve for piece in shown.pieces}
    halves = {start: times.frames(length / 2, shown.rate) for start, length in starts.items()}
    looked = {*watched(shown), *(one for at, half in halves.items() for one in range(at - half, at + half))}
    place = np.searchsorted(sorted(starts), range(shown.frames), side="right")  # of the shot that a frame is of

    def nearest(number):
        """Of a take at another rate melt may show the frame beside ours."""
        beside = [
            one for one in (number - 1, number, number + 1) if 0 <= one < len(ours) and place[one] == place[number]
        ]
        return max(psnr(ours[one], theirs[number]) for one in beside)

    near = [nearest(number) for number in looked]
    assert min(near) > NEAR, sorted(near)
    assert np.median(near) > USUAL, sorted(near)
    far = [psnr(ours[start - 1], theirs[start]) for start, length in starts.items() if start and not length]
    assert max(far) < NEAR, "this judge can tell the two sides of a cut apart"


def psnr(one, other):
    error = np.square(one.astype(float) - other).mean()
    return 99.0 if error == 0 else 10 * np.log10(255**2 / error)
