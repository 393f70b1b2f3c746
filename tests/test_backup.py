"""Backup and restore: the same service comes back, on either database and either storage, and over nothing else."""

import hashlib
import itertools
import json
import threading
import zipfile

import pytest
import sqlalchemy as sa

import postgres
from doubles import CARD, recipe_of
from service import Clock, add_account, postgres_store, sqlite_store
from vitascope.clip import ClipSpec
from vitascope.errors import BadBackup, Conflict, NotFound, Unavailable
from vitascope.store import (
    clip_search,
    events,
    health,
    ids,
    invariants,
    jobs,
    ledger,
    library,
    projects,
    retention,
    schema,
    webhooks,
)
from vitascope.store.backup import backup, restore
from vitascope.store.blobs import blobs, content
from vitascope.store.folder_blobs import FolderBlobs


@pytest.fixture
def fresh(tmp_path):
    """Makes an empty, migrated store of a kind."""
    made = []

    def make(kind):
        (tmp_path / "stores").mkdir(exist_ok=True)
        made.append(sqlite_store(tmp_path / "stores") if kind == "sqlite" else postgres_store())
        return made[-1]

    yield make
    for store in made:
        store.close()
        if not store.is_sqlite:
            postgres.shared().drop(store.url.render_as_string(hide_password=False))


@pytest.fixture
def kept(tmp_path):
    return FolderBlobs(tmp_path / "kept")


def add_clip(store, kept, account, prompt, **more):
    now = store.clock.forward(1)
    clip_id = ids.new_id("clip_", now)
    data = prompt.encode() * 1000
    kept.put(library.key(clip_id, "video.mp4"), data, "video/mp4")
    recipe = recipe_of(ClipSpec(prompt=prompt, seed=2**32 - 1), model="m", weights="w", version="0")
    given = {
        "clip_id": clip_id,
        "sha256": hashlib.sha256(data).hexdigest(),
        "size_bytes": len(data),
        "now": now,
        **more,
    }
    with store.begin() as tx:
        return library.add(tx, account_id=account, recipe=recipe, **given)


def fill(store, kept):
    """Something in nearly every table, with everything that JSON could get wrong."""
    mia, tom = add_account(store, units=500), add_account(store, units=2**40)
    parent = add_clip(store, kept, mia, '红球 "quoted" \\ back\nline', tags=["海"], favourite=True)
    add_clip(store, kept, mia, "child", parent_id=parent.id, relation="remix")
    with store.begin() as tx:
        projects.create_project(tx, tom, "电影", store.clock())
        webhooks.create(tx, tom, "http://example.org", now=store.clock(), events=["job.queued"])
        spec = ClipSpec(prompt="a ball", seed=1)
        batch = ids.new_id("bat_", store.clock())
        job = jobs.enqueue(
            tx,
            account_id=tom,
            spec=spec,
            shape=CARD.resolve(spec),
            model=CARD.name,
            units=70,
            batch_id=batch,
            now=store.clock(),
        )
        ledger.hold(tx, tom, job.id, 70, store.clock())
        tx.execute(schema.settings.insert().values(key="master", value={"a": [1, None, 0.1]}, created_at=1 / 3))
    return mia, tom


def everything(store):
    """All rows of all tables that are kept."""
    with store.read() as tx:
        return {
            table.name: [tuple(row) for row in tx.execute(sa.select(table).order_by(*table.primary_key.columns))]
            for table in schema.metadata.sorted_tables
            if table.name not in ("workers", "rates")
        }


def contents(blobs):
    return {key: content(blobs, key) for key in sorted(blobs.keys())}


@pytest.mark.parametrize(("source", "target"), list(itertools.product(["sqlite", "postgres"], repeat=2)))
def test_the_whole_service_comes_back_on_either_database(source, target, fresh, kept, tmp_path):
    store, there = fresh(source), FolderBlobs(tmp_path / "there")
    mia, tom = fill(store, kept)
    written = backup(store, kept, tmp_path / "all.backup")
    assert (tmp_path / "all.backup").stat().st_mode & 0o77 == 0
    other = fresh(target)
    restored = restore(other, there, tmp_path / "all.backup")
    assert everything(other) == everything(store)
    assert (restored.rows, restored.blobs, restored.bytes) == (written.rows, 2, written.bytes)
    assert contents(there) == contents(kept)
    with other.read() as tx:
        assert invariants.broken(tx) == []
        assert ledger.balance(tx, tom, other.clock()).held == 70
        assert [clip.prompt for clip in clip_search.search(tx, mia, words="红球")] == ['红球 "quoted" \\ back\nline']


@pytest.mark.parametrize("kind", ["sqlite", "postgres"])
def test_life_goes_on_after_a_restore(kind, fresh, kept, tmp_path):
    """Numbers that the database gives go on, and what may not be changed still may not."""
    store, other = fresh("sqlite"), fresh(kind)
    mia, tom = fill(store, kept)
    backup(store, kept, tmp_path / "all.backup")
    restore(other, FolderBlobs(tmp_path / "there"), tmp_path / "all.backup")
    with other.begin() as tx:
        before = events.last_id(tx, tom)
        events.tell(tx, tom, "job.queued", {}, other.clock())
        assert events.last_id(tx, tom) > before
        ledger.grant(tx, mia, 10, "gift", source="after", now=other.clock())
    with pytest.raises(sa.exc.DBAPIError), other.engine.begin() as tx:
        tx.execute(schema.transfers.update().values(units=1))


def test_the_storage_may_be_s3_on_either_side(s3_url, fresh, kept, tmp_path):
    store, other, bucket = fresh("sqlite"), fresh("sqlite"), blobs(s3_url)
    fill(store, kept)
    backup(store, kept, tmp_path / "one.backup")
    restore(other, bucket, tmp_path / "one.backup")
    assert set(bucket.keys()) == set(kept.keys())
    backup(other, bucket, tmp_path / "two.backup")
    with zipfile.ZipFile(tmp_path / "one.backup") as one, zipfile.ZipFile(tmp_path / "two.backup") as two:
        assert one.namelist() == two.namelist()
        assert json.loads(one.read("manifest.json"))["blobs"] == json.loads(two.read("manifest.json"))["blobs"]


@pytest.mark.parametrize("kind", ["sqlite", "postgres"])
def test_nothing_is_ever_restored_over_what_is_there(kind, fresh, kept, tmp_path):
    store, other, there = fresh("sqlite"), fresh(kind), FolderBlobs(tmp_path / "there")
    fill(store, kept)
    backup(store, kept, tmp_path / "all.backup")
    there.put("uploads/x", b"mine")
    with pytest.raises(Conflict, match="storage is not empty"):
        restore(other, there, tmp_path / "all.backup")
    there.delete("uploads/x")
    add_account(other)
    before = everything(other)
    with pytest.raises(Conflict, match="accounts"):
        restore(other, there, tmp_path / "all.backup")
    assert everything(other) == before
    assert list(there.keys()) == []


@pytest.mark.parametrize("kind", ["sqlite", "postgres"])
def test_a_backup_shows_one_moment_while_others_write(kind, fresh, kept, tmp_path):
    """Clips arrive and units move all the time; every backup adds up."""
    store = fresh(kind)
    mia = add_account(store, units=100_000)
    stop = threading.Event()
    failures = []

    def write():
        number = 0
        while not stop.is_set():
            number += 1
            try:
                clip = add_clip(store, kept, mia, f"clip {number}")
                with store.begin() as tx:
                    batch = ids.new_id("bat_", store.clock())
                    spec = ClipSpec(prompt="a", seed=1)
                    job = jobs.enqueue(
                        tx,
                        account_id=mia,
                        spec=spec,
                        shape=CARD.resolve(spec),
                        model=CARD.name,
                        units=3,
                        batch_id=batch,
                        now=store.clock(),
                    )
                    ledger.hold(tx, mia, job.id, 3, store.clock())
                if number % 3 == 0:
                    with store.begin() as tx:
                        keys = library.delete(tx, mia, clip.id, store.clock())
                    for key in keys:
                        kept.delete(key)
            except Unavailable:
                pass
            except Exception as error:
                failures.append(error)
                return

    writers = [threading.Thread(target=write) for _ in range(2)]
    for writer in writers:
        writer.start()
    try:
        for number in range(3):
            backup(store, kept, tmp_path / f"{number}.backup")
    finally:
        stop.set()
        for writer in writers:
            writer.join()
    assert failures == []
    for number in range(3):
        other, there = fresh("sqlite"), FolderBlobs(tmp_path / f"there{number}")
        restored = restore(other, there, tmp_path / f"{number}.backup")
        with other.read() as tx:
            assert invariants.broken(tx) == []
            assert len(clip_search.search(tx, mia, tag=health.MARK, limit=10_000)) == restored.missing
            rows = list(tx.execute(sa.select(schema.clips.c.video_key)))
            gone = 0
            for (key,) in rows:
                try:
                    there.size(key)
                except NotFound:
                    gone += 1
            assert gone == restored.missing
            assert gone <= len(rows) // 3 + 2, "only what was deleted between the tables and the blobs"


def test_what_is_deleted_during_a_backup_is_said_and_marked_and_what_comes_is_left_out(store, fresh, kept, tmp_path):
    mia = add_account(store)
    stays, goes = add_clip(store, kept, mia, "stays"), add_clip(store, kept, mia, "goes")
    comes = []

    class Meanwhile:
        def __getattr__(self, name):
            return getattr(kept, name)

        def keys(self, prefix=""):
            with store.begin() as tx:
                retention.remove(kept, library.delete(tx, mia, goes.id, store.clock()))
            comes.append(add_clip(store, kept, mia, "comes"))
            return kept.keys(prefix)

    assert backup(store, Meanwhile(), tmp_path / "all.backup").missing == 1
    other, there = fresh("sqlite"), FolderBlobs(tmp_path / "there")
    assert restore(other, there, tmp_path / "all.backup").missing == 1
    assert list(there.keys()) == [stays.video_key]
    with other.read() as tx:
        assert [clip.id for clip in clip_search.search(tx, mia, tag=health.MARK)] == [goes.id]
        assert library.get(tx, mia, stays.id).tags == ()


def damaged(path, out, change):
    with zipfile.ZipFile(path) as source, zipfile.ZipFile(out, "w") as target:
        files = {name: source.read(name) for name in source.namelist()}
        change(files)
        for name, data in files.items():
            target.writestr(name, data)
    return out


def less_rows(files):
    files["tables/clips.jsonl"] = files["tables/clips.jsonl"].split(b"\n", 1)[1]


def broken_row(files):
    files["tables/clips.jsonl"] = b'{"id": 1}\n' + files["tables/clips.jsonl"].split(b"\n", 1)[1]


def no_json(files):
    files["tables/accounts.jsonl"] = b"{\n" * 2


def unknown_column(files):
    files["tables/accounts.jsonl"] = files["tables/accounts.jsonl"].replace(b'"plan"', b'"plan2"')


def other_blob(files):
    name = next(name for name in files if name.startswith("blobs/"))
    files[name] = b"x" + files[name][1:]


def no_blob(files):
    del files[next(name for name in files if name.startswith("blobs/"))]


def blob_outside(files):
    manifest = json.loads(files["manifest.json"])
    manifest["blobs"]["../../x"] = "0" * 64
    files["manifest.json"], files["blobs/../../x"] = json.dumps(manifest).encode(), b"x"


def newer(files):
    files["manifest.json"] = files["manifest.json"].replace(b'"format": 1', b'"format": 2')


def no_manifest(files):
    del files["manifest.json"]


def unknown_table(files):
    files["manifest.json"] = files["manifest.json"].replace(b'"tables": {', b'"tables": {"nothing": 1,')


@pytest.mark.parametrize(
    "change",
    [
        less_rows,
        broken_row,
        no_json,
        unknown_column,
        other_blob,
        no_blob,
        blob_outside,
        newer,
        no_manifest,
        unknown_table,
    ],
    ids=lambda change: change.__name__,
)  # fmt: skip
def test_a_damaged_backup_restores_nothing_at_all(change, fresh, kept, tmp_path):
    store, other, there = fresh("sqlite"), fresh("sqlite"), FolderBlobs(tmp_path / "there")
    fill(store, kept)
    backup(store, kept, tmp_path / "all.backup")
    with pytest.raises(BadBackup) as told:
        restore(other, there, damaged(tmp_path / "all.backup", tmp_path / "bad.backup", change))
    assert told.value.hint
    assert not any(everything(other).values())
    assert list(there.keys()) == []
    restore(other, there, tmp_path / "all.backup")
    assert everything(other) == everything(store)


def test_a_file_that_is_no_backup_is_told(fresh, kept, tmp_path):
    (tmp_path / "x.backup").write_bytes(b"no backup")
    for name in ("x.backup", "none.backup"):
        with pytest.raises(BadBackup, match="cannot be read"):
            restore(fresh("sqlite"), kept, tmp_path / name)


def test_a_backup_that_fails_leaves_no_file(fresh, kept, tmp_path):
    store = fresh("sqlite")
    fill(store, kept)

    class Failing:
        def keys(self, prefix=""):
            raise Unavailable("the storage is away")

    (tmp_path / "out").mkdir()
    with pytest.raises(Unavailable):
        backup(store, Failing(), tmp_path / "out" / "all.backup")
    assert list((tmp_path / "out").iterdir()) == []


def test_an_unmigrated_database_is_migrated_first(fresh, kept, tmp_path):
    from vitascope.store.database import Store, file_url

    store = fresh("sqlite")
    fill(store, kept)
    backup(store, kept, tmp_path / "all.backup")
    other = Store(file_url(tmp_path / "new" / "vitascope.db"), clock=Clock())
    restore(other, FolderBlobs(tmp_path / "there"), tmp_path / "all.backup")
    assert everything(other) == everything(store)
    other.close()
