"""Both databases behind the same verbs: migrations, transactions, and what happens when the database is away."""

import random
import subprocess
import sys
import threading

import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext

import doubles
import postgres
import service
from vitascope.errors import BadSettings, Unavailable
from vitascope.store import ids, schema
from vitascope.store.database import Store, file_url, insert_new

HEAD = "0013"


@pytest.fixture(params=["sqlite", "postgres"])
def url(request, tmp_path):
    """The address of a database with nothing in it."""
    if request.param == "sqlite":
        yield file_url(tmp_path / "deep" / "new.db")
        return
    made = postgres.shared().fresh(migrated=False)
    yield made
    postgres.shared().drop(made)


def differs(_context, _inspected, column, found, _clause, wanted):
    """Whether the default in the database is another; PostgreSQL itself cannot compare two of JSON."""
    if isinstance(column.type, sa.JSON):
        return (found or "").split("::")[0].strip("'") != (wanted or "").strip("'")
    return None


def names(store):
    with store.read() as tx:
        return set(tx.scalars(sa.select(schema.projects.c.name)))


def project(name, account_id):
    return schema.projects.insert().values(id=ids.new_id("prj_", 1.0), account_id=account_id, name=name, created_at=1)


def test_the_migrations_make_what_the_schema_says(url):
    store = Store(url)
    store.migrate()
    with store.engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True, "compare_server_default": differs})
        assert context.get_current_revision() == HEAD
        assert compare_metadata(context, schema.metadata) == []
    store.migrate()  # nothing more to do
    store.close()


def test_two_processes_migrate_at_once(url):
    code = f"from vitascope.store.database import Store; Store({url!r}).migrate()"
    running = [
        subprocess.Popen([sys.executable, "-c", code], env=doubles.environment(), stderr=subprocess.PIPE)
        for _ in range(3)
    ]
    for process in running:
        _, words = process.communicate(timeout=120)
        assert process.returncode == 0, words.decode()
    store = Store(url)
    with store.engine.connect() as connection:
        assert MigrationContext.configure(connection).get_current_revision() == HEAD
    store.close()


def test_a_database_of_a_later_version_is_refused(store):
    with store.begin() as tx:
        tx.exec_driver_sql("UPDATE alembic_version SET version_num = '9999'")
    with pytest.raises(BadSettings, match="9999"):
        store.migrate()


def test_the_file_of_passwords_is_its_owners_alone(tmp_path):
    file = tmp_path / "new.db"
    store = Store(file_url(file))
    store.migrate()
    assert file.stat().st_mode & 0o077 == 0
    store.close()


def test_a_transaction_is_done_whole_or_not_at_all(store):
    mia = service.add_account(store)
    with store.begin() as tx:
        tx.execute(project("kept", mia))
    with service.undone(store) as tx:
        tx.execute(project("lost", mia))
    assert names(store) == {"kept"}


def test_a_read_sees_one_moment(store):
    mia = service.add_account(store)
    count = sa.select(sa.func.count()).select_from(schema.projects)
    with store.read() as reading:
        assert reading.scalar(count) == 0
        with store.begin() as tx:
            tx.execute(project("later", mia))
        assert reading.scalar(count) == 0
    assert names(store) == {"later"}


def test_writers_wait_for_each_other_and_none_is_lost(store):
    mia = service.add_account(store)

    def add(number):
        for step in range(10):
            with store.begin() as tx:
                store.lock_account(tx, mia)
                seen = tx.scalar(sa.select(sa.func.count()).select_from(schema.projects))
                tx.execute(project(f"{number}.{step} after {seen}", mia))

    threads = [threading.Thread(target=add, args=(number,)) for number in range(5)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(int(name.split(" after ")[1]) for name in names(store)) == list(range(50))


def test_a_write_inside_a_write_is_refused_at_once_and_the_next_one_goes_on(store):
    """It would wait for the outer one, which waits for it."""
    with store.begin(), pytest.raises(RuntimeError, match="inside another"), store.begin():
        pass
    with store.begin() as tx:
        assert tx.scalar(sa.text("SELECT 1")) == 1


def test_a_row_with_the_same_key_is_not_added_twice(store):
    row = {"key": "greeting", "value": "hello", "created_at": 1.0}
    with store.begin() as tx:
        assert insert_new(tx, schema.settings, row)
        assert not insert_new(tx, schema.settings, {**row, "value": "bye"})
        assert tx.scalar(sa.select(schema.settings.c.value)) == "hello"


def test_a_row_of_nobody_is_refused(store):
    with pytest.raises(sa.exc.IntegrityError), store.begin() as tx:
        tx.execute(project("orphan", "acc_nobody"))


def test_an_unreachable_database_is_said_so(tmp_path):
    store = Store(f"postgresql://nobody@/none?host={tmp_path}")
    with pytest.raises(Unavailable, match="does not answer"), store.begin():
        pass
    store = Store(file_url(tmp_path / "missing" / "file.db"))
    with pytest.raises(Unavailable, match="unable to open"), store.read():
        pass


def test_a_server_that_died_is_found_again():
    server = postgres.Server()
    try:
        server.sql("CREATE DATABASE own")
        store = Store(server.url("own"))
        store.migrate()
        mia = service.add_account(store)
        with pytest.raises(Unavailable), store.begin() as tx:  # noqa: PT012
            tx.execute(project("lost", mia))
            server.crash()
            tx.execute(project("lost too", mia))
        with pytest.raises(Unavailable), store.read() as tx:
            tx.execute(sa.select(1))
        server.start()
        assert names(store) == set()
        store.close()
    finally:
        server.close()


@pytest.mark.parametrize("url", ["", "nonsense", "mysql://host/name", "sqlite://", "sqlite:///:memory:"])
def test_an_address_that_makes_no_sense_is_refused(url):
    with pytest.raises(BadSettings) as caught:
        Store(url)
    assert "postgresql://" in caught.value.hint


def test_ids_sort_in_the_order_they_are_made():
    moments = sorted(random.Random(1).choices(range(1_000_000, 1_000_100), k=300))
    made = [ids.new_id("job_", moment / 1000) for moment in moments]
    assert made == sorted(made)
    assert len(set(made)) == 300
    assert all(len(name) == 28 and name.startswith("job_") for name in made)
    assert ids.new_id("clip", 1.0).startswith("clip_")
