"""What is planned for a film: by what the model's card says, in an order in which it can be made."""

import itertools
from dataclasses import replace
from fractions import Fraction

import pytest

from doubles import CARD, PaintEngine
from vitascope.film import document, state
from vitascope.film.best import suggested
from vitascope.film.plan import Wish
from vitascope.film.take import Media, Take
from vitascope.orders.film_plan import Planner

FILM = {
    "width": 352, "height": 192,
    "scene_order": ["s1"],
    "scenes": {"s1": {"shots": ["k1", "k2", "k3"]}},
    "shots": {
        "k1": {"action": "A ball.", "seconds": "2"},
        "k2": {"action": "It rolls.", "seconds": "2", "start": "continue"},
        "k3": {"action": "It stops.", "seconds": "2", "start": "continue"},
    },
}  # fmt: skip
TEXT_ONLY = replace(CARD, name="words", modes=("text",))
EXTENDS = replace(CARD, name="extends", modes=("text", "extend"))
SHORT = replace(CARD, name="short", format=replace(CARD.format, max_seconds=Fraction(3)))
SQUARE = replace(CARD, name="square", format=replace(CARD.format, sizes=((192, 192),)))
CARDS = {card.name: card for card in (CARD, TEXT_ONLY, EXTENDS, SHORT, SQUARE, PaintEngine.card)} | {"": CARD}


def cards(name):
    """A name with a comma is a route."""
    return [CARDS[one] for one in name.split(",")]


def planned(film, takes=(), **wish):
    numbers = itertools.count(1)
    film = document.read({**FILM, **film})
    planner = Planner(
        film, tuple(takes), Wish(**wish), cards=cards, price=lambda shape, card, n: 10 * n,
        new_id=lambda: f"new{next(numbers)}",
    )  # fmt: skip
    return film, planner.made()


def shots(**changed):
    return {"shots": {key: {**shot, **changed.get(key, {})} for key, shot in FILM["shots"].items()}}


def take(film, of, number=1, *, kind="clip", digest=None, **more):
    scene = film.scenes["s1"]
    fresh = state.of_clip(film, (), of, scene, film.shots[of]) if digest is None else digest
    media = Media(key=f"clips/{of}{number}/video.mp4", seconds=Fraction(5), width=352, height=192, rate=Fraction(16))
    told = {"id": f"t{of}{number}", "media": media, **more}
    return Take(of=of, kind=kind, digest=fresh, number=number, **told)


def test_a_chain_is_planned_in_its_order_and_its_digests_are_those_that_will_be_current():
    film, plan = planned({})
    assert [(one.of, one.mode, one.waits_for) for one in plan.items] == [
        ("k1", "text", None), ("k2", "continue", 0), ("k3", "continue", 1),
    ]  # fmt: skip
    made = tuple(replace(take(film, one.of, digest=one.digest), id=one.ids[0]) for one in plan.items)
    assert {one.name for one in state.states(film, made)} == {"current"}
    assert plan.units == 30


def test_of_several_takes_the_last_is_gone_on_from():
    film, plan = planned({}, n=3)
    made = tuple(
        replace(take(film, one.of, number, digest=one.digest), id=key)
        for one in plan.items for number, key in enumerate(one.ids, 1)
    )  # fmt: skip
    assert {one.name for one in state.states(film, made)} == {"current"}


def test_one_on_its_way_is_waited_for_and_one_that_is_there_is_begun_from():
    film = document.read(FILM)
    running = replace(take(film, "k1"), media=None, state="running", job="job_1")
    _, plan = planned({}, [running])
    assert [(one.of, one.job, one.waits_for) for one in plan.items] == [("k2", "job_1", None), ("k3", "", 0)]
    _, plan = planned({}, [take(film, "k1")])
    assert (plan.items[0].of, plan.items[0].start.id, plan.items[0].job) == ("k2", "tk11", "")


def test_a_model_without_first_pictures_continues_or_is_refused_with_words():
    _, plan = planned({"model": "extends"})
    assert [one.mode for one in plan.items] == ["text", "extend", "extend"]
    assert [one.shape.given for one in plan.items] == [0, 33, 65]
    _, plan = planned({"model": "words"})
    assert [one.of for one in plan.items] == ["k1"]
    assert "takes no first picture" in plan.refused[0].error.message


def test_a_shot_that_is_too_long_for_its_model_is_refused_with_words_and_so_is_what_follows():
    _, plan = planned({"model": "short", **shots(k2={"seconds": "4"})})
    assert [one.of for one in plan.items] == ["k1"]
    assert plan.refused[0].error.message == "S01-02 lasts 4 s; short makes at most 3 s."
    assert "cannot be made" in plan.refused[1].error.message


def test_a_shot_that_nothing_describes_is_refused_and_so_is_what_follows():
    _, plan = planned(shots(k2={"action": " "}))
    assert [one.of for one in plan.items] == ["k1"]
    assert [(one.of, one.error.message) for one in plan.refused][:1] == [("k2", "S01-02 has no description.")]
    assert [one.of for one in plan.refused] == ["k2", "k3"]
    _, plan = planned(shots(k2={"action": ""}), kinds=("still",))
    assert ([one.of for one in plan.items], [one.of for one in plan.refused]) == (["k1", "k3"], ["k2"])


def test_a_model_of_a_route_that_makes_another_shape_is_passed_over():
    _, plan = planned({"model": "square,short"})
    assert {one.card.name for one in plan.items} == {"short"}
    _, plan = planned({"model": "short,"})
    assert {one.card.name for one in plan.items} == {"short"}
    _, plan = planned({"still_model": "words,short"}, kinds=("still",))
    assert {one.card.name for one in plan.items} == {"short"}, "the other makes no stills"


def test_what_stands_against_a_shot_whichever_model_makes_it_is_told_once():
    _, plan = planned({"model": "short,", **shots(k1={"locked": True})})
    assert plan.refused[0].error.message == "S01-02 goes on from S01-01, which is not made."


def test_a_locked_shot_is_left_alone_and_that_is_said():
    _, plan = planned(shots(k1={"locked": True}))
    assert [(one.of, one.error.message) for one in plan.refused][:1] == [
        ("k2", "S01-02 goes on from S01-01, which is not made."),
    ]  # fmt: skip
    film = document.read({**FILM, **shots(k1={"locked": True})})
    _, plan = planned(shots(k1={"locked": True}), [take(film, "k1")], ids=frozenset({"k1"}), again=True)
    assert (plan.items, plan.notes) == ([], ["S01-01 is locked, so nothing of it is made."])


def test_what_goes_on_from_a_lost_take_is_not_made_again_unasked():
    film = document.read(FILM)
    _, plan = planned({}, [take(film, "k2", digest="of the lost one"), take(film, "k3")])
    assert [one.of for one in plan.items] == ["k1"]


def test_a_take_runs_longer_where_it_dissolves_as_far_as_the_model_can():
    _, plan = planned(shots(k2={"transition": "dissolve"}))
    assert [one.spec.seconds for one in plan.items] == [2.25, 2.25, 2.0]
    _, plan = planned({"model": "short", **shots(k1={"seconds": "3"}, k2={"transition": "dissolve"})})
    assert plan.items[0].spec.seconds == 3


def test_each_shot_may_have_its_own_model_and_seed():
    _, plan = planned(shots(k1={"model": "short", "seed": 7}), n=2)
    assert (plan.items[0].card.name, plan.items[0].spec.seed) == ("short", 7)
    film = document.read({**FILM, **shots(k1={"seed": 7})})
    _, plan = planned(shots(k1={"seed": 7}), [take(film, "k1")], ids=frozenset({"k1"}), again=True)
    assert plan.items[0].spec.seed == 8, "another take of the same seed would be the same"


def test_who_is_in_a_shot_goes_along_where_the_model_takes_references():
    cast = {"c1": {"name": "Mia", "references": ["clip_1"]}, "c2": {"name": "Tom", "references": []}}
    wanted = {"cast": cast, **shots(k1={"action": "Mia waves to Tom.", "cast": ["c1", "c2"]})}
    _, plan = planned({**wanted, "model": "painter"}, ids=frozenset({"k1"}))
    assert plan.items[0].references == (("c1", "clip_1"),)
    assert plan.items[0].spec.prompt.startswith("@c1 waves to Tom.")
    _, plan = planned(wanted, ids=frozenset({"k1"}))
    assert (plan.items[0].references, plan.items[0].spec.prompt) == ((), "Mia waves to Tom.")


def test_stills_are_for_those_that_start_from_them_or_all_when_only_they_are_asked_for():
    _, plan = planned(shots(k1={"start": "still"}))
    assert [(one.of, one.kind, one.mode, one.waits_for) for one in plan.items[:2]] == [
        ("k1", "still", "still", None), ("k1", "clip", "image", 0),
    ]  # fmt: skip
    _, plan = planned({}, kinds=("still",))
    assert [(one.of, one.kind) for one in plan.items] == [("k1", "still"), ("k2", "still"), ("k3", "still")]


def test_nothing_is_made_twice():
    film = document.read(FILM)
    old, new = take(film, "k1", 1), take(film, "k1", 2, digest="other")
    _, plan = planned({}, [old, new], stale=True, ids=frozenset({"k1"}))
    assert plan.items == []
    assert plan.notes == ["S01-01: t1 was made from the same; choose it."]
    _, plan = planned({}, [old, new], again=True, ids=frozenset({"k1"}))
    assert len(plan.items) == 1


@pytest.mark.parametrize("kind", ["stale", "missing"])
def test_what_is_out_of_date_is_only_made_when_that_is_asked(kind):
    film = document.read(FILM)
    _, plan = planned({}, [take(film, "k1", digest="old")], stale=kind == "stale", ids=frozenset({"k1"}))
    assert len(plan.items) == (kind == "stale")


def test_the_best_take_is_suggested_by_defects_seam_and_length_never_by_a_score():
    film = document.read(FILM)
    broken = take(film, "k1", 3, defects=("It is black.",), score=1.0)
    rough, smooth = take(film, "k1", 2, seam=2.0, score=0.9), take(film, "k1", 1, seam=1.1, score=0.1)
    assert dict(suggested(film, (broken, rough, smooth), {"k1"})) == {"k1": "tk11"}
    assert dict(suggested(film, (smooth,), {"k1"})) == {}, "there is no choice"
    chosen = document.read({**FILM, **shots(k1={"take": "tk13"})})
    assert dict(suggested(chosen, (broken, rough, smooth), {"k1"})) == {}
