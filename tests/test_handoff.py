"""Films for other programs, and cuts that come back: what is written, and that nothing is lost on the way there and
back. Judges of other houses are in `test_handoff_judges.py`.
"""

import csv
import io
import json
from contextlib import suppress
from dataclasses import replace
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cutting import SONG, cut, film, films, shown, takes_of
from vitascope.errors import BadSpec, NotSupported
from vitascope.film import document, times
from vitascope.film.document import CutItem
from vitascope.film.handoff import (
    FEATURES,
    FORMATS,
    Difference,
    accept,
    compare,
    edited,
    edl,
    fcpxml_back,
    links,
    lists,
    otio,
    read,
    to_be_made,
    write,
)
from vitascope.film.timeline import timeline

BACK = [name for name, form in FORMATS.items() if form.comes_back]
SLOW_RATES = tuple(name for name, rate in times.RATES.items() if rate <= 30)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("handoff")


def exported(name, source, takes, folder, root=""):
    made = shown(source, takes)
    target = folder / f"film{FORMATS[name].suffix}"
    write(name, made, source, media=links.beside(made, root), target=target)
    return target


def returned(name, source, takes, folder):
    """All differences of an export that nobody touched."""
    path = exported(name, source, takes, folder)
    return compare(source, takes, shown(source, takes), read(path, rate=source.fps))


@pytest.mark.parametrize("name", BACK)
@given(data=st.data())
@settings(max_examples=60, deadline=None)
def test_an_untouched_export_gives_no_difference(name, data, folder):
    source, takes = data.draw(films(SLOW_RATES if name == "edl" else tuple(times.RATES)))
    assert [one.text for one in returned(name, source, takes, folder)] == []


def changes(source, takes, other, folder, name="otio", changed=None):
    """What is told of `other` cut, and the cut when all of it is taken over."""
    path = exported(name, other, takes, folder)
    if changed:
        path.write_text(changed(path.read_text("utf-8")), "utf-8")
    back = read(path, rate=source.fps)
    found = compare(source, takes, shown(source, takes), back)
    chosen = [at for at, one in enumerate(found) if one.what != "foreign"]
    taken = source.model_copy(update={"cut": accept(source, found, chosen, timeline=shown(source, takes))})
    return found, taken, back


def items(**changed):
    plain = {
        key: CutItem(id=key, shot=key, source_in=Fraction(1), seconds=Fraction(3)) for key in ("k1", "k2", "k3", "k4")
    }
    return [plain[key].model_copy(update=changed.get(key, {})) for key in plain]


PLAIN = items()
HALF = Fraction(1, 2)
ENDLESS = '<sequence tcStart="1e9999999s"><spine/></sequence>'


@pytest.mark.parametrize(("told", "left"), [("no shot yet", []), ("The cut shows no shot", ["k1", "k2", "k3", "k4"])])
def test_a_film_of_which_nothing_is_shown_is_not_exported(told, left, folder):
    source = cut(film(), left_out=left) if left else document.read({})
    made = timeline(source, ())
    with pytest.raises(NotSupported, match=told):
        write("otio", made, source, media=links.beside(made), target=folder / "film.otio")


@pytest.mark.parametrize("name", BACK)
@pytest.mark.parametrize(
    ("now", "left_out", "told"),
    [
        (items(k2={"seconds": Fraction(2)}), (), [("k2", "trimmed")]),
        (items(k2={"seconds": Fraction(2), "source_in": Fraction(2)}), (), [("k2", "trimmed")]),
        (items(k2={"source_in": Fraction(2)}), (), [("k2", "slipped")]),
        (items(k2={"speed": Fraction(2), "seconds": HALF}), (), [("k2", "speed"), ("k2", "trimmed")]),
        (items(k3={"dissolve": HALF}), (), [("k3", "dissolve")]),
        (items(k3={"gap": Fraction(1)}), (), [("k3", "gap")]),
        ([PLAIN[0], PLAIN[2], PLAIN[1], PLAIN[3]], (), [("k3", "moved")]),
        ([PLAIN[3], *PLAIN[:3]], (), [("k4", "moved")]),
        ([PLAIN[0], PLAIN[2], PLAIN[3]], ("k2",), [("k2", "removed")]),
        (
            [*PLAIN[:1], *(CutItem(id=f"h{at}", shot="k2", source_in=1 + at * HALF, seconds=HALF * (1 + 4 * at))
                           for at in (0, 1)), *PLAIN[2:]],
            (),
            [("k2_2", "split"), ("k2", "trimmed")],
        ),
        ([*PLAIN, PLAIN[1].model_copy(update={"id": "again"})], (), [("k2_2", "duplicated")]),
        (items(k2={"seconds": Fraction(12)}), (), [("k2", "trimmed"), ("k2", "too long")]),
    ],
)  # fmt: skip
def test_what_an_editor_changed_is_told_and_taken_over(name, now, left_out, told, folder):
    source = cut(film(), *PLAIN)
    takes = takes_of(source)
    other = cut(film(), *now, left_out=left_out)
    found, taken, back = changes(source, takes, other, folder, name)
    assert sorted((one.item, one.what) for one in found) == sorted(told)
    assert all(one.text and Difference.from_dict(json.loads(json.dumps(one.to_dict()))) == one for one in found)
    again = compare(taken, takes, shown(taken, takes), back)
    assert [one.text for one in again] == []


@given(data=st.data())
@settings(max_examples=100, deadline=None, derandomize=True)
def test_taking_everything_over_gives_the_edited_cut(data, folder):
    source, takes = data.draw(films())
    other, _ = data.draw(films((source.rate,)))
    _, taken, back = changes(source, takes, other, folder)
    made = shown(taken, takes)
    cuts = [warning for warning in made.warnings if "became a cut" in warning]  # no frames to spare, and it says so
    kept = [one for one in compare(taken, takes, made, back) if one.what != "too long"]
    assert [one.text for one in kept if not (one.what == "dissolve" and cuts)] == []


def test_a_lengthened_shot_is_to_be_made_anew(folder):
    source = cut(film(), *PLAIN)
    takes = takes_of(source)
    found, _, _ = changes(source, takes, cut(film(), *items(k2={"seconds": Fraction(12)})), folder)
    assert to_be_made(found) == {"k2": "13"}


def test_only_what_is_picked_is_taken_over(folder):
    source = cut(film(), *PLAIN)
    takes = takes_of(source)
    other = cut(film(), *[PLAIN[1], *items(k1={"seconds": Fraction(1)})[:1], *PLAIN[2:]])
    found, _, _ = changes(source, takes, other, folder)
    assert [one.what for one in found] == ["moved", "trimmed"] or [one.what for one in found] == ["trimmed", "moved"]
    only = accept(source, found, [at for at, one in enumerate(found) if one.what == "trimmed"])
    assert [(item.id, item.seconds) for item in only.items] == [("k1", 1), ("k2", 3), ("k3", 3), ("k4", 3)]
    assert accept(source, found, ()).items == source.cut.items


@pytest.mark.parametrize("name", ["otio", "fcpxml"])
def test_a_renamed_clip_is_known_by_its_file(name, folder):
    source = cut(film(), *PLAIN)
    takes = takes_of(source)
    path = exported(name, source, takes, folder)
    text = path.read_text("utf-8")
    for mark in ('"name": "S01-02 t1"', ' name="S01-02 t1"'):
        text = text.replace(mark, mark.replace("S01-02 t1", "好的"))
    path.write_text(text, "utf-8")
    found = compare(source, takes, shown(source, takes), read(path))
    assert [(one.what, one.now) for one in found] == [("renamed", {"name": "好的"})]
    assert accept(source, found, [0]).items == source.cut.items


@pytest.mark.parametrize("name", BACK)
def test_a_clip_of_elsewhere_is_told_and_taken_over_once_it_is_here(name, folder):
    source = cut(film(), *PLAIN)
    takes = takes_of(source)
    stranger = {"other": replace(SONG["song"], key="stock/beach.mp4", width=64, height=64, rate=Fraction(25))}
    other = cut(film(), *PLAIN[:2], CutItem(id="Beach", file="other", seconds=Fraction(2)), *PLAIN[2:])
    made = timeline(other, takes, foreign=SONG | stranger)
    path = folder / f"foreign{FORMATS[name].suffix}"
    write(name, made, other, media=links.beside(made), target=path)
    found = compare(source, takes, shown(source, takes), read(path))
    assert [(one.item, one.what, one.now["after"]) for one in found] == [("Beach", "foreign", "k2")]
    with pytest.raises(BadSpec, match="Beach"):
        accept(source, found, [0])
    taken = accept(source, found, [0], files={"Beach": "clip_77"})
    assert [(item.id, item.file) for item in taken.items][2] == ("Beach", "clip_77")
    assert taken.items[2].seconds == 2


def test_another_take_that_the_editor_put_in_is_known(folder):
    source = cut(film(), *PLAIN)
    takes = takes_of(source)
    second = replace(takes[1], id="second", number=2, media=replace(takes[1].media, key="takes/k2-2.mp4"))
    other = cut(film(), *items(k2={"take": "second"}))
    first = cut(film(), *items(k2={"take": takes[1].id}))
    found = compare(
        first, (*takes, second), shown(first, (*takes, second)), read(exported("otio", other, (*takes, second), folder))
    )
    assert [(one.what, one.now.get("take")) for one in found] == [("added", "second"), ("removed", None)]
    taken = accept(first, found, [0, 1])
    assert [(item.shot, item.take) for item in taken.items][1] == ("k2", "second")


def test_a_film_of_nasty_names_goes_into_every_link(folder):
    source = cut(film(), *PLAIN)
    takes = takes_of(source)
    text = exported("fcpxml", source, takes, folder, root="/home/小米/a b#c&d").read_text("utf-8")
    assert 'src="file:///home/%E5%B0%8F%E7%B1%B3/a%20b%23c%26d/media/S01-01_t1.mp4"' in text
    assert links.uri("C:\\Films & more\\a#b.mp4") == "file:///C:/Films%20%26%20more/a%23b.mp4"
    assert links.path("file:///C:/a%20b.mp4") == "C:/a b.mp4"
    assert links.safe_name("a/b: <小米>?. ") == "a_b_ _小米__"
    assert links.safe_name("con") == "_con"


@pytest.mark.parametrize("rate", ["50", "60"])
def test_an_edl_refuses_rates_that_it_cannot_carry(rate, folder):
    source = film(rate=rate)
    with pytest.raises(NotSupported, match=f"{rate} frames") as refused:
        exported("edl", source, takes_of(source), folder)
    assert "OTIO" in refused.value.hint


def test_a_report_tells_what_a_format_could_not_hold(folder):
    source = cut(film(captions={"speakers": True}, overlays={"o1": {"text": "9.99"}}), *items(k2={"dissolve": HALF}))
    made = shown(source, takes_of(source))
    report = write("edl", made, source, media=links.beside(made), target=folder / "film.edl")
    told = " ".join(report.losses)
    assert "sound of takes, voices and music: 5 sounds" in told
    assert "captions: 1 line" in told
    assert "logo and text over the picture: 1 overlay" in told
    assert "dissolves" not in told


def test_cells_that_look_like_formulas_do_no_harm(folder):
    source = cut(film(), *PLAIN)
    made = shown(source, takes_of(source))
    write("csv", made, source, media=links.beside(made), target=folder / "film.csv")
    rows = list(csv.DictReader(io.StringIO((folder / "film.csv").read_text("utf-8-sig"))))
    assert len(rows) == 4
    assert rows[0]["action"].startswith("'=Mia")
    assert rows[3]["lines"] == "小米: 我回来了 & happy."
    assert [lists.defused(cell) for cell in ("-1+1", "@x", " =a", "a=b")] == ["'-1+1", "'@x", "' =a", "a=b"]


# As other programs write

RESOLVE_EDL = """TITLE: Timeline 1
FCM: DROP FRAME

001  AX       V     C        00:00:01:00 00:00:04:00 01:00:00;00 01:00:03;00
* FROM CLIP NAME: S01-01 t1
002  AX       V     C        00:00:04:00 00:00:04:00 01:00:03;00 01:00:03;00
002  AX       V     D    012 00:00:01:00 00:00:04:06 01:00:03;00 01:00:06;06
* BLEND, DISSOLVE
* FROM CLIP NAME: S01-01 t1
* TO CLIP NAME: S01-02 t1
003  BEACH    V     C        10:00:00:00 10:00:02:00 01:00:06;06 01:00:08;06
* FROM CLIP NAME: Beach.mov
M2   BEACH          015.0                       10:00:00:00
004  AX       A     C        00:00:01:00 00:00:04:00 01:00:00;00 01:00:03;00
"""


def test_an_edl_of_resolve_with_dropped_numbers_and_sound_is_read(folder):
    path = folder / "resolve.edl"
    path.write_text(RESOLVE_EDL)
    found = read(path, rate=Fraction(30000, 1001))
    assert [(item.name, round(item.seconds * found.rate), item.speed) for item in found.items] == [
        ("S01-01 t1", 96, 1), ("S01-02 t1", 90, 1), ("Beach.mov", 60, Fraction(1001, 2000)),
    ]  # fmt: skip
    assert found.items[1].source_in * found.rate == 36
    assert found.items[1].dissolve * found.rate == 12


FINAL_CUT = """<?xml version="1.0" encoding="UTF-8"?>
<!DOCTYPE fcpxml>
<fcpxml version="1.10"><resources>
<format id="r1" frameDuration="1/24s" width="640" height="360"/>
<asset id="r2" name="S01-01_t1" start="0s" duration="10s" hasVideo="1" format="r1"><media-rep kind="original-media" src="file:///x/S01-01_t1.mp4"/></asset>
<asset id="r3" name="camera" start="3600s" duration="10s" hasVideo="1" format="r1"><media-rep kind="original-media" src="file:///x/camera.mov"/></asset>
<asset id="r4" name="song" start="0s" duration="60s" hasAudio="1"><media-rep kind="original-media" src="file:///x/song.wav"/></asset>
<effect id="r5" name="Basic Title" uid=".../Titles.localized/Basic Title.moti"/>
<media id="r6" name="Compound"><sequence format="r1" duration="6s"><spine>
  <asset-clip ref="r2" name="S01-01 t1" offset="0s" start="1s" duration="3s"/>
  <asset-clip ref="r3" name="camera" offset="3s" start="3602s" duration="3s"/>
</spine></sequence></media>
</resources><library><event name="e"><project name="p"><sequence format="r1" duration="12s" tcStart="3600s" tcFormat="NDF"><spine>
  <ref-clip ref="r6" name="Compound" offset="3600s" start="2s" duration="3s"/>
  <gap name="Gap" offset="3603s" start="3600s" duration="2s">
    <asset-clip ref="r2" lane="1" name="S01-02 t1" offset="3601s" start="5s" duration="1s"/>
    <asset-clip ref="r4" lane="-1" name="song" offset="3600s" duration="1s"/>
  </gap>
  <clip name="S01-03 t1" offset="3605s" start="1s" duration="2s"><spine lane="1" offset="1s"><title ref="r5" name="Title" offset="0s" start="3600s" duration="1s"/></spine><video ref="r2" offset="0s" duration="10s"/></clip>
  <transition name="Cross Dissolve" offset="3606s" duration="2s"/>
  <sync-clip name="Synced" offset="3607s" start="0s" duration="2s"><asset-clip ref="r3" name="S01-04 t1" offset="0s" start="3604s" duration="10s"/></sync-clip>
  <asset-clip ref="r2" name="off" enabled="0" offset="3609s" start="0s" duration="1s"/>
</spine></sequence></project></event></library></fcpxml>
"""  # noqa: E501


def test_fcpxml_with_compound_connected_and_synchronised_clips_is_laid_out_flat(folder):
    path = folder / "final cut.fcpxml"
    path.write_text(FINAL_CUT)
    found = read(path)
    assert [(one.name, one.start, one.seconds, one.source_in, one.track, one.dissolve) for one in found.items] == [
        ("S01-01 t1", 0, 1, 3, 0, 0), ("camera", 1, 2, 2, 0, 0), ("S01-03 t1", 5, 2, 1, 0, 0),
        ("S01-04 t1", 7, 2, 4, 0, 2), ("S01-02 t1", 4, 1, 5, 1, 0),
    ]  # fmt: skip


def test_an_otio_with_nested_stacks_is_laid_out_flat_and_titles_stay_out(folder):
    def time(value, rate=24.0):
        return {"OTIO_SCHEMA": "RationalTime.1", "value": value, "rate": rate}

    def span(start, length):
        return {"OTIO_SCHEMA": "TimeRange.1", "start_time": time(start), "duration": time(length)}

    def clip(name, start, length, reference="ExternalReference.1", first=0.0):
        media = {"OTIO_SCHEMA": reference, "target_url": f"file:///x/{name}.mov", "available_range": span(first, 900.0)}
        return {"OTIO_SCHEMA": "Clip.1", "name": name, "source_range": span(start, length), "media_reference": media}

    def track(*children, kind="Video", **more):
        return {"OTIO_SCHEMA": "Track.1", "kind": kind, "children": list(children), **more}

    nested = {
        "OTIO_SCHEMA": "Stack.1", "source_range": span(12.0, 36.0),
        "children": [track(clip("S01-01 t1", 86400.0, 24.0, first=86400.0), clip("S01-02 t1", 0.0, 48.0))],
    }  # fmt: skip
    gap = {"OTIO_SCHEMA": "Gap.1", "source_range": span(0.0, 12.0)}
    stack = {
        "OTIO_SCHEMA": "Stack.1",
        "children": [
            track(nested, gap, clip("S01-03 t1", 5.0, 24.0)),
            track(clip("Title", 0.0, 24.0, "GeneratorReference.1")),
            track(clip("song", 0.0, 24.0), kind="Audio"),
        ],
    }
    path = folder / "nested.otio"
    path.write_text(json.dumps({"OTIO_SCHEMA": "Timeline.1", "name": "t", "tracks": stack}))
    found = read(path).items
    assert [(one.name, *(24 * time for time in (one.start, one.seconds, one.source_in, one.gap))) for one in found] == [
        ("S01-01 t1", 0, 12, 12, 0), ("S01-02 t1", 12, 24, 0, 0), ("S01-03 t1", 48, 24, 5, 12),
    ]  # fmt: skip


def test_own_clips_on_a_higher_track_cover_the_picture_and_foreign_ones_stay_out():
    source = cut(film(), *PLAIN)
    takes = takes_of(source)
    made = shown(source, takes)
    main = [edited.EditedItem(name=piece.name, start=piece.start, seconds=piece.seconds, source_in=piece.source_in)
            for piece in made.pieces if piece.shot != "k2"]  # fmt: skip
    main[1:] = [replace(item, start=item.start) for item in main[1:]]
    above = edited.EditedItem(name="S01-02 t1", start=Fraction(3), seconds=Fraction(3), source_in=Fraction(1), track=1)
    logo = edited.EditedItem(name="Logo", start=Fraction(0), seconds=Fraction(1), track=2)
    found = compare(source, takes, made, edited.cut_of(Fraction(24), [*main, above, logo]))
    assert [(one.item, one.what) for one in found] == [("", "foreign")]
    assert accept(source, found, [0]).items == source.cut.items


@pytest.mark.parametrize(
    ("name", "text", "told"),
    [
        ("a.fcpxml", '<!DOCTYPE fcpxml [<!ENTITY a "b">]><fcpxml/>', "entities"),
        ("a.fcpxml", "<fcpxml>", "cannot be read"),
        ("a.fcpxml", "<html/>", "not fcpxml"),
        ("a.fcpxml", "<fcpxml><resources/></fcpxml>", "no project"),
        ("a.fcpxml", f"<fcpxml><project>{ENDLESS}</project></fcpxml>", "too long"),
        ("a.fcpxml", "<a>" * 250 + "</a>" * 250, "200 deep"),
        ("a.otio", "{", "cannot be read"),
        ("a.otio", '{"OTIO_SCHEMA": "Clip.1"}', "no timeline"),
        ("a.otio", '{"OTIO_SCHEMA": "Timeline.1", "tracks": []}', "cannot be read"),
        ("a.otio", "[" * 100_000, "cannot be read"),
        ("a.edl", "hello", "no event"),
        ("a.mov", "hello", "not from .mov"),
    ],
)
def test_what_cannot_be_read_is_refused_in_words(name, text, told, folder):
    path = folder / name
    path.write_text(text)
    with pytest.raises(BadSpec, match=told) as refused:
        read(path)
    assert refused.value.hint
    assert str(folder) not in refused.value.message


@given(st.binary(max_size=400), st.sampled_from(["a.otio", "a.fcpxml", "a.edl"]))
@settings(max_examples=200, deadline=None)
def test_any_bytes_are_read_or_refused(data, name):
    reader = {"a.otio": otio.read, "a.fcpxml": fcpxml_back.read, "a.edl": edl.read}[name]
    with suppress(BadSpec):
        reader(data)


def test_the_table_of_formats_is_whole():
    assert all(form.keeps <= set(FEATURES) for form in FORMATS.values())
    with pytest.raises(BadSpec, match="No format"):
        write("aaf", shown(film(), ()), film(), media=lambda media: "", target=None)
