"""A film's timeline as an mp4: which frame of which take is seen when, and what happens when something is amiss."""

import hashlib
import itertools
import subprocess
import sys
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest
from PIL import Image

import doubles
import footage
from vitascope.errors import BadClip, BadSpec, OutputFailed
from vitascope.film import document, lettering
from vitascope.film.captions import Caption
from vitascope.film.document import Captions, Overlay
from vitascope.film.lettering import safe_area
from vitascope.film.render import Cancelled, FilmMarks, frame_at, render
from vitascope.film.screen import Screen, sharing
from vitascope.film.take import Media, Take
from vitascope.film.timeline import Piece, Timeline, timeline
from vitascope.film.times import RATES
from vitascope.media import mark, provenance, video
from vitascope.media.compose import write_proxy

SIZE = (96, 64)
TAKE_RATES = {"16": Fraction(16), "24": Fraction(24), "25": Fraction(25), "29.97": Fraction(30000, 1001),
              "30": Fraction(30), "60": Fraction(60)}  # fmt: skip


def numbered(number, size=SIZE):
    """A frame whose two halves have its number, in grey."""
    frame = np.empty((size[1], size[0], 3), np.uint8)
    frame[:, : size[0] // 2] = 8 + 16 * (number >> 4)
    frame[:, size[0] // 2 :] = 8 + 16 * (number & 15)
    return frame


def levels(frame):
    """The two greys of a numbered frame, or of a mix of two."""
    high, wide = frame.shape[:2]
    return np.array([frame[high // 4 : -high // 4, at : at + wide // 4].mean() for at in (wide // 8, wide * 5 // 8)])


def number_of(frame):
    left, right = np.round((levels(frame) - 8) / 16).astype(int)
    return int(left * 16 + right)


@pytest.fixture(scope="session")
def takes(tmp_path_factory):
    """A numbered clip of each rate, 3 s long; at 60 frames a second the numbers go to 179."""
    folder = tmp_path_factory.mktemp("takes")
    return {
        name: footage.film(folder / f"{name}.mp4", [numbered(n) for n in range(int(3 * rate))], fps=rate)
        for name, rate in TAKE_RATES.items()
    }


def media(key, rate, seconds=3, sound=False, size=SIZE):
    return Media(key=str(key), seconds=Fraction(seconds), width=size[0], height=size[1], rate=rate, sound=sound)


def piece(name, start, seconds, given=None, **more):
    return Piece(
        id=name, shot=name, name=name, text=more.pop("text", "what is seen"), take=name, media=given,
        is_still=given is not None and given.rate == 0, start=Fraction(start), seconds=Fraction(seconds), **more,
    )  # fmt: skip


def line(*pieces, rate="24", size=SIZE, **more):
    fps = RATES[rate]
    seconds = max((one.end for one in pieces), default=Fraction(0))
    tracks = {"voices": (), "music": (), "spoken": ()} | more
    return Timeline(
        title="A film", rate=fps, width=size[0], height=size[1], seconds=seconds, pieces=pieces, markers=(), **tracks
    )


def at_key(media):
    return Path(media.key)


def frames_of(path):
    return list(video.read_frames(path))


def expected(one, time):
    """The number in the frame that a piece shows at a time of the film: the last one that has begun, to within what
    containers with times in thousandths round away.
    """
    source = one.source_in + (time - one.start) * one.speed + Fraction(6, 10_000)
    return max(0, min(int(source * one.media.rate), int(3 * one.media.rate) - 1))


@pytest.mark.parametrize("rate", ["24", "25", "29.97", "30"])
def test_every_frame_is_the_takes_frame_of_that_time(rate, takes, tmp_path):
    """Takes of every rate, trimmed, slow and fast, with cuts and dissolves between them."""
    fps, pieces = RATES[rate], []
    plans = [(24, 0, 1, 0), (20, 7, 1, 8), (24, 3, Fraction(1, 2), 0), (18, 8, 2, 6), (30, 12, 1, 12), (21, 2, 1, 0)]
    start = Fraction(0)
    for (name, take_rate), (count, skipped, speed, dissolve) in zip(TAKE_RATES.items(), plans, strict=True):
        more = {"source_in": skipped / fps, "speed": Fraction(speed), "dissolve": dissolve / fps}
        pieces.append(piece(name, start, count / fps, media(takes[name], take_rate), **more))
        start += count / fps
    film = line(*pieces, rate=rate)
    done = render(film, tmp_path / "film.mp4", locate=at_key)
    seen = frames_of(tmp_path / "film.mp4")
    assert len(seen) == done.frames == film.frames == sum(plan[0] for plan in plans)
    assert done.notes == ()
    mixes = 0
    for number, frame in enumerate(seen):
        time = number / fps
        for before, after in itertools.pairwise(pieces):
            half = after.dissolve / 2
            if after.dissolve and after.start - half <= time < after.start + half:
                share = (time - (after.start - half) + 1 / (2 * fps)) / after.dissolve
                wanted = (1 - share) * levels(numbered(expected(before, time)))
                wanted = wanted + share * levels(numbered(expected(after, time)))
                assert np.abs(levels(frame) - wanted.astype(float)).max() < 4, number
                mixes += 1
                break
        else:
            one = next(one for one in pieces if one.start <= time < one.end)
            assert number_of(frame) == expected(one, time), number
    assert mixes == 26


def test_a_file_says_its_exact_rate_and_begins_to_play_at_once(takes, tmp_path):
    film = line(piece("a", 0, Fraction(1001, 1000), media(takes["30"], Fraction(30))), rate="29.97")
    render(film, tmp_path / "film.mp4", locate=at_key, recipe_words="The film, whole")
    with av.open(str(tmp_path / "film.mp4")) as box:
        stream = box.streams.video[0]
        assert stream.average_rate == Fraction(30000, 1001)
        assert (stream.codec_context.name, stream.codec_context.pix_fmt) == ("h264", "yuv420p")
        assert int(stream.codec_context.colorspace) == 1
        assert box.metadata["comment"] == "The film, whole"
    data = (tmp_path / "film.mp4").read_bytes()
    assert 0 < data.find(b"moov") < data.find(b"mdat")


def test_a_gap_is_black_and_what_is_missing_is_a_card(takes, tmp_path):
    film = line(piece("a", 0, 1, media(takes["24"], Fraction(24))), piece("S01-02 -", 2, 1, text="The ball rolls home"))
    render(film, tmp_path / "film.mp4", locate=at_key)
    seen = frames_of(tmp_path / "film.mp4")
    assert len(seen) == 72
    assert number_of(seen[23]) == 23
    assert seen[24].max() < 6
    assert seen[47].max() < 6
    assert 10 < seen[48].mean() < 90
    assert seen[48].max() > 150  # its words


def test_one_frame_is_the_same_as_in_the_film(takes, tmp_path):
    film = line(
        piece("a", 0, 1, media(takes["16"], Fraction(16))),
        piece("b", 1, 1, media(takes["30"], Fraction(30)), source_in=Fraction(1), dissolve=Fraction(1, 2)),
    )
    render(film, tmp_path / "film.mp4", locate=at_key)
    seen = frames_of(tmp_path / "film.mp4")
    for number in (0, 19, 23, 24, 29, 47):
        still = frame_at(film, Fraction(number, 24), locate=at_key)
        assert np.abs(still.astype(int) - seen[number]).max() < 8
    assert np.array_equal(frame_at(film, Fraction(99), locate=at_key), frame_at(film, Fraction(47, 24), locate=at_key))


def test_the_same_film_is_the_same_bytes(takes, tmp_path):
    sounding = footage.film(tmp_path / "s.mp4", [numbered(n) for n in range(48)], fps=24, sound=footage.tone(2, 44100))
    film = line(
        piece("a", 0, 1, media(takes["16"], Fraction(16))),
        piece("b", 1, 1, media(sounding, Fraction(24), 2, True), source_in=Fraction(1, 2), dissolve=Fraction(1, 2)),
    )
    words = (Caption(start=Fraction(0), end=Fraction(1), text="Hello there"),)
    digests = set()
    for name in ("one.mp4", "two.mp4"):
        render(film, tmp_path / name, locate=at_key, captions=words, marks=FilmMarks(label="AI", mark="film"))
        digests.add(hashlib.sha256((tmp_path / name).read_bytes()).hexdigest())
    assert len(digests) == 1


def test_a_film_says_that_it_was_generated(takes, tmp_path):
    """In a corner, hidden in every frame, and in a signed manifest."""
    film = line(piece("a", 0, 1, media(takes["24"], Fraction(24))), size=(384, 256))
    marks = FilmMarks(label="AI", mark="film-1", c2pa_home=tmp_path / "home", models=("nano", "other", "nano"))
    render(film, tmp_path / "film.mp4", locate=at_key, marks=marks)
    found = provenance.read(tmp_path / "film.mp4", home=tmp_path / "home")
    assert (found.state, found.source, found.model) == ("Trusted", provenance.COMPOSITE, "nano, other")
    assert found.is_generated
    seen = frames_of(tmp_path / "film.mp4")
    assert mark.find(seen).message == mark.message_of("film-1")
    assert seen[12][-40:, -60:].max() > 240
    assert len(list(tmp_path.iterdir())) == 2


def test_progress_counts_frames_and_a_cancelled_film_leaves_nothing(takes, tmp_path):
    film = line(piece("a", 0, 1, media(takes["24"], Fraction(24))))
    told = []
    render(film, tmp_path / "film.mp4", locate=at_key, progress=lambda done, total: told.append((done, total)))
    assert told == [(number, 24) for number in range(25)]
    kept = (tmp_path / "film.mp4").read_bytes()
    told.clear()
    with pytest.raises(Cancelled):
        render(
            film, tmp_path / "film.mp4", locate=at_key, cancelled=lambda: len(told) > 9,
            progress=lambda done, total: told.append(done),
        )  # fmt: skip
    assert told[-1] == 9
    assert (tmp_path / "film.mp4").read_bytes() == kept
    assert [path.name for path in tmp_path.iterdir()] == ["film.mp4"]


def test_a_missing_file_is_told_by_name_and_not_by_place(tmp_path):
    film = line(piece("S01-02 t1", 0, 1, media(tmp_path / "gone.mp4", Fraction(24))))
    with pytest.raises(BadClip, match="S01-02 t1") as told:
        render(film, tmp_path / "film.mp4", locate=at_key)
    assert str(tmp_path) not in told.value.message + told.value.hint
    assert list(tmp_path.iterdir()) == []


def test_a_take_that_is_cut_off_is_refused_and_a_short_one_is_held(takes, tmp_path):
    whole = takes["24"].read_bytes()
    (tmp_path / "half.mp4").write_bytes(whole[: len(whole) * 2 // 3])
    film = line(piece("S01-01 t1", 0, 1, media(tmp_path / "half.mp4", Fraction(24))))
    with pytest.raises(BadClip, match="S01-01 t1"):
        render(film, tmp_path / "film.mp4", locate=at_key)
    assert not (tmp_path / "film.mp4").exists()
    footage.film(tmp_path / "short.mp4", [numbered(n) for n in range(12)], fps=24)
    film = line(piece("S01-01 t1", 0, 1, media(tmp_path / "short.mp4", Fraction(24))))
    done = render(film, tmp_path / "film.mp4", locate=at_key)
    assert done.notes == ("S01-01 t1 ends after 0.5 s already: its last frame is held.",)
    assert [number_of(frame) for frame in frames_of(tmp_path / "film.mp4")] == [*range(12), *[11] * 12]


def test_a_take_from_a_phone_stands_upright_and_fills_the_frame(tmp_path):
    """Turned by its display matrix, with an odd side, and coded as BT.601."""
    red, green = footage.RED, footage.GREEN
    shot = footage.film(tmp_path / "p.mp4", [footage.halves(120, 90)] * 24, fps=24, turn=90, matrix=6)
    film = line(piece("a", 0, 1, media(shot, Fraction(24), 1, size=(90, 120))), size=(64, 112))
    done = render(film, tmp_path / "film.mp4", locate=at_key)
    frame = frames_of(tmp_path / "film.mp4")[12]
    assert np.abs(frame[10:40, 10:-10].mean((0, 1)) - green).max() < 6
    assert np.abs(frame[-40:-10, 10:-10].mean((0, 1)) - red).max() < 6
    assert any("24 % of it is lost" in note for note in done.notes)
    odd = footage.film(tmp_path / "odd.avi", [footage.halves(75, 51)] * 24, fps=24, codec="ffv1", pix_fmt="bgr0")
    film = line(piece("a", 0, 1, media(odd, Fraction(24), 1, size=(75, 51))))
    render(film, tmp_path / "film.mp4", locate=at_key)
    frame = frames_of(tmp_path / "film.mp4")[12]
    assert np.abs(frame[:, 4:40].mean((0, 1)) - red).max() < 6
    assert np.abs(frame[:, -40:-4].mean((0, 1)) - green).max() < 6


def test_a_take_of_another_shape_altogether_gets_bars(tmp_path):
    shot = footage.film(tmp_path / "wide.mp4", [footage.halves(128, 72)] * 24, fps=24)
    film = line(piece("S01-01 t1", 0, 1, media(shot, Fraction(24), 1, size=(128, 72))), size=(72, 128))
    done = render(film, tmp_path / "film.mp4", locate=at_key)
    frame = frames_of(tmp_path / "film.mp4")[12]
    assert frame[:40].max() < 8
    assert frame[64].max() > 150
    assert done.notes == ("S01-01 t1: it was padded from 128x72 to the shape of 72x128, with bars above and below.",)


def test_stills_stand_and_move_only_in_an_animatic(tmp_path):
    Image.fromarray(footage.halves(192, 128)).resize((192, 128)).save(tmp_path / "still.png")
    board = np.asarray(Image.effect_noise((192, 128), 90).convert("RGB"))
    Image.fromarray(board).save(tmp_path / "still.png")
    film = line(piece("a", 0, 1, media(tmp_path / "still.png", Fraction(0), 0)))
    stands = [frame_at(film, Fraction(number, 24), locate=at_key) for number in (0, 23)]
    moves = [frame_at(film, Fraction(number, 24), locate=at_key, animatic=True) for number in (0, 23)]
    assert np.array_equal(*stands)
    assert np.abs(moves[0].astype(int) - moves[1]).mean() > 5
    assert np.abs(moves[0].astype(int) - stands[0]).mean() < 3


def test_overlays_are_drawn_where_and_when_they_should_be(takes, tmp_path):
    logo = Image.new("RGBA", (40, 40), (0, 0, 0, 0))
    logo.paste((255, 0, 0, 255), (0, 0, 20, 40))
    logo.paste((0, 0, 255, 128), (20, 0, 40, 20))
    logo.save(tmp_path / "logo.png")
    grey = footage.film(tmp_path / "g.mp4", [np.full((360, 640, 3), 90, np.uint8)] * 24, fps=24)
    film = line(piece("a", 0, 1, media(grey, Fraction(24), 1)), size=(640, 360))
    overlays = [
        Overlay(picture=str(tmp_path / "logo.png"), place="top left", height=0.1),
        Overlay(text="9.99", place="bottom", height=0.1, start=Fraction(1, 2)),
    ]
    early, late = (frame_at(film, Fraction(at, 24), locate=at_key, overlays=overlays) for at in (0, 12))
    assert early[22 + 18, 38 + 4, 0] > 240  # the logo
    assert np.abs(early[22 + 9, 38 + 30].astype(int) - (45, 45, 173)).max() < 4  # its half that is half clear
    assert early[22 + 30, 38 + 30].tolist() == [90, 90, 90]  # its clear quarter
    assert np.array_equal(early[200:], np.full_like(early[200:], 90))
    assert late[280:340, 240:400].max() > 240


@pytest.fixture
def grey(tmp_path):
    """A film of one grey second, of this size."""

    def made(size):
        frames = [np.full((size[1], size[0], 3), 90, np.uint8)] * 24
        path = footage.film(tmp_path / f"{size[0]}.mp4", frames, fps=24)
        return line(piece("a", 0, 1, media(path, Fraction(24), 1)), size=size)

    return made


def boxes(film, *, overlays=(), captions=(), at=0):
    """(left, top, right, bottom) of what each of these draws where all of them are."""
    size = (film.width, film.height)
    whole = Screen(film, locate=at_key, size=size, captions=captions, overlays=overlays)
    drawn = [cover for _, cover in whole._overlays] + [whole._drawn(one) for one in captions]
    found = [(c.left, c.top, c.left + c.alpha.shape[1], c.top + c.alpha.shape[0]) for c in drawn]
    whole.close()
    return found


def apart(one, other):
    return one[2] <= other[0] or other[2] <= one[0] or one[3] <= other[1] or other[3] <= one[1]


@pytest.mark.parametrize("size", [(640, 360), (360, 640)])
@pytest.mark.parametrize("price", ["9.99", "$9,999,999.99", "只要 199 元"])
def test_what_is_drawn_in_one_row_stands_side_by_side_and_captions_stand_above_it(size, price, grey, request, tmp_path):
    if not price.isascii():
        request.getfixturevalue("chinese")
    Image.new("RGB", (300, 120), (255, 0, 0)).save(tmp_path / "logo.png")
    overlays = [
        Overlay(picture=str(tmp_path / "logo.png"), place="top left", height=0.15),
        Overlay(text=price, place="top right", height=0.12),
        Overlay(text="Offer ends 31 Dec. Terms apply. " * 4, place="bottom", height=0.04),
    ]
    words = Caption(start=Fraction(0), end=Fraction(1), text="Looking for a mug?")
    found = boxes(grey(size), overlays=overlays, captions=[words])
    for one, other in itertools.combinations(found, 2):
        assert apart(one, other), (one, other)
    area = safe_area(size)
    assert all(area.left <= left and right <= area.right for left, _, right, _ in found)
    assert found[2][3] - found[2][1] <= area.height / 4 + 20, "what happens is still seen"
    alone = boxes(grey(size), captions=[words])[0]
    assert alone[3] > found[2][1], "without it the caption stands lower"


def test_captions_are_of_one_size_all_through_a_film(grey):
    """Upright the first fits only with smaller letters; one word without an end makes no other smaller."""
    texts = ["Anna: Wait, you're telling", "Yes.", "x" * 90]
    words = [Caption(start=Fraction(at), end=Fraction(at + 1), text=text) for at, text in enumerate(texts)]
    film = grey((360, 640))
    screen = Screen(film, locate=at_key, size=(360, 640), captions=words)
    sizes = [screen._fitted(one, screen._letters[False])[1] for one in words]
    alone = Screen(film, locate=at_key, size=(360, 640), captions=words[1:2])
    assert sizes[0] == sizes[1] < alone._letters[False]
    assert sizes[1] >= alone._letters[False] * 2 / 3


def test_a_price_is_never_broken_and_what_is_not_seen_at_once_takes_no_room(grey):
    first = Overlay(text="$9,999,999.99", place="top left", height=0.2, end=Fraction(1, 2))
    second = Overlay(text="$1", place="top right", height=0.2, start=Fraction(1, 2))
    assert sharing(first, [first, second]) == sharing(second, [first, second]) == 1
    assert sharing(first, [first, second.model_copy(update={"start": Fraction(1, 4)})]) == 2
    face = lettering.face_for("$9,999,999.99")
    lines, pixels = lettering.fitted("$9,999,999.99", face, 90, 120, 400, whole=True)
    assert lines == ["$9,999,999.99"]
    assert pixels >= lettering.LEAST_PIXELS
    ((left, _, right, _),) = boxes(grey((360, 640)), overlays=[first])
    assert right - left > 200, "it has the whole row"


def test_captions_burn_only_where_they_are_wanted(takes, tmp_path):
    film = line(piece("a", 0, 1, media(takes["24"], Fraction(24))), size=(640, 360))
    words = (Caption(start=Fraction(1, 4), end=Fraction(3, 4), text="Hello\nthere"),)

    def seen(number, **style):
        return frame_at(film, Fraction(number, 24), locate=at_key, captions=words, style=Captions(**style))

    bare = [frame_at(film, Fraction(number, 24), locate=at_key) for number in (5, 6, 17, 18)]
    changed = [not np.array_equal(seen(number), plain) for number, plain in zip((5, 6, 17, 18), bare, strict=True)]
    assert changed == [False, True, True, False]
    assert np.array_equal(seen(6, show="file"), bare[1])


@pytest.mark.parametrize("size", [(63, 64), (4098, 64), (64, 32)])
def test_sizes_that_no_film_has_are_refused(size, takes, tmp_path):
    film = line(piece("a", 0, 1, media(takes["24"], Fraction(24))))
    with pytest.raises(BadSpec, match=f"{size[0]}x{size[1]}"):
        render(film, tmp_path / "film.mp4", locate=at_key, size=size)


def test_a_place_where_nothing_can_be_written_is_told(takes, tmp_path):
    film = line(piece("a", 0, 1, media(takes["24"], Fraction(24))))
    with pytest.raises(OutputFailed, match="the folder does not exist"):
        render(film, tmp_path / "gone" / "film.mp4", locate=at_key)


def test_an_empty_film_is_refused(tmp_path):
    with pytest.raises(BadSpec, match="no pictures"):
        render(line(), tmp_path / "film.mp4", locate=at_key)


def test_a_large_take_gets_a_small_copy_of_the_same_length(tmp_path):
    frames = [np.asarray(Image.fromarray(numbered(n)).resize((1920, 1080), 0)) for n in range(12)]
    take = footage.film(tmp_path / "hd.mp4", frames, fps=24, sound=footage.tone(0.5))
    assert write_proxy(take, tmp_path / "proxy.mp4") == (1280, 720)
    info = video.probe(tmp_path / "proxy.mp4")
    assert (info.width, info.height, info.frames, info.channels) == (1280, 720, 12, 1)
    assert [number_of(frame) for frame in frames_of(tmp_path / "proxy.mp4")] == list(range(12))


def test_a_film_document_becomes_an_mp4(takes, tmp_path):
    """Two shots with a dissolve, and one that has no take yet."""
    film = document.read(
        {
            "width": 96, "height": 64, "scene_order": ["s1"], "scenes": {"s1": {"shots": ["k1", "k2", "k3"]}},
            "shots": {"k1": {"seconds": 2}, "k2": {"seconds": 2, "transition": "dissolve"}, "k3": {"seconds": 1}},
        }
    )  # fmt: skip
    made = [
        Take(id=f"{shot}t", of=shot, kind="clip", digest="", media=media(takes[rate], TAKE_RATES[rate]))
        for shot, rate in (("k1", "16"), ("k2", "30"))
    ]
    done = render(timeline(film, tuple(made)), tmp_path / "film.mp4", locate=at_key)
    seen = frames_of(tmp_path / "film.mp4")
    assert (done.seconds, done.frames, len(seen), done.notes) == (5, 120, 120, ())
    assert [number_of(seen[at]) for at in (0, 24, 41)] == [0, 16, 27]
    assert number_of(seen[54]) == int((Fraction(54, 24) - 2 + Fraction(1, 4)) * 30)


_PEAK = """
import resource, sys
from fractions import Fraction
import test_cutroom as room
film = room.line(*(room.piece(f"p{n}", n, 1, room.media(sys.argv[1], Fraction(24), 2, True), source_in=Fraction(1, 2),
                              dissolve=Fraction(1, 2) if n else Fraction(0)) for n in range(int(sys.argv[2]))))
room.render(film, room.Path(sys.argv[3]), locate=room.at_key)
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024)
"""


@pytest.mark.slow
def test_a_long_film_takes_no_more_memory_than_a_short_one(tmp_path):
    take = footage.film(tmp_path / "t.mp4", [numbered(n) for n in range(48)], fps=24, sound=footage.tone(2))
    peaks = []
    for seconds in (30, 300):
        run = subprocess.run(
            [sys.executable, "-c", _PEAK, str(take), str(seconds), str(tmp_path / f"{seconds}.mp4")],
            env=doubles.environment() | {"PYTHONPATH": f"{Path(__file__).parent}:{Path(__file__).parent.parent}"},
            capture_output=True, text=True, check=True,
        )  # fmt: skip
        peaks.append(int(run.stdout))
    assert peaks[1] < peaks[0] + 40  # MB
