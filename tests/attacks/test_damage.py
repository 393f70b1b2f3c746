"""A damaged database is noticed, said with the way back, and what can be read of it is saved."""

import io
import json
import os
import random
import sqlite3
import zipfile
from contextlib import closing
from pathlib import Path

import pytest
import sqlalchemy as sa

from doubles import recipe_of
from processes import ended
from service import START, Clock, add_account, add_clip, submit
from serving import finished
from vitascope.cli import app as cli
from vitascope.clip import ClipSpec
from vitascope.errors import Conflict, Damaged, Unavailable
from vitascope.runtime import open_house, open_house_patiently
from vitascope.store import clip_search, eta, health, ids, invariants, library, salvage, schema
from vitascope.store.backup import backup
from vitascope.store.database import Store
from vitascope.store.folder_blobs import FolderBlobs

PAGE = 4096
RECIPE = recipe_of(ClipSpec(prompt="a ball", seed=1), model="m", weights="w", version="0")


def fill(store, number=150):
    """An account with a few hundred jobs; its id."""
    mia = add_account(store, units=100_000)
    for _ in range(number // 10):
        store.clock.forward(1)
        submit(store, mia, n=10, units=3)
    return mia


def path_of(store):
    """The file, closed and in one piece."""
    with store.engine.connect() as connection:
        connection.exec_driver_sql("ROLLBACK")
        connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
    store.close()
    return store.url.database


def overwrite(path, page, data=None):
    with open(path, "r+b") as file:
        file.seek((page - 1) * PAGE)
        file.write(data or random.Random(page).randbytes(PAGE))


def pages_of(path, table):
    """The leaf pages of this table or index."""
    with closing(sqlite3.connect(path)) as db:
        root = db.execute("SELECT rootpage FROM sqlite_master WHERE name = ?", (table,)).fetchone()[0]
    data = Path(path).read_bytes()
    page = data[(root - 1) * PAGE : root * PAGE]
    if page[0] in (10, 13):
        return [root]
    cells = [int.from_bytes(page[12 + 2 * n : 14 + 2 * n], "big") for n in range(int.from_bytes(page[3:5], "big"))]
    return [int.from_bytes(page[at : at + 4], "big") for at in cells] + [int.from_bytes(page[8:12], "big")]


def test_damage_of_any_page_is_found_by_the_look_at_the_start(sqlite_only, tmp_path):
    fill(sqlite_only)
    path = path_of(sqlite_only)
    whole = Path(path).read_bytes()
    pages = len(whole) // PAGE
    missed = []
    for page in random.Random(1).sample(range(2, pages + 1), 40):
        overwrite(path, page)
        if not Store(f"sqlite:///{path}").damages():
            missed.append(page)
        Path(path).write_bytes(whole)
    assert missed == []


@pytest.mark.parametrize("harm", ["header", "half", "jobs"])
def test_a_damaged_database_is_said_with_the_way_back(harm, own_home, tmp_path, capsys):
    house = open_house()
    house.store.clock = Clock()
    fill(house.store)
    path = path_of(house.store)
    if harm == "header":
        overwrite(path, 1)
    elif harm == "half":
        os.truncate(path, os.path.getsize(path) // PAGE // 2 * PAGE)
    else:
        for page in pages_of(path, "jobs")[1:3]:
            overwrite(path, page)
    for command in (["serve", "--port", "0", "--workers", "0"], ["work"], ["check"], ["backup", str(tmp_path / "x")]):
        code, said = ended(command, capsys)
        assert code == 1, command
        assert "The database is damaged" in said, command
        assert "fault inside" not in said
        assert "vitascope restore" in said
        assert "check --repair" in said
    assert not (tmp_path / "x").exists(), "a backup of a damaged database is no backup"
    cli.main(["doctor"])
    assert "damaged" in capsys.readouterr().out


def test_readiness_tells_when_the_jobs_cannot_be_read(sqlite_only):
    fill(sqlite_only)
    health.ready(sqlite_only)
    path = path_of(sqlite_only)
    for page in pages_of(path, "jobs")[:2]:
        overwrite(path, page)
    other = Store(f"sqlite:///{path}")
    health.ready(other)  # the newest rows can be read, and nobody has met the others
    health.note(other, other.damages())
    for store in (other, Store(f"sqlite:///{path}")):
        with pytest.raises(Damaged):
            health.ready(store)


def test_who_meets_damage_is_no_longer_ready(sqlite_only):
    fill(sqlite_only)
    path = path_of(sqlite_only)
    overwrite(path, pages_of(path, "jobs")[1])
    store = Store(f"sqlite:///{path}")
    with pytest.raises(Damaged), store.read() as tx:
        tx.execute(sa.select(schema.jobs)).all()
    with pytest.raises(Damaged):
        health.ready(store)


def test_a_value_that_cannot_be_read_is_damage_and_no_fault_inside(sqlite_only):
    mia = add_account(sqlite_only)
    path = path_of(sqlite_only)
    with closing(sqlite3.connect(path)) as db:
        db.execute("UPDATE accounts SET settings = '{broken'")
        db.commit()
    store = Store(f"sqlite:///{path}", clock=Clock())
    with pytest.raises(Damaged), store.read() as tx:
        tx.execute(sa.select(schema.accounts).where(schema.accounts.c.id == mia)).all()
    assert any("accounts" in line for line in health.rows(store))


def test_repair_saves_all_but_the_damaged_page(own_home, capsys):
    house = open_house()
    house.store.clock = Clock()
    mia = fill(house.store, 300)
    path = path_of(house.store)
    leaves = pages_of(path, "jobs")
    for page in (leaves[2], leaves[7]):
        overwrite(path, page)
    overwrite(path, pages_of(path, "accounts")[0])
    assert cli.main(["check", "--repair"]) == 1, "the books miss the lost jobs"
    said = capsys.readouterr().out
    assert "rows are saved" in said
    house = open_house_patiently()
    with house.store.read() as tx:
        jobs = tx.scalar(sa.select(sa.func.count()).select_from(schema.jobs))
        assert jobs >= 300 * (len(leaves) - 2) // len(leaves) - 5
        assert jobs < 300
        assert tx.scalar(sa.select(schema.accounts.c.id)) == mia
        assert tx.scalar(sa.select(sa.func.count()).select_from(schema.transfers)) == 301
        assert all("which is no job" in line for line in invariants.broken(tx))
    health.ready(house.store)
    house.store.close()
    (old,) = own_home.glob("vitascope.db.damaged-*[0-9]")
    assert old.stat().st_size > 0


def test_a_database_in_use_is_not_repaired(sqlite_only):
    fill(sqlite_only, 10)
    with sqlite_only.read() as tx:
        tx.execute(sa.select(schema.jobs)).all()
        with pytest.raises(Conflict, match="in use"):
            salvage.repair(Store(str(sqlite_only.url)))


def test_check_finds_files_that_are_gone_half_or_changed_and_marks_them(own_home, capsys):
    house = open_house()
    store, kept = house.store, house.blobs
    mia = add_account(store)
    made = []
    for number in range(4):
        now = store.clock()
        clip_id = ids.new_id("clip_", now)
        kept.put(library.key(clip_id, "video.mp4"), b"12345678")
        kept.put(library.key(clip_id, "poster.jpg"), b"x" if number else b"")
        with store.begin() as tx:
            library.add(
                tx, account_id=mia, recipe=RECIPE, size_bytes=8, now=now, clip_id=clip_id,
                sha256="ef797c8118f02dfb649607dd5d3f8c7623048c9c063d532cc95c5ed7a898a64f",
                poster_key=library.key(clip_id, "poster.jpg"), tags=["mine"],
            )  # fmt: skip
        made.append(clip_id)
    kept.delete(library.key(made[1], "video.mp4"))
    kept.put(library.key(made[2], "video.mp4"), b"1234")
    kept.put(library.key(made[3], "video.mp4"), b"12345679")
    assert cli.main(["check"]) == 1
    said = capsys.readouterr().out
    assert f"{made[0]} poster: the file is empty" in said
    assert f"{made[1]} video: the file is missing" in said
    assert f"{made[2]} video: 4 of 8 bytes are there" in said
    assert f"{made[3]} video: its bytes have changed" in said
    assert cli.main(["check", "--repair"]) == 0
    with store.read() as tx:
        assert {clip.id for clip in clip_search.search(tx, mia, tag=health.MARK)} == set(made[1:])
        assert library.get(tx, mia, made[0]).poster_key is None
    for clip_id in made[1:]:
        kept.put(library.key(clip_id, "video.mp4"), b"12345678")
    assert cli.main(["check", "--repair"]) == 0
    with store.read() as tx:
        assert clip_search.search(tx, mia, tag=health.MARK) == []
        assert library.get(tx, mia, made[1]).tags == ("mine",)
    assert cli.main(["check"]) == 0
    store.close()


def test_rows_of_another_version_are_no_fault_inside(store):
    """A job that was done without a note of when it began, and a column that this version does not find."""
    mia = add_account(store)
    (job,) = submit(store, mia)
    with store.begin() as tx:
        add_clip(tx, job, "clip_x", store.clock())
        done = {"state": "succeeded", "finished_at": store.clock(), "clip_id": "clip_x", "attempts": 1}
        tx.execute(schema.jobs.update().values(started_at=None, **done))
    with store.read() as tx:
        assert eta.measured(tx, store.clock()).usual == {}
    with pytest.raises(Unavailable, match="not of this version"), store.read() as tx:
        tx.execute(sa.text("SELECT column_of_tomorrow FROM jobs"))


def test_a_damaged_copy_is_no_backup(sqlite_only, tmp_path):
    fill(sqlite_only)
    path = path_of(sqlite_only)
    overwrite(path, pages_of(path, "ix_jobs_batch_id")[0])  # all rows can still be read
    with pytest.raises(Damaged):
        backup(Store(f"sqlite:///{path}", clock=Clock(START)), FolderBlobs(tmp_path / "kept"), tmp_path / "x.backup")
    assert not (tmp_path / "x.backup").exists()


def test_a_damaged_film_is_never_served_as_if_it_were_whole(server):
    """Half a film and an empty picture are answered 404 with the numbers, and left out of an export."""
    client = server.client(server.key())
    ids = [client.post("/v1/videos", json={"prompt": "a red ball", "seconds": "0.5"}).json()["id"] for _ in range(2)]
    half, whole = (finished(client, id) for id in ids)
    kept = server.context.blobs
    film = library.key(half["clip_id"], "video.mp4")
    data = b"".join(kept.read(film))
    kept.put(film, data[: len(data) // 2])
    kept.put(library.key(half["clip_id"], "poster.jpg"), b"")
    for path in (f"/v1/videos/{half['id']}/content", f"/v1/library/{half['clip_id']}/content"):
        answer = client.get(path)
        assert answer.status_code == 404, path
        assert f"{len(data) // 2:,} of {len(data):,} bytes are there" in answer.json()["error"]["message"]
        assert client.get(path, params={"variant": "thumbnail"}).status_code == 404
        assert client.get(path, headers={"range": "bytes=0-1"}).status_code == 404
    assert client.get(f"/v1/videos/{whole['id']}/content").status_code == 200
    with zipfile.ZipFile(io.BytesIO(client.get("/v1/library/export").content)) as zipped:
        manifest = json.loads(zipped.read("manifest.json"))
    assert [clip["id"] for clip in manifest["clips"]] == [whole["clip_id"]]
    assert [clip["id"] for clip in manifest["left_out"]] == [half["clip_id"]]
