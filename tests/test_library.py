"""The library: what is kept is found again, by its owner alone, and goes when its time has come. On both databases."""

import pytest

from doubles import recipe_of
from service import add_account
from vitascope.clip import ClipSpec, Recipe
from vitascope.errors import BadSpec, Conflict, NotFound
from vitascope.smallworld.search_terms import search_terms
from vitascope.store import clip_search, ids, library, projects, retention, similar_clips
from vitascope.store.folder_blobs import FolderBlobs
from vitascope.store.retention import DAY
from vitascope.store.text_search import pattern, words_of


def recipe(prompt="a red ball on grass", **more):
    spec = ClipSpec(prompt=prompt, **{"seed": 7, "seconds": 0.5, **more})
    return recipe_of(spec, weights="w", version="0.1")


def keep(store, account, prompt="a red ball on grass", **more):
    with store.begin() as tx:
        given = {"sha256": ids.new_id("x_", 0)[2:], "size_bytes": 10, "now": store.clock.forward(1), **more}
        meaning = search_terms(prompt).terms
        return library.add(tx, account_id=account, recipe=recipe(prompt), meaning=meaning, **given)


def found(store, account, words="", **asked):
    with store.read() as tx:
        return [clip.id for clip in clip_search.search(tx, account, words=words, hooks=[search_terms], **asked)]


@pytest.fixture
def mia(store):
    return add_account(store)


def test_a_clip_is_kept_with_its_recipe_and_found_by_its_id(store, mia):
    kept = keep(store, mia, tags=["best"], poster_key="clips/x/poster.jpg")
    with store.read() as tx:
        assert library.get(tx, mia, kept.id) == kept
        assert library.by_sha256(tx, mia, kept.sha256) == kept
        assert library.by_sha256(tx, mia, "none") is None
    assert Recipe.from_dict(kept.recipe).spec == recipe().spec
    assert (kept.width, kept.height, kept.frames, kept.seconds, kept.seed) == (256, 256, 9, 9 / 16, 7)
    assert kept.video_key == f"clips/{kept.id}/video.mp4"
    assert kept.keys == (kept.video_key, "clips/x/poster.jpg")


def test_words_are_found_in_prompt_and_tags_in_both_languages(store, mia):
    ball = keep(store, mia, "A Red ball bounces, on snow!").id
    foot = keep(store, mia, "a football on grass").id
    chinese = keep(store, mia, "一个红色的球在雪地上弹跳").id
    tagged = keep(store, mia, "a cube", tags=["Café 100%", "红队"]).id
    for words, expected in {
        "red": [chinese, ball],
        "BALL": [chinese, ball],
        "foot": [foot],
        "ball red": [chinese, ball],
        "ball grass": [],
        "红球": [chinese, ball],
        "红": [tagged, chinese, ball],
        "雪 弹": [chinese, ball],
        "a red ball": [chinese, ball],
        "cafe": [tagged],
        "CAFÉ": [tagged],
        "100": [tagged],
        "%": [tagged, chinese, foot, ball],  # no word at all
        "_all": [],
        "a": [tagged, foot, ball],
        "１００": [tagged],
    }.items():
        assert found(store, mia, words) == expected, words


def test_a_question_in_one_language_finds_prompts_in_the_other_exactly(store, mia):
    slow = keep(store, mia, "A red ball rolls slowly on snow at night").id
    fast = keep(store, mia, "a red ball rolls on snow at night", tags=["draft"]).id
    turns = keep(store, mia, "a cube turns blue on grass").id
    chinese = keep(store, mia, "夜晚，一个红色的球在雪地上滚动").id
    foot = keep(store, mia, "a football on grass").id
    for words, expected in {
        "雪地上的红球": [chinese, fast, slow],
        "夜晚 滚动": [chinese, fast, slow],
        "snow at night": [chinese, fast, slow],
        "慢慢滚动的球": [slow],  # how fast is no term of a clip: its words are looked for, in both languages
        "草地": [foot, turns],
        "变成蓝色的立方体": [turns],
        "变成红色的立方体": [],
        "红球 draft": [fast],  # the reader does not know "draft": it is found by its letters
        "red, at night": [chinese, fast, slow],
        "红龙": [],
        "蓝球": [],
    }.items():
        assert found(store, mia, words) == expected, words
        with store.read() as tx:
            assert clip_search.count_found(tx, mia, words=words, hooks=[search_terms])[0] == len(expected), words
            near = [clip.id for clip in similar_clips.near(tx, mia, words, hooks=[search_terms])]
        assert not set(near) & set(expected), "what is found exactly is not near besides"


def test_a_count_is_of_all_that_a_search_finds(store, mia):
    kept = [keep(store, mia, tags=["sea", "x"] if number % 2 else ["sea side"]) for number in range(25)]
    with store.begin() as tx:
        library.trash(tx, mia, kept[0].id, store.clock())
        library.favourite(tx, mia, kept[1].id)
    for asked, expected in (
        ({}, 24),
        ({"trashed": True}, 1),
        ({"favourite": True}, 1),
        ({"tag": "sea"}, 12),
        ({"words": "草地", "tag": "sea side"}, 12),
        ({"words": "sand"}, 0),
        ({"project": "\0"}, 0),
    ):
        with store.read() as tx:
            assert clip_search.count_found(tx, mia, hooks=[search_terms], **asked) == (expected, 10 * expected), asked
        assert len(found(store, mia, limit=100, **asked)) == expected, asked


def test_the_search_narrows_by_project_favourite_model_tag_and_trash(store, mia):
    one, two = keep(store, mia).id, keep(store, mia, tags=["sea side", "b"]).id
    with store.begin() as tx:
        film = projects.create_project(tx, mia, "Film", store.clock())
        library.move(tx, mia, one, film.id)
        library.favourite(tx, mia, two)
    assert found(store, mia, project=film.id) == [one]
    assert found(store, mia, project="") == [two]
    assert found(store, mia, favourite=True) == [two]
    assert found(store, mia, favourite=False) == [one]
    assert found(store, mia, model="vitascope-nano") == [two, one]
    assert found(store, mia, model="other") == []
    assert found(store, mia, tag="sea side") == [two]
    assert found(store, mia, tag="sea") == []
    assert found(store, mia, trashed=True) == []


def test_pages_follow_one_another_without_gaps(store, mia):
    made = [keep(store, mia, tags=["even"] if number % 2 == 0 else []).id for number in range(9)][::-1]
    seen, after = [], None
    while page := found(store, mia, after=after, limit=4):
        seen += page
        after = page[-1]
    assert seen == made
    assert found(store, mia, tag="even", limit=3) == made[::2][:3]
    assert found(store, mia, tag="even", after=made[4], limit=9) == made[6::2]
    assert found(store, mia, before=made[5], limit=2) == made[3:5]


def test_tags_are_counted_cleaned_and_limited(store, mia):
    one, two = keep(store, mia).id, keep(store, mia).id
    with store.begin() as tx:
        assert library.tag(tx, mia, one, [" sea  side ", "b", "b"]).tags == ("sea side", "b")
        library.tag(tx, mia, two, ["b"])
        assert library.tags(tx, mia) == {"b": 2, "sea side": 1}
    for names in ([""], ["x" * 61], ["a\0b"], [f"t{number}" for number in range(51)]):
        with pytest.raises(BadSpec, match="tags"), store.begin() as tx:
            library.tag(tx, mia, one, names)


def test_the_trash_gives_back_and_forgets_after_its_days(store, mia, tmp_path):
    blobs = FolderBlobs(tmp_path / "blobs")
    kept, thrown = keep(store, mia), keep(store, mia)
    for clip in (kept, thrown):
        blobs.put(clip.video_key, b"x")
    with store.begin() as tx:
        library.trash(tx, mia, kept.id, store.clock())
        library.trash(tx, mia, thrown.id, store.clock())
    assert found(store, mia) == []
    assert found(store, mia, trashed=True) == [thrown.id, kept.id]
    with store.begin() as tx:
        assert library.restore(tx, mia, kept.id, store.clock()) == kept
    store.clock.forward(29 * DAY)
    assert retention.sweep(store, blobs).deleted == 0
    store.clock.forward(2 * DAY)
    assert retention.sweep(store, blobs).deleted == 1
    assert list(blobs.keys()) == [kept.video_key]
    with pytest.raises(NotFound), store.read() as tx:
        library.get(tx, mia, thrown.id)


def test_retention_spares_favourites_and_differs_by_plan(store, mia):
    tom = add_account(store, plan="free")
    old, loved = keep(store, mia).id, keep(store, mia, favourite=True).id
    toms = keep(store, tom).id
    store.clock.forward(10 * DAY)
    with store.begin() as tx:
        assert retention.purge(tx, store.clock(), 9, by_plan={"free": 0}) == []
    assert found(store, mia, trashed=True) == [old]
    assert found(store, mia) == [loved]
    assert found(store, tom) == [toms]
    with store.begin() as tx:
        retention.purge(tx, store.clock(), 0, by_plan={"free": 5})
    assert found(store, tom, trashed=True) == [toms]
    store.clock.forward(31 * DAY)
    with store.begin() as tx:
        assert sorted(retention.purge(tx, store.clock())) == sorted(
            [f"clips/{old}/video.mp4", f"clips/{toms}/video.mp4"]
        )
    assert found(store, mia) == [loved]


def test_files_without_a_clip_are_swept_after_a_day(store, mia, tmp_path):
    blobs = FolderBlobs(tmp_path / "blobs")
    stray = f"clips/{ids.new_id('clip_', store.clock())}/video.mp4"
    kept = keep(store, mia)
    for name in (stray, kept.video_key, "clips/strange/name.mp4", "uploads/acc/x"):
        blobs.put(name, b"x")
    assert retention.sweep(store, blobs).aside == 0, "a worker may be about to add it"
    store.clock.forward(2 * DAY)
    assert retention.sweep(store, blobs).aside == 1
    assert set(blobs.keys()) == {kept.video_key, "clips/strange/name.mp4", "uploads/acc/x"}


def test_a_deleted_clip_is_gone_at_once(store, mia):
    kept = keep(store, mia)
    child = keep(store, mia, parent_id=kept.id, relation="remix")
    with store.begin() as tx:
        assert library.delete(tx, mia, kept.id, store.clock()) == (kept.video_key,)
        assert library.lineage(tx, mia, child.id).parents == ()
        with pytest.raises(NotFound):
            library.get(tx, mia, kept.id)


def test_lineage_leads_both_ways_and_ends_even_in_a_circle(store, mia):
    first = keep(store, mia)
    second = keep(store, mia, parent_id=first.id, relation="extend")
    third = keep(store, mia, parent_id=second.id, relation="remix")
    other = keep(store, mia, parent_id=first.id, relation="rerun")
    with store.read() as tx:
        line = library.lineage(tx, mia, second.id)
        assert (line.clip, line.parents, line.children) == (second, (first,), (third,))
        assert library.lineage(tx, mia, first.id).children == (second, other, third)
        assert library.lineage(tx, mia, third.id).parents == (second, first)
    a, b = (ids.new_id("clip_", store.clock()) for _ in range(2))
    keep(store, mia, clip_id=a, parent_id=b)
    keep(store, mia, clip_id=b, parent_id=a)
    with store.read() as tx:
        assert [clip.id for clip in library.lineage(tx, mia, a).parents] == [b]


def test_projects_are_made_renamed_thrown_away_and_restored(store, mia):
    with store.begin() as tx:
        film = projects.create_project(tx, mia, "  My   film ", store.clock())
        empty = projects.create_project(tx, mia, "Empty", store.clock.forward(1))
        assert film.name == "My film"
        assert projects.list_projects(tx, mia) == [empty, film]
        assert projects.rename_project(tx, mia, film.id, "电影").name == "电影"
    inside, thrown = keep(store, mia, project_id=film.id), keep(store, mia, project_id=film.id)
    with store.begin() as tx:
        library.trash(tx, mia, thrown.id, store.clock())
        assert projects.project(tx, mia, film.id).clips == 1
        projects.trash_project(tx, mia, film.id, store.clock.forward(5))
        assert projects.list_projects(tx, mia) == [empty]
        with pytest.raises(Conflict, match="in the trash"):
            library.move(tx, mia, inside.id, film.id)
    assert found(store, mia) == []
    with store.begin() as tx:
        projects.restore_project(tx, mia, film.id)
    assert found(store, mia) == [inside.id]
    assert found(store, mia, trashed=True) == [thrown.id]
    for name in ("", " ", "x" * 121, "a\0b"):
        with pytest.raises(BadSpec), store.begin() as tx:
            projects.create_project(tx, mia, name, store.clock())


def test_a_thrown_away_project_goes_with_its_last_clip(store, mia):
    with store.begin() as tx:
        film = projects.create_project(tx, mia, "Film", store.clock())
    keep(store, mia, project_id=film.id)
    with store.begin() as tx:
        projects.trash_project(tx, mia, film.id, store.clock())
    store.clock.forward(31 * DAY)
    with store.begin() as tx:
        assert len(retention.purge(tx, store.clock())) == 1
        assert projects.list_projects(tx, mia, trashed=True) == []


def test_nobody_sees_or_changes_what_is_anothers(store, mia):
    tom = add_account(store)
    clip = keep(store, mia)
    child = keep(store, tom, parent_id=clip.id, relation="remix")
    with store.begin() as tx:
        film = projects.create_project(tx, mia, "Film", store.clock())
    now = store.clock()
    attempts = [
        lambda tx: library.get(tx, tom, clip.id),
        lambda tx: library.favourite(tx, tom, clip.id),
        lambda tx: library.tag(tx, tom, clip.id, ["x"]),
        lambda tx: library.move(tx, tom, clip.id, None),
        lambda tx: library.move(tx, tom, child.id, film.id),
        lambda tx: library.trash(tx, tom, clip.id, now),
        lambda tx: library.restore(tx, tom, clip.id, now),
        lambda tx: library.delete(tx, tom, clip.id, now),
        lambda tx: library.lineage(tx, tom, clip.id),
        lambda tx: projects.project(tx, tom, film.id),
        lambda tx: projects.rename_project(tx, tom, film.id, "x"),
        lambda tx: projects.trash_project(tx, tom, film.id, now),
        lambda tx: projects.restore_project(tx, tom, film.id),
    ]
    for attempt in attempts:
        with pytest.raises(NotFound), store.begin() as tx:
            attempt(tx)
    assert found(store, tom) == [child.id]
    with store.read() as tx:
        assert library.lineage(tx, tom, child.id).parents == ()
        assert library.lineage(tx, mia, clip.id).children == ()
        assert library.get(tx, mia, clip.id) == clip
        assert projects.list_projects(tx, tom) == []
        assert library.count(tx, mia) == (1, 10)
        assert library.by_sha256(tx, tom, clip.sha256) is None


def test_words_are_written_down_in_one_plain_form():
    assert words_of("A Réd-ball；红色的球", "ＴＡＧ") == " a red ball 红色的球 tag "
    assert pattern("红球 Ball, ball 50%") == ["%红%球%", "% ball%", "% 50%"]
    assert pattern(" ,;% ") == []


def test_a_still_has_no_seconds(store, mia):
    with store.begin() as tx:
        still = recipe(seconds=0)
        kept = library.add(tx, account_id=mia, recipe=still, size_bytes=1, sha256="s", now=store.clock())
    assert (kept.frames, kept.seconds) == (1, 0.0)


def test_a_zero_character_from_a_stranger_is_no_trouble(store, mia):
    kept = keep(store, mia, "a\0 ball")
    assert kept.prompt == "a ball"
    assert kept.recipe["spec"]["prompt"] == "a\0 ball"
    assert found(store, mia, "ball\0") == [kept.id]
    for asked in ({"after": "x\0"}, {"project": "\0"}, {"model": "\0"}, {"tag": "\0"}):
        assert found(store, mia, **asked) == []
    for attempt in (library.get, projects.project):
        with pytest.raises(NotFound), store.read() as tx:
            attempt(tx, mia, "\0")
