"""A database that is lost, emptied or another never costs a file: it is refused before anything is swept."""

import pytest
import sqlalchemy as sa

from doubles import recipe_of
from processes import ended
from service import Clock, add_account, sqlite_store
from vitascope.cli import app as cli
from vitascope.clip import ClipSpec
from vitascope.errors import BadSettings, Conflict
from vitascope.runtime import open_house
from vitascope.store import clip_search, identity, ids, library, orphans, retention, schema
from vitascope.store.backup import backup, restore
from vitascope.store.blobs import blobs
from vitascope.store.folder_blobs import FolderBlobs
from vitascope.workers import maintenance

DAY = 86_400.0
RECIPE = recipe_of(ClipSpec(prompt="a ball", seed=1), model="m", weights="w", version="0")


@pytest.fixture(params=["folder", "s3"])
def kept(request, tmp_path):
    return blobs(str(tmp_path / "kept") if request.param == "folder" else request.getfixturevalue("s3_url"))


@pytest.fixture
def other(tmp_path):
    """Another, empty database."""
    made = sqlite_store(tmp_path, Clock())
    yield made
    made.close()


def keep(store, kept, account, number=1):
    """So many clips with their files."""
    for _ in range(number):
        now = store.clock.forward(1)
        clip_id = ids.new_id("clip_", now)
        for name in ("video.mp4", "poster.jpg"):
            kept.put(library.key(clip_id, name), clip_id.encode())
        with store.begin() as tx:
            library.add(
                tx, account_id=account, recipe=RECIPE, size_bytes=29, sha256="0" * 64, now=now, clip_id=clip_id,
                poster_key=library.key(clip_id, "poster.jpg"),
            )  # fmt: skip


def forget(store, number):
    """So many clips lose their row."""
    with store.begin() as tx:
        doomed = list(tx.scalars(sa.select(schema.clips.c.id).limit(number)))
        tx.execute(schema.clips.delete().where(schema.clips.c.id.in_(doomed)))
    return doomed


def test_a_database_and_a_storage_that_never_met_take_each_other_when_both_are_new(store, kept):
    first = identity.meet(store, kept)
    assert identity.meet(store, kept) == first
    assert identity.of_storage(kept) == first.name
    assert list(kept.keys()) == [], "the mark is nobody's file"


def test_an_older_installation_is_taken_without_a_question(store, kept):
    mia = add_account(store)
    keep(store, kept, mia, 3)
    store.clock.forward(9 * DAY)
    assert identity.meet(store, kept).since == store.clock.now - 9 * DAY - 3, "since its first account"


def test_an_empty_database_is_refused_with_both_names_and_no_file_goes(store, other, kept, tmp_path):
    keep(store, kept, add_account(store), 4)
    mine = identity.meet(store, kept)
    before = sorted(kept.keys())
    other.clock.forward(30 * DAY)
    for attempt in (identity.meet, retention.sweep):
        with pytest.raises(BadSettings, match=f"belongs to the database {mine.name}") as told:
            attempt(other, kept)
        assert "vitascope restore" in told.value.hint
    theirs = identity.meet(other, FolderBlobs(tmp_path / "new"))
    with pytest.raises(BadSettings, match=rf"{mine.name}.*{theirs.name}"):
        retention.sweep(other, kept)
    assert sorted(kept.keys()) == before


def test_an_empty_database_is_refused_by_a_storage_of_an_older_version_too(store, other, kept):
    keep(store, kept, add_account(store), 2)
    with pytest.raises(BadSettings, match="knows none of them"):
        retention.sweep(other, kept)
    assert len(list(kept.keys())) == 4


def test_a_storage_that_is_empty_is_refused_by_a_database_with_clips(store, kept, tmp_path):
    """As when its disk is not mounted."""
    keep(store, kept, add_account(store), 2)
    identity.meet(store, kept)
    with pytest.raises(BadSettings, match=r"holds no clip, and the database .* knows 2"):
        identity.meet(store, FolderBlobs(tmp_path / "elsewhere"))


def test_the_operator_may_say_that_they_belong_together_and_older_files_stay(store, other, kept):
    keep(store, kept, add_account(store), 3)
    identity.meet(store, kept)
    other.clock.forward(DAY)
    new = identity.adopt(other, kept)
    other.clock.forward(30 * DAY)
    swept = retention.sweep(other, kept)
    assert (swept.aside, swept.older) == (0, 3)
    assert len(list(kept.keys())) == 6
    with pytest.raises(BadSettings, match=new.name):
        identity.meet(store, kept)


def test_what_is_swept_is_set_aside_for_days_and_can_be_put_back(store, kept):
    mia = add_account(store)
    keep(store, kept, mia, 20)
    (lost, _) = forget(store, 2)
    before = set(kept.keys())
    store.clock.forward(2 * DAY)
    swept = retention.sweep(store, kept)
    assert (swept.aside, swept.orphans, swept.total, swept.stopped) == (4, 2, 20, False)
    assert len(set(kept.keys())) == 36
    assert orphans.put_back(kept) == 4
    assert set(kept.keys()) == before
    assert b"".join(kept.read(library.key(lost, "video.mp4"))) == lost.encode()
    retention.sweep(store, kept)
    store.clock.forward(14 * DAY)
    assert retention.sweep(store, kept).dropped == 0
    store.clock.forward(DAY)
    assert retention.sweep(store, kept).dropped == 4
    assert orphans.aside(kept) == []


def test_a_sweep_of_more_than_a_tenth_stops_and_asks(store, kept):
    mia = add_account(store)
    keep(store, kept, mia, 20)
    forget(store, 3)
    store.clock.forward(2 * DAY)
    swept = retention.sweep(store, kept)
    assert (swept.aside, swept.orphans, swept.stopped) == (0, 3, True)
    assert len(list(kept.keys())) == 40
    assert retention.sweep(store, kept, however_many=True).aside == 6


def test_a_preview_of_a_job_that_nobody_knows_is_set_aside_not_deleted(store, kept):
    identity.meet(store, kept)
    kept.put(f"previews/{ids.new_id('job_', store.clock())}-2.webp", b"x")
    store.clock.forward(2 * DAY)
    swept = retention.sweep(store, kept)
    assert (swept.deleted, swept.aside) == (0, 1)


def test_a_lost_database_comes_back_from_its_backup_over_the_files_that_are_still_there(store, other, kept, tmp_path):
    keep(store, kept, add_account(store), 3)
    identity.meet(store, kept)
    backup(store, kept, tmp_path / "all.backup")
    keep(store, kept, add_account(store), 1)  # since the backup
    gone, half = (key for key in sorted(kept.keys())[:4] if key.endswith("video.mp4"))
    whole = b"".join(kept.read(half))
    kept.delete(gone)
    kept.put(half, b"half")
    other.clock.forward(DAY)
    restore(other, kept, tmp_path / "all.backup")
    assert b"".join(kept.read(half)) == whole
    assert len(list(kept.keys())) == 8
    other.clock.forward(30 * DAY)
    assert retention.sweep(other, kept).older == 1, "what is newer than the backup is never swept"
    with pytest.raises(BadSettings):
        identity.meet(store, kept)


def test_a_backup_is_not_restored_over_another_databases_files(store, other, kept, tmp_path):
    keep(store, kept, add_account(store), 1)
    identity.meet(store, kept)
    there = FolderBlobs(tmp_path / "there")
    there.put("uploads/x", b"mine")
    identity.meet(other, there)
    backup(store, kept, tmp_path / "all.backup")
    with pytest.raises(Conflict, match="not the one of the backup"):
        restore(other, there, tmp_path / "all.backup")


def test_a_purged_clips_drawn_frames_go_with_it_and_are_no_orphans(store, kept):
    mia = add_account(store)
    keep(store, kept, mia, 1)
    with store.begin() as tx:
        (clip,) = clip_search.search(tx, mia)
        library.trash(tx, mia, clip.id, store.clock())
    kept.put(library.key(clip.id, "first.png"), b"x")
    store.clock.forward(31 * DAY)
    swept = retention.sweep(store, kept)
    assert (swept.deleted, swept.orphans) == (2, 0)
    assert list(kept.keys()) == []


@pytest.mark.parametrize("damage", ["deleted", "emptied", "another"])
def test_serving_with_a_new_database_is_refused_and_the_remedies_work(damage, own_home, tmp_path, monkeypatch, capsys):
    house = open_house()
    store, kept = house.store, house.blobs
    store.clock = Clock(store.clock() - 9 * DAY)
    keep(store, kept, add_account(store), 6)
    store.close()
    before = sorted(kept.keys())
    file = own_home / "vitascope.db"
    assert cli.main(["backup", str(tmp_path / "all.backup")]) == 0
    if damage == "another":
        monkeypatch.setenv("VITASCOPE_DATABASE_URL", f"sqlite:///{tmp_path / 'staging.db'}")
    else:
        for part in own_home.glob("vitascope.db*"):
            part.unlink()
        if damage == "emptied":
            file.touch()
    from vitascope.config import settings

    settings.cache_clear()
    for command in (["serve", "--port", "0"], ["work"], ["backup", str(tmp_path / "x")], ["sweep", "--yes"]):
        code, said = ended(command, capsys)
        assert code == 2
        assert "belongs to the database" in said
    assert sorted(kept.keys()) == before
    if damage == "emptied":
        assert cli.main(["check", "--adopt"]) == 0
    else:
        assert cli.main(["restore", str(tmp_path / "all.backup")]) == 0
    house = open_house()
    maintenance.keep_house(house)
    house.store.close()
    assert sorted(kept.keys()) == before
    assert cli.main(["sweep"]) == 0
    assert "set aside" in capsys.readouterr().out
