"""Captions of films: cut at clauses, timed by the voice, and equal both ways as SRT and VTT."""

import re
from fractions import Fraction
from itertools import pairwise

import pysubs2
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vitascope.errors import BadSpec
from vitascope.film import document, phrases, wording
from vitascope.film.captions import GAP_FRAMES, LONGEST, SHORTEST, Caption, events, line_limits
from vitascope.film.document import Line
from vitascope.film.subtitles import read_srt, read_vtt, srt, vtt
from vitascope.film.timeline import Spoken, Timeline
from vitascope.film.times import RATES

STYLE = document.Captions()
WIDE, TALL = (1280, 720), (1080, 1920)
LONG_EN = (
    "When the snow had melted, the little red ball rolled out of the hut, looked at the hill for a long time, and "
    "decided that today was the day. Nobody had ever seen it jump so high! The cube, who had slept all winter, only "
    "said: well, well."
)
LONG_ZH = (
    "雪化了以后，红色的小球慢慢地滚出了小屋，看着远处的山坡看了很久，终于决定就是今天。"
    "从来没有人见过它跳得这么高！睡了一个冬天的方块只说了一句：“好吧，好吧。”"
)


def spoken(text, start=0, seconds=None, kind="dialogue", speaker="Mia", words=(), number=1):
    line = Line(id=f"l{number}", kind=kind, text=text)
    lasts = Fraction(seconds) if seconds is not None else wording.speech_seconds(text)
    return Spoken(line=line, speaker=speaker, start=Fraction(start), seconds=lasts, words=tuple(words))


def told(*lines, size=WIDE, rate="24", style=STYLE, language="en"):
    fps = RATES[rate]
    end = max([line.end for line in lines], default=Fraction(0)) + 2
    shown = Timeline(
        title="t", rate=fps, width=size[0], height=size[1], seconds=end, pieces=(), voices=(), music=(), spoken=lines,
        markers=(),
    )  # fmt: skip
    return shown, events(shown, style, language=language)


def bare(text):
    return re.sub(r"\s", "", text)


def check(shown, found, lines):
    limits, gap = line_limits(shown, STYLE), GAP_FRAMES / shown.rate
    for caption in found:
        assert (caption.start * shown.rate).denominator == (caption.end * shown.rate).denominator == 1
        assert SHORTEST <= caption.end - caption.start <= LONGEST + 1 / shown.rate
        rows = caption.text.split("\n")
        assert 1 <= len(rows) <= 2
        assert all(row.strip() and phrases.width(row, limits) <= phrases.room(limits) for row in rows)
    for one, then in pairwise(found):
        assert then.start - one.end >= gap
    said = re.sub(r"(^|\n)- ", r"\1", "\n".join(caption.text for caption in found))
    assert sorted(bare(said)) == sorted(bare("".join(line.line.text for line in lines)))


@pytest.mark.parametrize("size", [WIDE, TALL])
@pytest.mark.parametrize("text", [LONG_EN, LONG_ZH])
def test_long_lines_are_cut_at_sentences_and_clauses(text, size):
    line = spoken(text)
    shown, found = told(line, size=size)
    check(shown, found, [line])
    ends = [caption.text[-1] for caption in found]
    assert sum(end in ",.!:，。！：”" for end in ends) >= len(ends) - (1 if size is WIDE else 3)
    assert found[0].start == 0
    assert abs(found[-1].end - line.end) <= 1


def test_no_chinese_line_begins_with_a_closing_sign_or_ends_with_an_opening_one():
    for size in (WIDE, TALL):
        for caption in told(spoken(LONG_ZH), size=size)[1]:
            for row in caption.text.split("\n"):
                assert row[0] not in "，。！：”"
                assert row[-1] not in "“（"


def test_a_line_of_a_tall_film_is_shorter():
    wide, tall = told(spoken("a"))[0], told(spoken("a"), size=TALL)[0]
    assert line_limits(wide, STYLE) == (42, 18)
    assert line_limits(tall, STYLE) == (29, 14)


def test_captions_follow_the_words_of_the_voice():
    text = "Here it comes, slowly and with a very long breath between the two halves of it, and then it is gone."
    words = text.split()
    half = words.index("and", 6)
    times = [(word, Fraction(n, 10), Fraction(n + 1, 10)) for n, word in enumerate(words[:half])]
    times += [(word, 4 + Fraction(n, 10), 4 + Fraction(n + 1, 10)) for n, word in enumerate(words[half:])]
    _, found = told(spoken(text, seconds=6, words=times))
    later = next(caption for caption in found if "and then" in caption.text)
    assert abs(later.start - 4) < Fraction(1, 8)


def test_words_of_chinese_find_their_letters():
    words = [
        ("雪化了以后", 0, 1),
        ("红色的小球", 1, 2),
        ("慢慢地滚出了小屋", 2, 4),
        ("看着山坡", 7, 8),
        ("看了很久很久", 8, 9),
    ]
    text = "雪化了以后，红色的小球慢慢地滚出了小屋，看着山坡看了很久很久。"
    given = [(word, Fraction(start), Fraction(end)) for word, start, end in words]
    _, found = told(spoken(text, seconds=9, words=given), size=(400, 720))
    later = next(caption for caption in found if caption.text.startswith("看着"))
    assert abs(later.start - 7) < Fraction(1, 8)


def test_two_quick_lines_share_a_caption():
    lines = (
        spoken("No.", 0, Fraction(3, 10)),
        spoken("Why?", Fraction(11, 20), Fraction(3, 10), speaker="Lin", number=2),
    )
    shown, found = told(*lines)
    assert [caption.text for caption in found] == ["- No.\n- Why?"]
    check(shown, found, lines)


def test_a_title_stands_where_nobody_speaks():
    title = spoken("Winter", 0, 6, kind="title", speaker="", number=2)
    line = spoken("It is cold.", 1, 1)
    shown, found = told(title, line)
    assert (found[0].kind, found[0].start) == ("dialogue", 1)
    assert found[1].kind == "title"
    assert found[1].end == 6
    check(shown, found, [title, line])


def test_who_speaks_is_written_when_it_is_asked():
    style = document.Captions(speakers=True)
    assert told(spoken("I am home."), style=style)[1][0].text == "Mia: I am home."
    assert told(spoken("我到家了。", speaker="小米"), style=style, language="zh")[1][0].text == "小米：我到家了。"
    assert told(spoken("I am home.", kind="voice_over"), style=style)[1][0].text == "I am home."


def test_nothing_to_read_is_no_caption():
    assert told(spoken("  \n ", seconds=1))[1] == ()
    assert told()[1] == ()


LETTERS = st.text(st.sampled_from("abc de, f. g! 红色的，。！？“”（ é 😀👩‍🚀\u0301\n\t<>&-"), max_size=160)


@settings(max_examples=150, deadline=None)
@given(
    st.lists(st.tuples(LETTERS, st.fractions(0, 2), st.fractions(0, 12), st.sampled_from(["dialogue", "title"])),
             max_size=5),
    st.sampled_from([WIDE, TALL, (352, 192)]),
    st.sampled_from(sorted(RATES)),
)  # fmt: skip
def test_any_text_is_whole_in_time_and_in_two_lines(given_lines, size, rate):
    at, lines = Fraction(0), []
    for number, (text, pause, seconds, kind) in enumerate(given_lines):
        lines.append(spoken(text.replace("- ", ""), at + pause, seconds, kind=kind, number=number))
        at = at + pause + (seconds if kind == "dialogue" else 0)
    shown, found = told(*lines, size=size, rate=rate)
    kept = [spoken(phrases._writable(line.line.text.replace("\n", " ").replace("\t", " "))) for line in lines]
    check(shown, found, kept)


TIMES = st.lists(st.integers(1, 5_000_000), min_size=2, max_size=20, unique=True).map(sorted)
WORDS = st.lists(st.text(st.sampled_from("abc 红球,.!<>&;-'\"1"), min_size=1, max_size=20).map(str.strip).filter(bool),
                 min_size=1, max_size=2)  # fmt: skip


def captions(times, texts):
    pairs = list(zip(times[::2], times[1::2], strict=False))
    return tuple(
        Caption(Fraction(start, 1000), Fraction(end, 1000), "\n".join(texts[n % len(texts)]), "dialogue", "")
        for n, (start, end) in enumerate(pairs)
    )


@settings(deadline=None)
@given(TIMES, st.lists(WORDS, min_size=1, max_size=5))
def test_vtt_is_read_as_it_was_written(times, texts):
    given_ones = captions(times, texts)
    assert read_vtt(vtt(given_ones)) == given_ones


@settings(deadline=None)
@given(TIMES, st.lists(WORDS, min_size=1, max_size=5))
def test_srt_is_read_as_it_was_written(times, texts):
    plain = [[" ".join(row.replace("<", "").split()) or "x" for row in text] for text in texts]  # it has no escapes
    given_ones = captions(times, plain)
    assert read_srt(srt(given_ones)) == given_ones


def test_another_library_reads_both_alike():
    _, found = told(spoken(LONG_EN), spoken(LONG_ZH, 30, number=2))
    for text, form in ((srt(found), "srt"), (vtt(found), "vtt")):
        read = pysubs2.SSAFile.from_string(text, format_=form)
        assert [(one.start, one.end) for one in read] == [
            (round(caption.start * 1000), round(caption.end * 1000)) for caption in found
        ]
        assert [one.plaintext for one in read] == [caption.text for caption in found]
        again = read.to_string(form)
        kept = read_srt(again) if form == "srt" else read_vtt(again)
        assert [caption.text for caption in kept] == [caption.text for caption in found]


def test_vtt_keeps_who_speaks_and_what_it_is():
    given_ones = (
        Caption(Fraction(0), Fraction(1), "a < b & c", "voice_over", "M & <i>"),
        Caption(Fraction(2), Fraction(3), "End", "title"),
    )
    assert read_vtt(vtt(given_ones)) == given_ones


def test_files_of_other_programs_are_read():
    assert read_srt("\ufeff1\r\n00:00:01.5 --> 0:00:02,250 X1:5\r\n<i>Hi</i>\r\n{\\an8}you\r\n\r\n\r\n") == (
        Caption(Fraction(3, 2), Fraction(9, 4), "Hi\nyou"),
    )
    text = "WEBVTT - a film\nKind: captions\n\nNOTE hello\n\nSTYLE\n::cue {}\n\nid 1\n"
    text += "00:01.000 --> 00:02.000 line:0\n<c.x>Hi</c>\n"
    assert read_vtt(text) == (Caption(Fraction(1), Fraction(2), "Hi"),)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("1\n00:00:01,000 -> 00:00:02,000\nHi\n", "Line 1"),
        ("1\nx --> y\nHi\n", "Line 2"),
        ("1\n00:00:02,000 --> 00:00:01,000\nHi\n", "ends before"),
    ],
)
def test_a_wrong_line_is_named(text, says):
    with pytest.raises(BadSpec, match=says):
        read_srt(text)
    with pytest.raises(BadSpec, match="WEBVTT"):
        read_vtt(text)
