"""What comes in from outside: known by its first bytes, seen as a player or a viewer shows it, at the model's rate and
size, with its sound; and what was changed is said.
"""

import io
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest
from PIL import Image, ImageCms

import vitascope
from doubles import CARD, FORMAT, DiscEngine
from footage import CASES, GREEN, RED, film, halves, tone
from vitascope import ask
from vitascope.clip import ClipSpec
from vitascope.engines import registry, render
from vitascope.errors import BadClip, BadPicture
from vitascope.media import incoming, picture, recipe, video
from vitascope.media.kinds import kind_of
from vitascope.media.sound import Sound


def near(found, wanted, within=4):
    return np.abs(np.asarray(found).astype(int) - wanted).max() <= within


def first_frame(path):
    return next(video.read_frames(path))


def said(notes):
    return " ".join(notes)


@pytest.fixture
def drawn(monkeypatch):
    """`vitascope.generate` with a disc in the place of the model."""
    monkeypatch.setattr(registry, "load", lambda name="": DiscEngine())
    return vitascope.generate


# Pictures


def test_grey_of_16_bits_is_a_ramp_from_black_to_white():
    seen = incoming.picture(CASES / "gray16.png")
    pixels = np.asarray(seen.image)
    assert pixels.min() <= 1
    assert pixels.max() >= 254
    assert abs(pixels.mean() - 128) < 2
    assert "16 bits" in said(seen.notes)


def test_a_colour_profile_is_followed():
    seen = incoming.picture(CASES / "p3.png")
    colours = {
        tuple(int(value) for value in colour) for colour in np.unique(np.asarray(seen.image).reshape(-1, 3), axis=0)
    }
    for wanted in ((217, 42, 52), (0, 203, 11), (120, 120, 120)):
        assert any(near(colour, wanted, 2) for colour in colours), (wanted, colours)
    assert "P3 to sRGB" in said(seen.notes)


def test_an_srgb_profile_changes_nothing():
    plain = Image.fromarray(halves())
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    file = io.BytesIO()
    plain.save(file, "PNG", icc_profile=profile)
    seen = incoming.picture(file.getvalue())
    assert np.array_equal(np.asarray(seen.image), halves())
    assert seen.notes == ()


def test_a_profile_that_is_none_is_left_out_and_said():
    file = io.BytesIO()
    Image.fromarray(halves()).save(file, "PNG", icc_profile=b"no profile at all")
    seen = incoming.picture(file.getvalue())
    assert np.array_equal(np.asarray(seen.image), halves())
    assert "left out" in said(seen.notes)


def test_a_pillow_picture_is_seen_as_the_same_file_by_its_path(drawn):
    by_path = incoming.picture(CASES / "exif6.jpg")
    with Image.open(CASES / "exif6.jpg") as opened:
        given = incoming.picture(opened)
        clip = drawn("a red ball", image=opened, seconds=1, seed=1)
    assert np.array_equal(np.asarray(given.image), np.asarray(by_path.image))
    assert given.notes == by_path.notes
    assert "EXIF" in said(given.notes)
    assert near(clip.frames[0][128, 10], (20, 21, 200), 8)  # blue was below; turned, it is on the left
    assert "The first picture: it was turned upright as its EXIF says." in clip.notes


@pytest.mark.parametrize("way", ["file", "pillow"])
@pytest.mark.parametrize("mode", ["RGBA", "LA", "P", "grey with a clear level"])
def test_clear_parts_are_white_however_they_come(mode, way):
    clear = Image.new("RGBA", (32, 32), (0, 0, 0, 0))
    clear.paste((10, 10, 10, 255), (0, 0, 16, 32))
    made = {"RGBA": clear, "LA": clear.convert("LA"), "P": clear.quantize(8)}.get(mode)
    file = io.BytesIO()
    if made:
        made.save(file, "PNG")
    else:
        levels = np.full((32, 32), 10, np.uint8)
        levels[:, 16:] = 0
        Image.fromarray(levels).save(file, "PNG", transparency=0)
    seen = incoming.picture(file.getvalue() if way == "file" else Image.open(file))
    pixels = np.asarray(seen.image)
    assert near(pixels[16, 24], (255, 255, 255), 1)
    assert near(pixels[16, 8], (10, 10, 10), 3)
    assert "white" in said(seen.notes)


def test_cmyk_is_read_and_said():
    file = io.BytesIO()
    Image.new("CMYK", (32, 32), (0, 255, 255, 0)).save(file, "JPEG", quality=100)
    seen = incoming.picture(file.getvalue())
    assert near(np.asarray(seen.image)[16, 16], (255, 0, 0), 6)
    assert "CMYK" in said(seen.notes)


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP", "GIF", "BMP", "TIFF", "PPM", "AVIF"])
def test_pictures_are_known_by_their_first_bytes(kind, tmp_path):
    path = tmp_path / "picture.mp4"  # whatever they are called
    Image.fromarray(halves()).save(path, kind, **({"quality": 100} if kind in ("JPEG", "AVIF", "WEBP") else {}))
    pixels = np.asarray(incoming.picture(path).image)
    assert near(pixels[24, 8], RED, 12)
    assert near(pixels[24, 56], GREEN, 12)


def test_heic_is_read_where_the_library_is_there_and_else_refused_in_words(tmp_path):
    head = b"\0\0\0\x18ftypheic\0\0\0\0mif1heic"
    assert kind_of(head).format == "HEIF"
    try:
        import pillow_heif
    except ImportError:
        with pytest.raises(BadPicture, match="HEIC") as refused:
            incoming.picture(head + b"\0" * 100, name="The picture")
        assert "JPEG" in refused.value.hint
    else:
        path = tmp_path / "picture.heic"
        pillow_heif.from_pillow(Image.fromarray(halves())).save(path, quality=95)
        assert near(np.asarray(incoming.picture(path).image)[24, 8], RED, 12)


def test_a_picture_is_cut_or_padded_as_asked_and_that_is_said(drawn):
    wide = Image.new("RGB", (600, 200), (0, 0, 255))
    cut = drawn("a red ball", image=wide, aspect="1:1", seconds=1, seed=1)
    padded = drawn("a red ball", image=wide, aspect="1:1", seconds=1, seed=1, fit="pad")
    assert (cut.frames[0] == (0, 0, 255)).all()
    assert (padded.frames[0][:80] == 0).all()
    assert (padded.frames[0][90:160] == (0, 0, 255)).all()
    assert "67 % of it is lost left and right" in said(cut.notes)
    assert "bars above and below" in said(padded.notes)


def test_a_picture_of_one_pixel_is_a_plain_first_frame(drawn):
    clip = drawn("a red ball", image=Image.new("RGB", (1, 1), (9, 99, 199)), seconds=1, seed=1)
    assert (clip.frames[0] == (9, 99, 199)).all()


# Clips as they are shown


def test_a_turned_clip_is_upright():
    upright, turned = first_frame(CASES / "c709.mp4"), first_frame(CASES / "rot180.mp4")
    assert np.abs(turned[::-1, ::-1].astype(int) - upright).mean() < 3
    assert "turned upright" in said(video.probe(CASES / "rot180.mp4").notes)


@pytest.mark.parametrize("degrees", [90, -90, 180])
def test_a_quarter_turn_swaps_the_sides(tmp_path, degrees):
    path = film(tmp_path / "turned.mp4", [halves()] * 4, turn=degrees)
    info, frame = video.probe(path), first_frame(path)
    assert (info.width, info.height) == ((64, 48) if degrees == 180 else (48, 64))
    assert frame.shape == (info.height, info.width, 3)
    row, column = {90: (56, 24), -90: (8, 24), 180: (24, 56)}[degrees]
    assert near(frame[row, column], RED, 6)  # it was on the left


def test_other_colour_matrices_are_the_same_colours():
    for name in ("c601.mp4", "c709.mp4"):
        frame = first_frame(CASES / name)
        assert near(frame[100, 100], RED, 3), name
        assert any(near(frame[row, column], GREEN, 3) for row in (20, 100) for column in (250, 300)), name
    assert "BT.601" in said(video.probe(CASES / "c601.mp4").notes)


@pytest.mark.parametrize(
    "coding",
    [
        {"matrix": 6, "primaries": 6, "transfer": 6},
        {"matrix": 9, "primaries": 9, "transfer": 14, "pix_fmt": "yuv420p10le"},
        {"matrix": 1, "pix_fmt": "yuv444p10le"},
        {"full_range": True},
        {"matrix": 6, "full_range": True, "pix_fmt": "yuvj420p"},
        {"matrix": 2, "primaries": 2, "transfer": 2},  # nothing is said, and it is small: BT.601
        {"codec": "ffv1", "pix_fmt": "bgr0", "matrix": 0},
    ],
    ids=str,
)
def test_matrix_range_and_depth_are_followed(tmp_path, coding):
    path = film(tmp_path / "colours.mkv", [halves()] * 4, **coding)
    frame = first_frame(path)
    assert near(frame[24, 12], RED, 4)
    assert near(frame[24, 52], GREEN, 4)


def test_pixels_that_are_not_square_become_square(tmp_path):
    path = film(tmp_path / "dv.mp4", [halves(64, 48)] * 4, pixel=Fraction(3, 2))
    info = video.probe(path)
    assert (info.width, info.height) == (96, 48)
    assert first_frame(path).shape == (48, 96, 3)
    assert "3:2" in said(info.notes)


def test_high_dynamic_range_is_brought_down(tmp_path):
    """203 cd/m2 in PQ, the white of ordinary pictures, is bright and grey; 1,000 are white."""
    frames = {}
    for light in (203, 1000):
        power = (light / 10_000) ** (2610 / 16384)
        code = ((3424 / 4096 + 2413 / 128 * power) / (1 + 2392 / 128 * power)) ** (2523 / 32)
        planes = np.full((72, 64), round(64 + code * 876), np.uint16)
        planes[48:] = 512
        picture = av.VideoFrame.from_ndarray(planes, format="yuv420p10le")
        path = tmp_path / f"{light}.mkv"
        film(path, [picture], pix_fmt="yuv420p10le", matrix=9, primaries=9, transfer=16)
        frames[light] = first_frame(path)[24, 32]
        assert "high dynamic range (PQ)" in said(video.probe(path).notes)
    assert np.ptp(frames[203].astype(int)) <= 3
    assert 225 <= frames[203].mean() <= 248
    assert frames[1000].mean() >= 250


def test_clear_parts_of_a_clip_are_white(tmp_path):
    clear = np.zeros((48, 64, 4), np.uint8)
    clear[:, :32] = (*RED, 255)
    with av.open(str(tmp_path / "clear.mov"), "w") as box:
        stream = box.add_stream("qtrle", rate=16)
        stream.width, stream.height, stream.pix_fmt = 64, 48, "argb"
        frame = av.VideoFrame.from_ndarray(clear, format="rgba").reformat(format="argb")
        frame.pts = 0
        box.mux(stream.encode(frame))
        box.mux(stream.encode(None))
    frame = first_frame(tmp_path / "clear.mov")
    assert near(frame[24, 8], RED, 2)
    assert near(frame[24, 56], (255, 255, 255), 1)


@pytest.mark.parametrize("name", ["a.mov", "a.mkv", "a.webm", "a.avi", "a.ts"])
def test_ordinary_containers_are_read_whatever_they_are_called(tmp_path, name):
    codec = {"a.webm": "libvpx-vp9", "a.avi": "mpeg4"}.get(name, "libx264")
    path = film(tmp_path / name, [halves()] * 6, fps=25, codec=codec).rename(tmp_path / "clip.png")
    assert video.probe(path).frames == 6
    assert near(first_frame(path)[24, 12], RED, 30)


# Clips at another rate and size


def counting(count, width=120, height=90):
    """Frame k has the level 4k."""
    return [np.full((height, width, 3), min(4 * number, 255), np.uint8) for number in range(count)]


def levels(path):
    return np.array([frame[frame.shape[0] // 2, frame.shape[1] // 2, 1] for frame in video.read_frames(path)]) / 4


def conformed(path, tmp_path, format=FORMAT, **options):
    source, notes = ask.source(incoming.clip(path), format, folder=tmp_path, **options)
    return source, notes


@pytest.mark.parametrize("fps", [24, 25, 30, 50, Fraction(30000, 1001), 8])
def test_a_clip_of_any_rate_keeps_its_pace(tmp_path, fps):
    path = film(tmp_path / "clip.mp4", counting(round(2 * fps)), fps=fps)
    source, notes = conformed(path, tmp_path)
    assert source.frames == 32
    assert (source.width, source.height) == (256, 256)
    there = levels(tmp_path / source.path)
    wanted = np.minimum(np.floor(np.arange(32) / 16 * float(fps) + 0.02), 63)
    assert np.abs(there - wanted).max() <= 0.8
    assert f"from {float(fps):.4g} to 16 frames a second" in said(notes)
    assert recipe.find(tmp_path / source.path) is None


def test_uneven_frames_are_shown_when_they_were_shown(tmp_path):
    times = [0, 40, 80, 500, 540, 1000, 1040, 1500, 1900]
    path = film(tmp_path / "phone.mp4", counting(9), times=times, options={"bf": "0"})
    source, notes = conformed(path, tmp_path)
    there = levels(tmp_path / source.path).round()
    for moment, shown in ((0.0, 0), (0.3125, 2), (0.75, 4), (1.25, 6), (1.625, 7)):
        assert there[round(moment * 16)] == shown, moment
    assert "uneven" in said(notes)


def test_odd_sides_are_taken(tmp_path):
    path = film(tmp_path / "odd.mkv", [halves(101, 57)] * 17, codec="ffv1", pix_fmt="bgr0", matrix=0)
    source, notes = conformed(path, tmp_path)
    assert (source.width, source.height, source.frames) == (352, 192, 17)
    assert "from 101x57 to 352x192" in said(notes)


def test_a_clip_may_be_padded(tmp_path):
    path = film(tmp_path / "wide.mp4", [halves(128, 32)] * 17)
    square = replace(FORMAT, sizes=((256, 256),))
    source, _ = conformed(path, tmp_path, square, fit="pad")
    frame = first_frame(tmp_path / source.path)
    assert near(frame[20, 128], (0, 0, 0), 3)
    assert near(frame[128, 20], RED, 6)
    assert near(frame[128, 236], GREEN, 6)
    source, _ = conformed(path, tmp_path, square, fit="crop")
    assert near(first_frame(tmp_path / source.path)[20, 20], RED, 6)


def test_what_fits_is_taken_as_it_is():
    source, notes = ask.source(incoming.clip(CASES / "c709.mp4"), FORMAT, folder=CASES)
    assert (source.sha256, source.path) == (render.sha256(CASES / "c709.mp4"), str(CASES / "c709.mp4"))
    assert notes == [ask.ENCODED_AGAIN]


def test_the_same_clip_is_the_same_source_again(tmp_path):
    (tmp_path / "a").mkdir()
    (tmp_path / "b").mkdir()
    one, other = (conformed(CASES / "fps30.mp4", tmp_path / name)[0] for name in "ab")
    assert one == other


def test_a_clip_of_30_frames_a_second_is_continued_from_python(drawn):
    clip = drawn("a red ball", extend=CASES / "fps30.mp4", seconds=1, seed=1)
    assert clip.frames.shape == (33 + 16, 192, 352, 3)
    assert near(clip.frames[0], first_frame(CASES / "fps30.mp4"), 40)
    assert "from 30 to 16 frames a second" in said(clip.notes)


def test_an_mp4_that_is_given_as_a_picture_is_one_of_its_frames(drawn, tmp_path):
    path = film(tmp_path / "clip.mp4", counting(40, 256, 256))
    assert near(incoming.picture(path, moment="last").image.getpixel((9, 9)), (156,) * 3, 2)
    clip = drawn("a red ball", image=path, seconds=1, seed=1)
    assert near(clip.frames[0][9, 9], (156,) * 3, 2)
    assert "The first picture: it is the last frame of a clip." in clip.notes


# Sound


def tracks(path):
    """{kind: (start, end)} in seconds, and how far a packet ever lies behind one before it."""
    behind, latest, found = 0.0, 0.0, {}
    with av.open(str(path)) as box:
        for stream in box.streams:
            start = float(stream.start_time * stream.time_base)
            found[stream.type] = (start, start + float(stream.duration * stream.time_base))
        for packet in box.demux():
            if packet.size:
                at = float(packet.dts * packet.time_base)
                latest = max(latest, at)
                behind = max(behind, latest - at)
    return found, behind


def loudness(samples, rate, start, end):
    piece = samples[round(start * rate) : round(end * rate)]
    return float(np.sqrt((piece**2).mean()))


def test_the_sound_of_a_continued_clip_is_kept_and_what_is_new_is_silent(drawn, tmp_path):
    clip = drawn("a red ball", extend=CASES / "audio.mp4", seconds=5, seed=1)
    before, after = video.read_sound(CASES / "audio.mp4"), video.read_sound(clip.save(tmp_path / "longer.mp4"))
    assert (after.rate, after.channels) == (44100, 1)
    length = 2 * 44100
    assert np.sqrt(((after.samples[:length] - before.samples[:length]) ** 2).mean()) < 0.1 * before.samples.std()
    assert loudness(after.samples, 44100, 2.2, 7.0) < 1e-3
    assert ask.SILENT in clip.notes
    found, behind = tracks(tmp_path / "longer.mp4")
    assert found["video"][0] == found["audio"][0] == 0
    assert abs(found["video"][1] - found["audio"][1]) <= 1 / 16
    assert behind < 1.0


def test_a_minute_of_pictures_and_sound_is_interleaved(tmp_path):
    sound = Sound(tone(60, channels=2), 44100)
    with video.writing(tmp_path / "long.mp4", 64, 64, fps=16, sound=sound) as writer:
        for number in range(960):
            writer.write(np.full((64, 64, 3), number % 250, np.uint8))
    found, behind = tracks(tmp_path / "long.mp4")
    assert behind < 1.0
    assert abs(found["video"][1] - found["audio"][1]) <= 1 / 16


def test_the_same_pictures_and_sound_are_the_same_bytes(tmp_path):
    def written(name):
        with video.writing(tmp_path / name, 64, 64, fps=16, sound=Sound(tone(1), 44100)) as writer:
            for number in range(16):
                writer.write(np.full((64, 64, 3), number, np.uint8))
        return (tmp_path / name).read_bytes()

    assert written("a.mp4") == written("b.mp4")


@pytest.mark.parametrize(("rate", "channels", "codec"), [(48000, 2, "aac"), (22050, 1, "aac"), (48000, 2, "libopus")])
def test_a_beep_stays_with_its_picture(tmp_path, rate, channels, codec):
    """At 1.0 s the picture turns white and a beep begins; so it is after the clip was converted and continued."""
    sound = np.zeros((2 * rate, channels), np.float32)
    sound[rate:] = tone(1, rate, channels)
    frames = [np.full((96, 96, 3), 240 if number >= 25 else 10, np.uint8) for number in range(50)]
    path = film(tmp_path / "beep.mkv", frames, fps=25, sound=sound, rate=rate, sound_codec=codec)
    source, _ = conformed(path, tmp_path)
    spec = ClipSpec(prompt="a red ball", seconds=1, seed=1, extend=source)
    made = render.make(spec, DiscEngine(), tmp_path / "out.mp4")
    found = video.read_sound(made.path)
    assert (found.rate, found.channels) == (rate, channels)
    assert loudness(found.samples, rate, 0.1, 0.95) < 0.01
    assert loudness(found.samples, rate, 1.05, 1.95) > 0.2
    bright = [frame.mean() > 120 for frame in video.read_frames(made.path)]
    assert bright.index(True) == 16


def test_a_sound_that_begins_late_stays_late(tmp_path):
    path = film(tmp_path / "late.mkv", [halves(96, 96)] * 32, sound=tone(2))
    shifted = tmp_path / "shifted.mkv"
    with av.open(str(path)) as old, av.open(str(shifted), "w") as new:
        streams = {stream.index: new.add_stream_from_template(stream) for stream in old.streams}
        for packet in old.demux():
            if packet.size:
                if packet.stream.type == "audio":
                    packet.pts += 1000  # milliseconds in Matroska
                    packet.dts += 1000
                packet.stream = streams[packet.stream.index]
                new.mux(packet)
    found = video.read_sound(shifted)
    assert loudness(found.samples, 44100, 0.0, 0.9) < 0.01
    assert loudness(found.samples, 44100, 1.1, 1.9) > 0.2


def test_a_clip_in_memory_has_its_sound_too_and_a_clip_without_has_none(drawn, tmp_path):
    first = drawn("a red ball", extend=CASES / "audio.mp4", seconds=1, seed=1)
    assert first.sound.rate == 44100
    second = drawn("a red ball", extend=first, seconds=1, seed=2)
    assert loudness(second.sound.samples, 44100, 0.1, 1.9) > 0.01
    assert drawn("a red ball", seconds=1, seed=1).sound is None
    again = recipe.read(second.save(tmp_path / "second.mp4"))
    assert again.spec.extend.recipe.spec.extend.sha256 == render.sha256(CASES / "audio.mp4")


# What is refused


@pytest.mark.parametrize("name", ["x.mp4", "x.png"])
def test_scripts_playlists_and_subtitles_are_never_opened(tmp_path, name):
    secret = film(tmp_path / "secret.mp4", [halves()] * 4)
    texts = [
        f"ffconcat version 1.0\nfile {secret}\n",
        f"ffconcat version 1.0\nfile '{secret.name}'\n",
        f"#EXTM3U\n#EXT-X-TARGETDURATION:1\n#EXTINF:1,\n{secret}\n#EXT-X-ENDLIST\n",
        "<?xml version='1.0'?><MPD xmlns='urn:mpeg:dash:schema:mpd:2011'><BaseURL>secret.mp4</BaseURL></MPD>",
        "1\n00:00:00,000 --> 00:00:01,000\nhello\n",
        "[Script Info]\nTitle: x\n",
        f"v=0\no=- 0 0 IN IP4 127.0.0.1\ns=x\na=control:{secret}\n",
    ]
    for text in texts:
        path = tmp_path / name
        path.write_text(text)
        for given in (path, text.encode()):
            with pytest.raises(BadClip):
                video.probe(given)
            with pytest.raises(BadPicture):
                incoming.picture(given, name="It")


def test_a_movie_that_names_another_file_does_not_open_it(tmp_path):
    """A QuickTime movie may say that its pictures lie elsewhere."""
    inner = film(tmp_path / "secret.mov", [halves()] * 4)
    data = inner.read_bytes()
    at = data.index(b"url \0\0\0\x01")
    named = data[: at + 4] + b"\0\0\0\0" + data[at + 8 :]  # no longer "in this file", and no name
    (tmp_path / "outer.mov").write_bytes(named)
    if video.probe(tmp_path / "outer.mov").frames:
        assert near(first_frame(tmp_path / "outer.mov")[24, 12], RED, 6)  # its own pictures, if any


@pytest.mark.parametrize("way", ["http://127.0.0.1:9/x.mp4", "concat:/etc/passwd", "data:video/mp4;base64,AAAA"])
def test_an_address_is_no_path(way):
    with pytest.raises(BadClip, match="does not exist"):
        video.probe(Path(way))


def test_colours_that_cannot_be_read_are_refused(tmp_path):
    path = film(tmp_path / "odd.mkv", [halves()] * 2, matrix=8)  # YCgCo
    with pytest.raises(BadClip, match="colour matrix is number 8"):
        video.probe(path)


def test_a_clip_that_is_cut_off_in_the_middle_is_refused(tmp_path):
    path = film(
        tmp_path / "whole.mp4", [np.random.default_rng(n).integers(0, 255, (64, 64, 3), np.uint8) for n in range(40)]
    )
    with av.open(str(path)) as old, av.open(str(tmp_path / "front.mp4"), "w", options={"movflags": "faststart"}) as new:
        stream = new.add_stream_from_template(old.streams.video[0])
        for packet in old.demux(old.streams.video[0]):
            if packet.size:
                packet.stream = stream
                new.mux(packet)
    data = (tmp_path / "front.mp4").read_bytes()
    (tmp_path / "half.mp4").write_bytes(data[: len(data) // 2])
    with pytest.raises(BadClip, match=r"half\.mp4 is cut off"):
        video.probe(tmp_path / "half.mp4")


def test_pad_or_crop_and_nothing_else():
    with pytest.raises(vitascope.errors.BadSpec, match="fit"):
        ask.spec("a ball", CARD, image=Image.new("RGB", (9, 9)), fit="stretch")


def test_notes_are_none_where_nothing_is_changed():
    notes = []
    ask.spec("a ball", CARD, image=Image.new("RGB", (300, 300)), notes=notes)
    assert notes == []
    assert picture.fit_note((352, 192), (704, 384), "crop") == ""
