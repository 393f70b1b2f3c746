"""Changes of a film: merge patches there and back, and the common edits."""

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vitascope.errors import BadSpec
from vitascope.film import document, edit, state
from vitascope.film.document import Shot

FILM = document.read(
    {
        "title": "The ball",
        "cast": {"c1": {"name": "Mia", "looks": "Mia is red."}, "c2": {"name": "小米"}},
        "scene_order": ["s1", "s2"],
        "scenes": {"s1": {"shots": ["k1", "k2"]}, "s2": {"shots": ["k3"]}},
        "shots": {
            "k1": {
                "action": "Mia jumps. Miami is far.", "cast": ["c1"], "seconds": "4",
                "lines": [{"id": "l1", "speaker": "c1", "text": "I am Mia!"}, {"id": "l2", "text": "Yes."}],
            },
            "k2": {"action": "小米跑了。", "cast": ["c2"], "start": "continue"},
            "k3": {"action": "Nobody."},
        },
        "cut": {"items": [{"id": "k1", "shot": "k1"}, {"id": "k2", "shot": "k2"}], "left_out": ["k3"]},
    }
)  # fmt: skip
JSON = st.recursive(
    st.booleans() | st.integers(-9, 9) | st.text(max_size=3) | st.lists(st.integers(0, 3), max_size=3),
    lambda inner: st.dictionaries(st.text("abc", min_size=1, max_size=2), inner, max_size=4),
    max_leaves=12,
)
OBJECTS = st.dictionaries(st.text("abc", min_size=1, max_size=2), JSON, max_size=4)


@pytest.mark.parametrize(
    ("target", "patch", "result"),
    [  # the examples of RFC 7396, appendix A
        ({"a": "b"}, {"a": "c"}, {"a": "c"}),
        ({"a": "b"}, {"b": "c"}, {"a": "b", "b": "c"}),
        ({"a": "b"}, {"a": None}, {}),
        ({"a": "b", "b": "c"}, {"a": None}, {"b": "c"}),
        ({"a": ["b"]}, {"a": "c"}, {"a": "c"}),
        ({"a": "c"}, {"a": ["b"]}, {"a": ["b"]}),
        ({"a": {"b": "c"}}, {"a": {"b": "d", "c": None}}, {"a": {"b": "d"}}),
        ({"a": [{"b": "c"}]}, {"a": [1]}, {"a": [1]}),
        (["a", "b"], ["c", "d"], ["c", "d"]),
        ({"a": "b"}, ["c"], ["c"]),
        ({"e": None}, {"a": 1}, {"e": None, "a": 1}),
        ([1, 2], {"a": "b", "c": None}, {"a": "b"}),
        ({}, {"a": {"bb": {"ccc": None}}}, {"a": {"bb": {}}}),
    ],
)
def test_patches_are_those_of_the_rfc(target, patch, result):
    assert edit.merged(target, patch) == result


@given(OBJECTS, OBJECTS)
def test_the_patch_between_two_objects_leads_from_one_to_the_other(before, after):
    patch = edit.difference(before, after)
    assert edit.merged(before, patch) == after
    assert bool(patch) == (before != after)


@given(OBJECTS, OBJECTS, OBJECTS)
def test_changes_whose_paths_do_not_meet_can_be_made_in_any_order(base, one, other):
    first, second = edit.difference(base, one), edit.difference(base, other)
    if not edit.overlap(list(edit.paths(first)), list(edit.paths(second))):
        assert edit.merged(edit.merged(base, first), second) == edit.merged(edit.merged(base, second), first)


def test_paths_meet_in_and_around_each_other():
    assert edit.overlap([("a", "b")], [("a",)]) == [("a", "b")]
    assert edit.overlap([("a",)], [("a", "b")]) == [("a",)]
    assert edit.overlap([("a", "b")], [("a", "c"), ("b",)]) == []


@pytest.mark.parametrize("patch", [None, 3, "x", [1], {"shots": 3}, {"title": {"a": 1}}, {"scene_order": ["s1"]}])
def test_what_comes_out_must_be_a_film(patch):
    with pytest.raises(BadSpec):
        edit.apply(FILM, patch)


def test_a_patch_that_is_nested_without_end_is_refused():
    patch = {}
    for _ in range(500):
        patch = {"a": patch}
    with pytest.raises(BadSpec, match="nested"):
        edit.apply(FILM, patch)


def test_a_new_name_stands_wherever_the_old_one_was_seen_and_changes_no_digest():
    named = edit.rename_member(edit.rename_member(FILM, "c1", "Ida"), "c2", "小华")
    assert named.shots["k1"].action == "Ida jumps. Miami is far."
    assert named.shots["k1"].lines[0].text == "I am Mia!", "spoken words are the author's"
    assert named.cast["c1"].looks == "Ida is red."
    assert named.shots["k2"].action == "小华跑了。"
    for key in FILM.shots:
        scene = next(scene for scene in FILM.scenes.values() if key in scene.shots)
        digests = {state.of_clip(film, (), key, scene, film.shots[key]) for film in (FILM, named)}
        assert len(digests) == 1, key
    with pytest.raises(BadSpec, match="another one"):
        edit.rename_member(FILM, "c1", "小米")


def test_shots_are_added_moved_removed_and_split():
    added, key = edit.add_shot(FILM, "s1", Shot(action="New."), after="k1")
    assert (key, added.scenes["s1"].shots) == ("k4", ("k1", "k4", "k2"))
    moved = edit.move_shot(added, "k4", "s2", 0)
    assert [scene.shots for scene in moved.scenes.values()] == [("k1", "k2"), ("k4", "k3")]
    gone = edit.remove_shot(moved, "k1")
    assert (set(gone.shots), [item.id for item in gone.cut.items]) == ({"k2", "k3", "k4"}, ["k2"])
    split, second = edit.split_shot(FILM, "k1", lines=1, seconds=Fraction(1))
    first, rest = split.shots["k1"], split.shots[second]
    assert (first.seconds, rest.seconds, rest.start) == (1, 3, "continue")
    assert [[line.id for line in shot.lines] for shot in (first, rest)] == [["l1"], ["l2"]]
    for wrong in (
        lambda: edit.move_shot(FILM, "k1", "s2", 9),
        lambda: edit.split_shot(FILM, "k1", lines=0, seconds=Fraction(9)),
        lambda: edit.add_shot(FILM, "s9", Shot()),
        lambda: edit.remove_shot(FILM, "k9"),
    ):
        with pytest.raises(BadSpec):
            wrong()
