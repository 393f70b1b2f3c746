"""The film document, what is out of date in it, and its timeline."""

from dataclasses import replace
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vitascope.errors import BadSpec
from vitascope.film import document, plan, state, times, wording
from vitascope.film.document import CutItem, read
from vitascope.film.take import Media, Take
from vitascope.film.timeline import items, timeline, written_out

DATA = {
    "title": "The red ball",
    "cast": {
        "c1": {"name": "Mia", "looks": "a small red ball"},
        "c2": {"kind": "place", "name": "The hill", "looks": "snow at dusk"},
    },
    "scene_order": ["s1", "s2"],
    "scenes": {
        "s1": {"heading": "EXT. HILL", "place": "c2", "shots": ["k1", "k2"]},
        "s2": {"heading": "INT. HUT", "shots": ["k3"]},
    },
    "shots": {
        "k1": {"action": "Mia rolls down the hill", "cast": ["c1"]},
        "k2": {"action": "Mia stops", "cast": ["c1"], "start": "continue", "transition": "dissolve"},
        "k3": {
            "action": "Mia speaks",
            "cast": ["c1"],
            "start": "still",
            "lines": [{"id": "l1", "speaker": "c1", "text": "I am home at last."}],
        },
    },
}


def film(**changed):
    return read(DATA | changed)


def changed(source, place, /, **fields):
    data = source.to_dict()
    where = data
    for part in place.split("."):
        where = where[part]
    where.update(fields)
    return read(data)


def made(source, of, kind="clip", seconds=4, number=1, **more):
    """A take as it would be made now."""
    scene = next((scene for _, scene, shot, _ in source.in_order() if shot == of), None)
    if kind == "voice":
        digest = state.of_voice(source, source.line(of))
    elif kind == "still":
        digest = state.of_still(source, scene, source.shots[of])
    else:
        digest = state.of_clip(source, more.pop("takes", ()), of, scene, source.shots[of])
    rate = Fraction(0) if kind in ("still", "voice") else Fraction(16)
    media = Media(key=f"{of}.mp4", seconds=Fraction(seconds), width=320, height=192, rate=rate)
    return Take(id=f"{of}-{kind}{number}", of=of, kind=kind, digest=digest, media=media, number=number, **more)


def whole(source):
    takes = (made(source, "k1"),)
    takes += (made(source, "k2", takes=takes), made(source, "k3", "still"), made(source, "l1", "voice", seconds=2))
    return (*takes, made(source, "k3", takes=takes))


def names(source, takes):
    return {f"{found.of} {found.kind}": found.name for found in state.states(source, takes)}


def test_a_film_is_its_own_json():
    assert read(film().to_dict()) == film()
    assert read({}).to_dict() == {"format": 1, "title": "Untitled film"}


@pytest.mark.parametrize(
    ("data", "place"),
    [
        ({"scene_order": ["s1"]}, "scene_order"),
        ({"shots": {}}, "at scenes.s1.shots.0"),
        ({"rate": "16"}, "at rate"),
        ({"width": 333}, "at width"),
        ({"cut": {"items": [{"id": "a", "shot": "k9"}]}}, "k9"),
        ({"cut": {"items": [{"id": "a", "seconds": "nan"}]}}, "cut.items.0.seconds"),
        ({"cut": {"items": [{"id": "a", "seconds": -1}]}}, "0 to 14400"),
        ({"nonsense": 1}, "nonsense"),
        ([], "film"),
    ],
)
def test_a_film_that_is_out_of_order_is_refused_by_the_place(data, place):
    with pytest.raises(BadSpec) as refused:
        read(DATA | data if isinstance(data, dict) else data)
    assert place in refused.value.message


def test_nothing_is_made_at_first_and_what_waits_says_for_what():
    assert names(film(), ()) == {
        "k1 clip": "missing", "k2 clip": "blocked", "k3 still": "missing", "k3 clip": "blocked", "l1 voice": "missing",
    }  # fmt: skip
    assert "S01-01" in next(found.why for found in state.states(film(), ()) if found.of == "k2")


@pytest.mark.parametrize(
    ("shot", "described"),
    [
        ({"action": ""}, False),
        ({"action": " ", "framing": "close-up"}, False),
        ({"action": "", "lines": [{"id": "l9", "kind": "title", "text": "THE END"}]}, False),
        ({"action": "", "prompt": "A ball."}, True),
        ({"action": "", "lines": [{"id": "l9", "text": "Look!"}]}, True),
    ],
)
def test_a_shot_that_nothing_describes_is_blocked_and_no_random_one_is_made(shot, described):
    one = changed(changed(film(), "scenes.s1", place=""), "shots.k1", **shot)
    found = next(found for found in state.states(one, ()) if (found.of, found.kind) == ("k1", "clip"))
    assert found.name == ("missing" if described else "blocked")
    made_now = [(task.of, task.kind) for task in plan.tasks(one, ())]
    assert (("k1", "clip") in made_now, ("k2", "clip") in made_now) == (described, described)
    assert plan.undescribed(one, ()) == ([] if described else ["k1"])
    own = replace(made(film(), "k1"), digest="", own=True)
    assert names(one, (own,))["k1 clip"] == "current"


def test_words_alone_are_shown_over_their_place():
    one = changed(film(), "shots.k1", action="", lines=[{"id": "l9", "kind": "voice_over", "text": "Long ago."}])
    assert names(one, ())["k1 clip"] == "missing"


def test_what_goes_on_from_a_lost_take_is_not_made_again_unasked():
    lost = tuple(replace(take, media=None) if take.of == "k1" else take for take in whole(film()))
    assert names(film(), lost)["k2 clip"] == "blocked"
    assert [task.of for task in plan.tasks(film(), lost)] == ["k1"]
    assert [task.of for task in plan.tasks(film(), lost, stale=True)] == ["k1", "k2"]


def test_all_that_is_made_is_current():
    assert set(names(film(), whole(film())).values()) == {"current"}


def test_a_changed_word_makes_its_shot_and_its_follower_out_of_date_and_nothing_else():
    takes = whole(film())
    other = changed(film(), "shots.k1", action="Mia jumps down the hill")
    assert {name for name, found in names(other, takes).items() if found != "current"} == {"k1 clip"}
    new = replace(made(other, "k1"), id="k1-new", number=2)
    assert {name for name, found in names(other, (*takes, new)).items() if found != "current"} == {"k2 clip"}


@pytest.mark.parametrize(
    ("place", "fields"),
    [
        ("shots.k1", {"model": "wan2.2", "seed": 7, "note": "nice", "locked": True}),
        ("shots.k2", {"transition": "cut"}),
        ("cast.c2", {"name": "The mountain"}),
    ],
)
def test_another_model_or_name_makes_nothing_out_of_date(place, fields):
    assert set(names(changed(film(), place, **fields), whole(film())).values()) == {"current"}


def test_a_renamed_character_makes_nothing_out_of_date():
    data = film().to_dict()
    data["cast"]["c1"]["name"] = "Lin"
    for shot in data["shots"].values():
        shot["action"] = shot["action"].replace("Mia", "Lin")
    assert set(names(read(data), whole(film())).values()) == {"current"}


def test_a_voice_that_is_longer_than_its_take_makes_the_take_out_of_date():
    takes = tuple(
        replace(take, media=replace(take.media, seconds=Fraction(9))) if take.kind == "voice" else take
        for take in whole(film())
    )
    assert names(film(), takes)["k3 clip"] == "stale"


@pytest.mark.parametrize(
    "text", ["I am home at last. 🎉", "I am home 🎉 at last🎉.", "*I am home at last.*", "I am  home at last."]
)
def test_a_mark_that_nobody_hears_makes_no_voice_out_of_date(text):
    line = {"id": "l1", "speaker": "c1", "text": text}
    assert names(changed(film(), "shots.k3", lines=[line]), whole(film()))["l1 voice"] == "current"
    line["text"] = text.replace("last", "once")
    assert names(changed(film(), "shots.k3", lines=[line]), whole(film()))["l1 voice"] == "stale"


@pytest.mark.parametrize("text", ["🎉", "...", "—!?", "👨‍👩‍👧"])
def test_a_line_without_a_word_is_shown_and_waits_for_no_voice(text):
    one = changed(film(), "shots.k3", lines=[{"id": "l1", "speaker": "c1", "text": text}])
    assert "l1 voice" not in names(one, ())
    shown = timeline(one, whole(film()))
    assert not shown.pieces[2].muted
    assert (shown.voices, [said.seconds > 1 for said in shown.spoken]) == ((), [True])


def test_a_gate_opens_again_when_what_was_seen_changes():
    passed = {"by": "Mia", "at": 1.0, "digest": state.seen_at(film(), (), "breakdown")}
    one = film(gates={"breakdown": passed})
    assert state.gates(one, ())["breakdown"] == "passed"
    assert state.gates(changed(one, "shots.k1", action="Mia sleeps"), ())["breakdown"] == "open again"
    assert state.gates(one, ())["cut"] == "closed"


def test_a_take_is_its_own_json_also_an_own_file_without_a_digest():
    for take in (made(film(), "k1"), replace(made(film(), "k1"), digest="", own=True)):
        assert Take.from_dict(take.to_dict()) == take


def test_the_timeline_lies_on_frames_and_without_holes():
    shown = timeline(film(rate="29.97"), whole(film()))
    rate = Fraction(30000, 1001)
    at = Fraction(0)
    for piece in shown.pieces:
        assert piece.start == at
        assert (piece.seconds * rate).denominator == 1
        at = piece.end
    assert shown.seconds == at
    assert [marker.name for marker in shown.markers] == ["S01 EXT. HILL", "S02 INT. HUT"]


def test_a_dissolve_is_centred_and_begins_later_in_its_take():
    shown = timeline(film(), whole(film()))
    assert [piece.dissolve for piece in shown.pieces] == [0, Fraction(1, 2), 0]
    assert shown.pieces[1].source_in == Fraction(1, 4)
    assert shown.warnings == ()


def test_a_dissolve_without_frames_to_spare_becomes_a_cut_and_says_so():
    takes = tuple(replace(take, media=replace(take.media, seconds=Fraction(2))) for take in whole(film()))
    shown = timeline(film(), takes)
    assert shown.pieces[1].dissolve == 0
    assert "S01-02 t1 became a cut" in shown.warnings[0]


def test_a_voice_lengthens_its_shot_and_mutes_the_take():
    takes = tuple(
        replace(take, media=replace(take.media, seconds=Fraction(9))) if take.kind == "voice" else take
        for take in whole(film())
    )
    shown = timeline(film(), takes)
    assert shown.pieces[2].seconds == Fraction(19, 2)
    assert shown.pieces[2].muted
    assert shown.voices[0].start == shown.pieces[2].start + wording.PAUSE


def test_shots_that_the_cut_does_not_name_stand_behind_the_shot_before_them():
    cut = document.Cut(items=(CutItem(id="x", shot="k3"), CutItem(id="k1", shot="k1")))
    one = film().model_copy(update={"cut": cut})
    assert [item.shot for item in items(one)] == ["k3", "k1", "k2"]
    assert [piece.name for piece in timeline(one, whole(film())).pieces] == ["S02-01 t1", "S01-01 t1", "S01-02 t1"]
    assert written_out(one).items == items(one)
    left = film().model_copy(update={"cut": document.Cut(left_out=("k2",))})
    assert [item.shot for item in items(left)] == ["k1", "k3"]


@given(st.fractions(0, 4000), st.sampled_from(sorted(times.RATES)))
def test_times_snap_to_frames(seconds, rate):
    fps = times.RATES[rate]
    snapped = times.snapped(seconds, fps)
    assert abs(snapped - seconds) <= 1 / (2 * fps)
    assert times.snapped(snapped, fps) == snapped
    assert len(times.timecode(seconds, fps)) == 11


@pytest.mark.parametrize(
    ("text", "least", "most"),
    [
        ("I am home at last.", 1.0, 2.0),
        ("小米慢慢走下山坡。", 1.5, 2.5),
        ("", 0, 0),
        ("Ünïcödé words, twice!", 1.0, 2.5),
    ],
)
def test_speech_is_estimated_by_syllables(text, least, most):
    assert least <= wording.speech_seconds(text) <= most


def test_the_prompt_holds_action_looks_place_and_style():
    one = film(style="watercolour")
    scene = one.scenes["s1"]
    said = wording.prompt(one, scene, one.shots["k1"])
    assert said == "Mia rolls down the hill. Mia: a small red ball. The hill: snow at dusk. watercolour."


def test_the_dissolves_of_a_short_piece_do_not_overlap():
    cut = document.Cut(items=tuple(
        CutItem(id=f"i{at}", shot=shot, source_in=Fraction(1), seconds=Fraction(seconds), dissolve=Fraction(1))
        for at, (shot, seconds) in enumerate([("k1", 2), ("k2", Fraction(3, 24)), ("k3", 2), ("k1", Fraction(1, 24))])
    ))  # fmt: skip
    shown = timeline(film().model_copy(update={"cut": cut}), whole(film()))
    assert [piece.dissolve for piece in shown.pieces] == [0, Fraction(2, 24), Fraction(2, 24), 0]
