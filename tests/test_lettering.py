"""Words on the picture: fonts, lines, places; and read again by a machine that reads pictures."""

from fractions import Fraction

import numpy as np
import pytest
from PIL import Image, ImageFont

from test_cutroom import at_key, line, media, piece
from vitascope.errors import BadSettings, MissingFont
from vitascope.film import lettering
from vitascope.film.captions import Caption
from vitascope.film.document import Captions
from vitascope.film.lettering import Face
from vitascope.film.render import frame_at


@pytest.fixture
def no_fonts(monkeypatch):
    """A machine with Pillow alone."""
    monkeypatch.setattr(lettering, "_files", lambda: ())


def test_english_needs_no_font_of_the_machine(no_fonts):
    assert lettering.face_for("Mia says: “Hello”, $9.99") == Face("")


def test_what_no_font_has_is_refused_and_told(no_fonts):
    with pytest.raises(MissingFont, match="她在") as told:
        lettering.face_for("Mia 她在")
    assert "fonts-noto-cjk" in told.value.hint


def test_a_font_that_was_asked_for_comes_first(tmp_path, no_fonts):
    (tmp_path / "mine.ttf").write_bytes(ImageFont.load_default(20).font_bytes)
    assert lettering.face_for("Hello", font=tmp_path / "mine.ttf") == Face(str(tmp_path / "mine.ttf"))
    with pytest.raises(MissingFont):
        lettering.face_for("她", font=tmp_path / "mine.ttf")
    (tmp_path / "none.ttf").write_text("no font")
    with pytest.raises(BadSettings, match=r"none\.ttf"):
        lettering.face_for("Hello", font=tmp_path / "none.ttf")


def test_marks_and_signs_that_are_not_drawn_need_no_font(no_fonts):
    assert lettering.face_for("a\u200d\ufe0f\u00a0b\n") == Face("")


def test_lines_are_even_and_no_wider_than_they_may_be():
    font = Face("").sized(20)
    text = "She stands on the hill and looks at the snow far away and says nothing at all"
    lines = lettering.wrapped(text, font, 300)
    assert " ".join(lines) == text
    widths = [font.getlength(line) for line in lines]
    assert max(widths) <= 300
    assert min(widths) > 0.6 * max(widths)
    assert lettering.wrapped("one\ntwo", font, 300) == ["one", "two"]
    assert lettering.wrapped("", font, 300) == []


def test_a_word_without_end_is_broken_anyway():
    font = Face("").sized(20)
    lines = lettering.wrapped("W" * 90, font, 300)
    assert "".join(lines) == "W" * 90
    assert max(font.getlength(line) for line in lines) <= 300


def test_chinese_breaks_between_letters_and_keeps_its_signs():
    font = Face("").sized(20)  # every letter is a box, of one width
    text = "她站在山顶上，望着远方的雪。“我终于回家了！”她轻声说，（然后）慢慢地走下山去。"
    for width in range(60, 400, 7):
        lines = lettering.wrapped(text, font, width)
        assert "".join(lines) == text
        assert not any(line[0] in "，。！”）" or line[-1] in "“（" for line in lines)


def test_lines_that_are_a_little_too_wide_stay_as_they_are():
    face = Face("")
    lines, pixels = lettering.fitted("She stands on the hill\nand looks at the snow", face, 40, 330, 200)
    assert lines == ["She stands on the hill", "and looks at the snow"]
    assert 28 <= pixels < 40
    assert max(face.sized(pixels).getlength(line) for line in lines) <= 330


def test_too_much_text_gets_smaller_letters():
    lines, pixels = lettering.fitted("many words " * 60, Face(""), 40, 600, 200)
    assert pixels < 40
    assert len(lines) * lettering.line_height(pixels) <= 200


@pytest.mark.parametrize(
    ("size", "place"),
    [((352, 192), (0.06, 0.5, 0.94, 0.93)), ((1280, 720), (0.06, 0.5, 0.94, 0.93)),
     ((720, 1280), (0.12, 0.5, 0.88, 0.82)), ((3840, 2160), (0.06, 0.5, 0.94, 0.93))],
)  # fmt: skip
@pytest.mark.parametrize("style", ["outline", "box", "plain"])
def test_captions_stay_in_the_safe_area(size, place, style):
    film = line(size=size)
    words = Caption(start=Fraction(0), end=Fraction(1), text="She stands on the hill and looks at the snow far away")
    bare, drawn = (
        frame_at(film, Fraction(0), locate=at_key, captions=given, style=Captions(style=style))
        for given in ((), (words,))
    )
    rows, columns = np.nonzero((bare != drawn).any(axis=2))
    left, top, right, bottom = (share * size[at % 2] for at, share in enumerate(place))
    assert left - 2 <= columns.min() < columns.max() <= right + 2
    assert top <= rows.min() < rows.max() <= bottom + 2
    assert drawn.max() > 245


@pytest.mark.parametrize("kind", ["title", "dialogue"])
def test_a_title_stands_in_the_middle_and_all_else_below(kind):
    words = Caption(start=Fraction(0), end=Fraction(1), text="Hello", kind=kind)
    picture = frame_at(line(size=(640, 360)), Fraction(0), locate=at_key, captions=(words,))
    rows = np.nonzero(picture.any(axis=(1, 2)))[0]
    assert (rows.mean() < 200) == (kind == "title")


def test_a_card_without_a_font_for_its_words_still_says_which_shot(no_fonts, tmp_path):
    film = line(piece("S01-01 -", 0, 1, text="她滚下山坡"), size=(640, 360))
    picture = frame_at(film, Fraction(0), locate=at_key)
    assert picture[:120, :300].max() > 200


@pytest.mark.slow
@pytest.mark.parametrize(
    ("size", "style", "text"),
    [((352, 192), "outline", "She looks at the snow"), ((1280, 720), "box", "I am home at last"),
     ((1280, 720), "outline", "她终于回家了"), ((720, 1280), "plain", "红球滚下山坡")],
)  # fmt: skip
def test_burned_captions_are_read_again(size, style, text, request, tmp_path):
    """On a picture with waves, after H.264."""
    font = None if text.isascii() else request.getfixturevalue("chinese")
    from rapidocr import RapidOCR

    from vitascope.film.render import render
    from vitascope.media import video

    rows, columns = np.mgrid[: size[1], : size[0]]
    ground = np.stack([90 + 60 * np.sin(columns / 40), 120 + 50 * np.cos(rows / 30), 130 + 0 * rows], axis=2)
    Image.fromarray(ground.astype(np.uint8)).save(tmp_path / "ground.png")
    film = line(piece("a", 0, 1, media(tmp_path / "ground.png", Fraction(0), 0)), size=size)
    words = (Caption(start=Fraction(0), end=Fraction(1), text=text),)
    render(film, tmp_path / "film.mp4", locate=at_key, captions=words, style=Captions(style=style), font=font)
    *_, frame = video.read_frames(tmp_path / "film.mp4")
    if size[0] < 640:
        frame = np.asarray(Image.fromarray(frame).resize((size[0] * 3, size[1] * 3), Image.Resampling.LANCZOS))
    read = "".join(RapidOCR()(np.ascontiguousarray(frame[..., ::-1])).txts or ())
    assert read.replace(" ", "").lower() == text.replace(" ", "").lower()


def test_symbols_are_left_out_of_a_text_and_its_words_stay():
    assert lettering.without_symbols("my dear 🧂 friend 🧂.\n好 ❤️") == "my dear friend .\n好"


def test_a_caption_with_an_emoji_is_drawn_without_it(no_fonts):
    words = Caption(start=Fraction(0), end=Fraction(1), text="Hello 🧂", kind="dialogue")
    plain = Caption(start=Fraction(0), end=Fraction(1), text="Hello", kind="dialogue")
    one, other = (
        frame_at(line(size=(640, 360)), Fraction(0), locate=at_key, captions=(said,)) for said in (words, plain)
    )
    assert (one == other).all()
