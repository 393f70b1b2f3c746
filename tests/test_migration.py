"""A database of the first edition, brought to today's form: nothing in it is lost, and all that was under way goes on.

`recorded/first_edition.sql` and `.zip` were written by the first edition's own code (database revision 0003), with the
drawn disc as its engine and a clock that began at `service.START`. An account on the plan "pro" with a key, two grants,
a project and a webhook placed the orders of `ASKED`, by the functions that its server used, each under its name here as
idempotency key. "done" was fulfilled and the account exported, which is the zip; "failed" and "cancelled" ended so;
"running" was claimed for ten minutes and beat once; the rest wait. One job more, "a tall one", was ordered as Python
did it: its spec names a size and leaves the aspect at the default.
"""

import ast
import base64
import contextlib
import shutil
import sqlite3
import types
import zipfile
from dataclasses import replace
from functools import cache
from pathlib import Path

import pytest
import sqlalchemy as sa
from alembic import command
from alembic.config import Config
from sqlalchemy.engine import make_url

import postgres
import service
from doubles import CARD, FORMAT, DiscEngine
from serving import make_context, png
from vitascope.clip import CameraPath, ClipSpec, Recipe, Shape
from vitascope.engines import registry
from vitascope.errors import BadSettings, Conflict
from vitascope.media import picture
from vitascope.media import recipe as recipe_file
from vitascope.orders import fulfil
from vitascope.server import requests
from vitascope.server.auth import Actor
from vitascope.store import accounts, archive, jobs, library, recipes, schema, unread
from vitascope.store.database import MIGRATIONS, Store, file_url
from vitascope.store.folder_blobs import FolderBlobs
from vitascope.store.jobs import Lease
from vitascope.vendors.request import Asked
from vitascope.workers import maintenance

SQL, ZIP = (Path(__file__).parent / "recorded" / f"first_edition.{kind}" for kind in ("sql", "zip"))
NOW = service.START + 10  # a moment after the last order
OTHER = replace(CARD, format=replace(FORMAT, sizes=(*FORMAT.sizes, (320, 256))))
GREEN, RED, BLUE = (10, 200, 30), (200, 20, 30), (20, 20, 230)


def sent(width, height, colour):
    return "data:image/png;base64," + base64.b64encode(png(width, height, colour=colour)).decode()


ASKED = {
    "done": {"prompt": "a red ball bounces", "seconds": 0.5, "seed": 7, "external_id": "shot 1"},  # in the project
    "failed": {"prompt": "a ball that fails", "seconds": 1, "seed": 1},
    "cancelled": {"prompt": "a ball that is cancelled", "seconds": 1, "seed": 1},
    "running": {"prompt": "a ball that is being drawn", "seconds": 1, "aspect": "16:9", "seed": 2},
    "text": {"prompt": "a red ball bounces"},
    "twice": {
        "prompt": "一个红球弹跳\n'; DROP TABLE jobs; -- ☃", "seconds": 1, "aspect": "9:16", "n": 2, "seed": 40,
        "negative_prompt": "blur",
    },
    "first picture": {"prompt": "it rolls", "seconds": 1.5, "image": sent(32, 24, GREEN), "seed": 3},
    "first and last": {
        "prompt": "it turns", "seconds": 1, "aspect": "1:1", "image": sent(24, 24, RED),
        "last_image": sent(24, 24, BLUE), "seed": 4,
    },
    "longer": {"prompt": "it stops", "seconds": 1, "seed": 5},  # it continues the clip of "done"
    "still": {"prompt": "a blue cube", "still": True, "seed": 6},
    "size": {"prompt": "a blue cube", "size": (352, 192), "seconds": 0.51, "seed": 8},
    "odd length": {"prompt": "a blue cube", "seconds": 5.0625, "aspect": "9:16", "seed": 9, "guidance": 2.5},
    "draft": {"prompt": "a red cube", "seconds": 2.0, "draft": True, "seed": 10},
    "nearly": {"prompt": "a red cube", "seconds": 1.5000000000000002, "seed": 14},
    "steps": {"prompt": "a red cube", "seconds": 2, "steps": 12, "seed": 11, "camera": CameraPath(words="orbit left")},
    "other size": {"prompt": "a red cube", "seconds": 1, "size": (320, 256), "seed": 12},  # of a model that has it
    "remix": {"prompt": "a blue ball bounces"},  # of "done"
}  # fmt: skip

SHAPES = {  # width, height, frames, given, steps
    "done": (256, 256, 9, 0, 4),
    "failed": (256, 256, 17, 0, 4),
    "cancelled": (256, 256, 17, 0, 4),
    "running": (352, 192, 17, 0, 4),
    "text": (256, 256, 65, 0, 4),
    "twice": (192, 352, 17, 0, 4),
    "first picture": (256, 256, 25, 0, 4),
    "first and last": (256, 256, 17, 0, 4),
    "longer": (256, 256, 16, 9, 4),
    "still": (256, 256, 1, 0, 4),
    "size": (352, 192, 17, 0, 4),
    "odd length": (192, 352, 89, 0, 4),
    "draft": (256, 256, 33, 0, 1),
    "nearly": (256, 256, 25, 0, 4),
    "steps": (256, 256, 33, 0, 12),
    "other size": (320, 256, 17, 0, 4),
    "remix": (256, 256, 9, 0, 4),
    "a tall one": (192, 352, 17, 0, 4),
}


@pytest.fixture(scope="module", params=["sqlite", "postgres"])
def copied(request, tmp_path_factory):
    """Opens a copy of what the first edition left, not yet migrated or migrated; both are made once and copied."""
    folder = tmp_path_factory.mktemp("first")

    def copy(url, name):
        if request.param == "postgres":
            return postgres.shared().fresh(like=url)
        return file_url(shutil.copyfile(make_url(url).database, folder / name))

    @cache
    def made(migrated):
        file = folder / "first.db"
        if migrated:
            url = copy(made(False), "migrated.db")
            store = Store(url)
            store.migrate()
            store.close()
            return url
        with contextlib.closing(sqlite3.connect(file)) as written:
            written.executescript(SQL.read_text("utf-8"))
            if request.param == "sqlite":
                return file_url(file)
            url = postgres.shared().fresh(migrated=False)
            store = Store(url)
            copy_to_postgres(written, store)
            store.close()
            return url

    @contextlib.contextmanager
    def a_copy(*, migrated):
        url = copy(made(migrated), "copy.db")
        store = Store(url, clock=service.Clock(NOW))
        yield store
        store.close()
        if request.param == "postgres":
            postgres.shared().drop(url)

    return a_copy


@pytest.fixture
def first(copied):
    """A store with what the first edition left, not yet migrated."""
    with copied(migrated=False) as store:
        yield store


@pytest.fixture
def store(copied):
    """It, migrated."""
    with copied(migrated=True) as store:
        yield store


def upgrade(tx, revision):
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    config.attributes["connection"] = tx
    command.upgrade(config, revision)


def copy_to_postgres(written, store):
    """The same rows, in the tables that the first edition's migrations made there."""
    with store.begin() as tx:
        upgrade(tx, written.execute("SELECT version_num FROM alembic_version").fetchone()[0])
        tables = sa.MetaData()
        tables.reflect(tx)
        for table in tables.sorted_tables:
            if table.name == "alembic_version":
                continue
            names = ", ".join(f'"{column.name}"' for column in table.columns)
            flags = [isinstance(column.type, sa.Boolean) for column in table.columns]
            add = f"INSERT INTO {table.name} ({names}) VALUES ({', '.join(['%s'] * len(flags))})"
            for row in written.execute(f"SELECT {names} FROM {table.name}"):
                values = [bool(value) if flag else value for flag, value in zip(flags, row, strict=True)]
                tx.exec_driver_sql(add, tuple(values))  # JSON as the text it is
        for name in ("events", "transfers"):
            tx.exec_driver_sql(f"SELECT setval(pg_get_serial_sequence('{name}', 'id'), (SELECT max(id) FROM {name}))")


@pytest.fixture
def blobs(tmp_path):
    """The files of the one clip that there is, out of the archive."""
    blobs = FolderBlobs(tmp_path / "blobs")
    with zipfile.ZipFile(ZIP) as archived:
        for name in archived.namelist():
            if name.startswith("clips/") and not name.endswith(".json"):
                blobs.put(name, archived.read(name), "video/mp4" if name.endswith("4") else "image/jpeg")
    return blobs


def content(store):
    """Every row of every table, by the names of its columns."""
    found = {}
    with store.read() as tx:
        for name in sa.inspect(tx).get_table_names():
            rows = [dict(row) for row in tx.exec_driver_sql(f"SELECT * FROM {name}").mappings()]
            found[name] = sorted(rows, key=lambda row: str(list(row.values())[:3]))
    return found


def built(store):
    """Every index, trigger and constraint by its name, as the database itself writes it."""
    if store.is_sqlite:
        queries = [
            "SELECT type || ' ' || name AS name, sql AS text FROM sqlite_master WHERE type IN ('index', 'trigger')"
        ]
    else:
        queries = [
            "SELECT 'index ' || indexname AS name, indexdef AS text FROM pg_indexes WHERE schemaname = 'public'",
            "SELECT 'trigger ' || tgname AS name, pg_get_triggerdef(oid) AS text FROM pg_trigger"
            " WHERE NOT tgisinternal",
            "SELECT 'constraint ' || conrelid::regclass || ' ' || conname AS name, pg_get_constraintdef(oid) AS text"
            " FROM pg_constraint WHERE connamespace = 'public'::regnamespace",
        ]
    with store.read() as tx:
        found = {row.name: row.text for query in queries for row in tx.exec_driver_sql(query)}
        inspector = sa.inspect(tx)
        for table in inspector.get_table_names():
            found[f"keys of {table}"] = sorted(map(str, inspector.get_foreign_keys(table)))
    return found


def all_jobs(store):
    """By the name of their order; of two takes the second."""
    with store.read() as tx:
        found = [jobs.as_job(row) for row in tx.execute(sa.select(schema.jobs).order_by(schema.jobs.c.id))]
    return {job.idempotency or "a tall one": job for job in found}


def whole_spec(store, job):
    with store.read() as tx:
        return ClipSpec.from_dict(recipes.whole(tx, job.account_id, job.spec))


def test_every_job_knows_what_its_spec_came_to(store):
    found = all_jobs(store)
    assert found.keys() == SHAPES.keys()
    for name, job in found.items():
        shape = job.resolved
        assert (shape.width, shape.height, shape.frames, shape.given, shape.steps) == SHAPES[name], name
        assert Shape.from_dict(job.shape) == shape, name
        assert (shape.fps, shape.guidance, shape.sound) == (16, 2.5 if name == "odd length" else None, False)
        assert job.spec_format == 1
        today = (OTHER if name == "other size" else CARD).resolve(whole_spec(store, job))
        assert replace(today, guidance=shape.guidance) == shape, f"{name}: today's rules say the same"


def test_pictures_and_the_recipe_of_a_parent_are_still_inside(store):
    found = all_jobs(store)
    for name, of, colour in (
        ("first picture", "image", GREEN), ("first and last", "image", RED), ("first and last", "last_image", BLUE),
    ):  # fmt: skip
        given = getattr(whole_spec(store, found[name]), of)
        assert (picture.pixels(given) == colour).all(), (name, of)
    source = whole_spec(store, found["longer"]).extend
    assert (source.frames, source.fps, source.recipe.written) == (9, 16, 1)
    with store.read() as tx:
        clip = library.get(tx, found["done"].account_id, found["done"].clip_id)
    assert source.sha256 == clip.sha256
    assert source.recipe == Recipe.from_dict(clip.recipe)


def test_no_row_is_lost_or_changed(first):
    before = content(first)
    first.migrate()
    after = content(first)
    assert {name: len(rows) for name, rows in before.items()} == {name: len(after[name]) for name in before}
    for name, rows in before.items():
        for old, new in zip(rows, after[name], strict=True):
            if name == "clips":
                assert (old["fps"], new["fps"]) == (16, "16")
                old = {**old, "fps": "16"}
            if name != "alembic_version":
                assert old == {column: new[column] for column in old}, name
    assert min(len(before[name]) for name in ("jobs", "clips", "events", "transfers", "idempotency", "handles")) > 0
    assert service.broken(first) == []
    assert first.damages(thorough=True) == []


def test_a_migration_done_twice_changes_nothing(store):
    before = content(store), built(store)
    store.migrate()
    assert (content(store), built(store)) == before


def test_indexes_triggers_and_keys_are_all_there(first, tmp_path):
    before = built(first)
    first.migrate()
    after = built(first)
    meant = {"index ix_jobs_waiting"}  # it holds one column more
    meant |= {f"constraint {name}" for name in (
        "jobs ck_jobs_ck_jobs_needs", "jobs ck_jobs_ck_jobs_relation", "clips ck_clips_ck_clips_relation",
    )}  # fmt: skip
    assert {name for name in before if after.get(name) != before[name]} <= meant
    assert {
        f"index {index.name}" for table in schema.metadata.tables.values() for index in table.indexes
    } <= after.keys()
    fresh = service.sqlite_store(tmp_path) if first.is_sqlite else service.postgres_store()
    assert built(fresh) == after
    fresh.close()
    if not first.is_sqlite:
        postgres.shared().drop(fresh.url.render_as_string(hide_password=False))


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE transfers SET units = units + 1",
        "DELETE FROM transfers",
        "UPDATE jobs SET account_id = 'acc_nobody' WHERE state = 'queued'",
        "UPDATE clips SET account_id = 'acc_nobody'",
        "UPDATE jobs SET state = 'odd' WHERE state = 'queued'",
        "UPDATE jobs SET lease_until = NULL WHERE state = 'running'",
        "UPDATE jobs SET id = (SELECT min(id) FROM jobs)",
        "UPDATE clips SET fps = NULL",
    ],
)
def test_the_database_still_refuses_what_must_not_be(store, statement):
    with pytest.raises(sa.exc.IntegrityError), store.begin() as tx:
        tx.exec_driver_sql(statement)


def test_what_has_no_fixed_list_any_more_is_taken(store):
    with store.begin() as tx:
        tx.exec_driver_sql("UPDATE jobs SET needs = 'metal', relation = 'edit'")
        tx.exec_driver_sql("UPDATE clips SET relation = 'edit', model = NULL, recipe = NULL, fps = '30000/1001'")


def only(store, job_id):
    """No other job can be claimed now."""
    with store.begin() as tx:
        others = (schema.jobs.c.state == "queued", schema.jobs.c.id != job_id)
        tx.execute(sa.update(schema.jobs).where(*others).values(model="another"))


def again(store, folder, name, **changed):
    """The jobs of this order, sent once more to today's server under the same key."""
    found = all_jobs(store)
    done = found["done"]
    asked = {**ASKED[name], **changed}
    if name == "done":
        asked["project_id"] = done.project_id
    if name == "longer":
        asked["extend"] = {"id": done.clip_id}
    context = make_context(store, folder, cards=(OTHER if name == "other size" else CARD,))
    with store.read() as tx:
        actor = Actor(accounts.by_id(tx, done.account_id), "key")
    if name == "remix":
        order = requests.again(context, actor, done, Asked(**asked), relation="remix")
    else:
        order = requests.order(context, actor, Asked(**asked))
    return requests.submit(context, actor, order, idempotency=name)


def test_the_same_order_under_its_key_leads_to_its_old_jobs(store, tmp_path):
    make_context(store, tmp_path)  # a server that starts makes its secret
    before, found = content(store), all_jobs(store)
    for name in ASKED:
        answered = again(store, tmp_path, name)
        assert len(answered) == ASKED[name].get("n", 1)
        assert answered[-1] == found[name], name
    assert content(store) == before, "nothing was ordered or charged anew"


@pytest.mark.parametrize(
    ("name", "changed"),
    [
        ("text", {"prompt": "a blue ball bounces"}),
        ("text", {"n": 2}),
        ("size", {"size": (256, 256)}),
        ("steps", {"steps": 11}),
        ("first picture", {"image": sent(32, 24, BLUE)}),
        ("odd length", {"guidance": 2.0}),
        ("longer", {"seed": 6}),
        ("text", {"sound": False}),  # which nobody could say then
    ],
)
def test_another_order_under_an_old_key_is_a_conflict(store, tmp_path, name, changed):
    with pytest.raises(Conflict, match="another request"):
        again(store, tmp_path, name, **changed)


def test_every_waiting_job_is_claimed_and_made(store, blobs):
    waiting = {job.id for job in all_jobs(store).values() if job.state == "queued"}
    made = []
    while lease := service.claim(store):
        done = fulfil.fulfil(store, blobs, lease, DiscEngine())
        assert done.state == "succeeded", done.error_message
        with store.read() as tx:
            clip = library.get(tx, done.account_id, done.clip_id)
        shape = done.resolved
        assert (clip.width, clip.height, clip.frames, clip.fps) == (shape.width, shape.height, shape.total, "16")
        made.append(done)
    assert waiting <= {job.id for job in made}
    assert len(made) == len(waiting) + 1, "the first of the two takes too"
    assert service.broken(store) == []


def test_a_parent_that_is_gone_is_made_again_from_its_old_recipe(store, blobs):
    found = all_jobs(store)
    with store.read() as tx:
        clip = library.get(tx, found["done"].account_id, found["done"].clip_id)
    blobs.delete(clip.video_key)
    only(store, found["longer"].id)
    done = fulfil.fulfil(store, blobs, service.claim(store), DiscEngine())
    assert (done.id, done.state) == (found["longer"].id, "succeeded"), done.error_message


def test_the_running_job_goes_on_with_its_lease(store):
    job = all_jobs(store)["running"]
    lease = Lease(job, job.lease_worker, job.attempts, job.lease_until)
    with store.begin() as tx:
        assert jobs.beat(tx, lease, store.clock(), step=3, steps=4, looks=[1, 2, 3])
    assert service.deliver(store, lease).state == "succeeded"
    assert service.broken(store) == []


def test_a_spec_of_a_later_format_is_left_waiting(store):
    job = all_jobs(store)["text"]
    only(store, job.id)
    this = sa.update(schema.jobs).where(schema.jobs.c.id == job.id)
    with store.begin() as tx:
        tx.execute(this.values(spec_format=3))
    assert service.claim(store) is None
    with store.begin() as tx:
        tx.execute(this.values(spec_format=2))
    assert service.claim(store).job.id == job.id


def test_a_job_that_the_first_edition_writes_after_the_migration_is_made_too(store, blobs):
    """While its servers are replaced one after the other."""
    columns = "account_id, batch_id, state, lane, spec, model, needs, request, created_at"
    like = all_jobs(store)["size"].id
    with store.begin() as tx:
        tx.exec_driver_sql(
            f"INSERT INTO jobs (id, units, steps, {columns})"
            f" SELECT 'job_late', 0, 4, {columns} FROM jobs WHERE id = '{like}'"
        )
    only(store, "job_late")
    lease = service.claim(store)
    assert (lease.job.id, lease.job.shape, lease.job.resolved.frames) == ("job_late", {}, 17)
    assert fulfil.fulfil(store, blobs, lease, DiscEngine()).state == "succeeded"


def test_an_archive_of_the_first_edition_is_taken_in(store, tmp_path):
    blobs = FolderBlobs(tmp_path / "there")
    new, old = service.add_account(store), all_jobs(store)["done"].account_id
    taken = archive.take_in(store, blobs, new, ZIP)
    assert (taken.clips, taken.already_here, taken.projects, taken.left_out) == (1, 0, 1, ())
    with store.read() as tx:
        before = library.get(tx, old, all_jobs(store)["done"].clip_id)
        clip = library.by_sha256(tx, new, before.sha256)
    same = (
        "prompt",
        "model",
        "seed",
        "width",
        "height",
        "frames",
        "fps",
        "sound",
        "seconds",
        "bytes",
        "sha256",
        "tags",
    )
    assert [getattr(clip, name) for name in same] == [getattr(before, name) for name in same]
    assert Recipe.from_dict(clip.recipe) == Recipe.from_dict(before.recipe)
    kept = tmp_path / "kept.mp4"
    kept.write_bytes(b"".join(blobs.read(clip.video_key)))
    assert recipe_file.read(kept) == Recipe.from_dict(before.recipe)
    taken = archive.take_in(store, blobs, old, ZIP)
    assert (taken.clips, taken.already_here) == (0, 1)


@pytest.fixture(params=["sqlite", "postgres"])
def second(request, tmp_path):
    """A store at the revision before clips had a meaning, with three clips in it."""
    url = file_url(tmp_path / "second.db") if request.param == "sqlite" else postgres.shared().fresh(migrated=False)
    store = Store(url, clock=service.Clock(NOW))
    with store.begin() as tx:
        upgrade(tx, "0002")
        tables = sa.MetaData()
        tables.reflect(tx, only=["accounts", "clips"])
        tx.execute(tables.tables["accounts"].insert().values(id="acc_1", role="owner", created_at=NOW))
        prompts = {"vitascope-nano": ["a red ball on snow", "a dragon; ' -- ☃"], "another": ["a red ball on snow"]}
        named = [(model, prompt) for model, all_of_it in prompts.items() for prompt in all_of_it]
        for number, (model, prompt) in enumerate(named):
            row = {"width": 256, "height": 256, "frames": 17, "fps": 16, "seconds": 1.0, "bytes": 1, "recipe": {}}
            names = {"id": f"clip_{number}", "account_id": "acc_1", "sha256": str(number), "video_key": str(number)}
            added = tables.tables["clips"].insert()
            tx.execute(added.values(prompt=prompt, model=model, tags=[], defects=[], created_at=NOW, **row, **names))
    yield store
    store.close()
    if request.param == "postgres":
        postgres.shared().drop(store.url.render_as_string(hide_password=False))


def meanings(store):
    with store.read() as tx:
        return list(tx.scalars(sa.select(schema.clips.c.meaning).order_by(schema.clips.c.id)))


def note(store):
    with store.read() as tx:
        return tx.scalar(sa.select(schema.settings.c.value).where(schema.settings.c.key == unread.KEY))


def house(store):
    return types.SimpleNamespace(store=store)


def test_old_prompts_are_read_by_a_worker_and_not_by_the_migration(second, monkeypatch):
    second.migrate()
    assert (meanings(second), note(second)) == (["", "", ""], {"after": ""})
    monkeypatch.setattr(maintenance, "READ_AT_ONCE", 100)
    maintenance.read_old(house(second))
    assert meanings(second) == [" thing:ball colour:red ground:snow ", "", ""]
    assert note(second) == {"after": "clip_2"}
    second.migrate()
    maintenance.read_old(house(second))
    assert note(second) is None
    maintenance.read_old(house(second))
    assert meanings(second) == [" thing:ball colour:red ground:snow ", "", ""]


def test_old_prompts_wait_for_a_model_whose_file_cannot_be_used(second, monkeypatch):
    second.migrate()
    missing = BadSettings("It is not there.", hint="Install it.")
    with monkeypatch.context() as patched:
        patched.setattr(registry.Registry, "faults", lambda self: {"vitascope-nano": missing})
        with pytest.raises(BadSettings):
            maintenance.read_old(house(second))
    assert note(second) == {"after": ""}
    maintenance.read_old(house(second))
    assert (meanings(second)[0], note(second)) == (" thing:ball colour:red ground:snow ", None)


def test_a_database_without_clips_has_nothing_to_be_read(tmp_path):
    store = service.sqlite_store(tmp_path)
    assert note(store) is None
    store.close()


def test_no_migration_imports_the_code_of_today():
    for file in (MIGRATIONS / "versions").glob("*.py"):
        assert "vitascope" not in {name.split(".")[0] for name in imported(file)}, file.name


def imported(file):
    for node in ast.walk(ast.parse(file.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield node.module


@pytest.mark.parametrize("kind", ["sqlite", "postgres"])
def test_budgets_are_kept_when_keys_get_some(kind, tmp_path):
    url = file_url(tmp_path / "b.db") if kind == "sqlite" else postgres.shared().fresh(migrated=False)
    store = Store(url, clock=service.Clock(NOW))
    kept = {"scope": "vendor", "name": "kling", "period": "day", "most": 2**40, "created_at": NOW}
    with store.begin() as tx:
        upgrade(tx, "0011")
        tables = sa.MetaData()
        tables.reflect(tx, only=["budgets"])
        tx.execute(tables.tables["budgets"].insert().values(**kept))
    store.migrate()
    with store.begin() as tx:
        tx.execute(schema.budgets.insert().values(**{**kept, "scope": "key", "name": "key_1"}))
        assert [row._asdict() for row in tx.execute(sa.select(schema.budgets).order_by("name"))][1] == kept
    store.close()
    if kind == "postgres":
        postgres.shared().drop(url)
