"""A machine's clock that is wrong: it is said, and nothing is lost by it for good."""

import pytest
import sqlalchemy as sa

import service
from doubles import recipe_of
from processes import Service
from test_worker import open_house
from vitascope import doctor
from vitascope.cli import app as cli
from vitascope.clip import ClipSpec
from vitascope.runtime import open_house as open_own_house
from vitascope.store import clock, handles, ids, ledger, library, orphans, schema
from vitascope.workers import maintenance

DAY = 86_400.0
RECIPE = recipe_of(ClipSpec(prompt="a ball", seed=1), model="m", weights="w", version="0")


@pytest.fixture
def house(store, tmp_path):
    """Of the test's own clock."""
    own = store.clock
    made = open_house(store, tmp_path)
    store.clock = own
    return made


@pytest.fixture
def mia(store):
    return service.add_account(store)


def keep(house, account_id, *, trashed=False):
    now = house.store.clock()
    clip_id = ids.new_id("clip_", now)
    key = library.key(clip_id, "video.mp4")
    house.blobs.put(key, b"x")
    with house.store.begin() as tx:
        library.add(
            tx, account_id=account_id, recipe=RECIPE, size_bytes=1, sha256="0" * 64, now=now, clip_id=clip_id,
            trashed_at=now if trashed else None,
        )  # fmt: skip
    return key


def fill(house, account_id):
    """The keys of all that a clock could take away for good."""
    store, now = house.store, house.store.clock()
    keys = [keep(house, account_id), keep(house, account_id, trashed=True)]
    stray = f"clips/{ids.new_id('clip_', now)}/video.mp4"
    sent = f"uploads/{account_id}/one"
    for key in (stray, sent):
        house.blobs.put(key, b"x")
    with store.begin() as tx:
        handles.claim(tx, account_id, handles.UPLOAD, "one", sent, now)
        ledger.grant(tx, account_id, 500, "gift", source="test", now=now, expires_at=now + 40 * DAY)
    return {*keys, stray, sent}


def duties(house):
    """What a worker does over and over."""
    maintenance.expire(house)
    maintenance.tidy(house)
    maintenance.keep_house(house)


def credits(store, account_id):
    with store.read() as tx:
        return tx.scalar(sa.select(sa.func.sum(schema.buckets.c.available)).where(_of(account_id)))


def _of(account_id):
    return schema.buckets.c.account_id == account_id


@pytest.mark.parametrize("days", [8, 400, 20_000])
def test_a_clock_that_leaps_ahead_takes_nothing_for_good(store, house, mia, days):
    there = fill(house, mia)
    duties(house)
    back = store.clock()
    store.clock.forward(days * DAY)
    for _ in range(6):
        duties(house)
        store.clock.forward(1000)
    assert set(house.blobs.keys()) == there
    assert credits(store, mia) == 500
    store.clock.now = back + 6000  # it was put right
    duties(house)
    assert set(house.blobs.keys()) == there
    with store.read() as tx:
        assert clock.doubt(tx, store.clock()) == ""
        assert clock.ahead(tx) == 0.0
    left = {}
    for day in range(1, 42):
        store.clock.forward(DAY)
        duties(house)
        left[day] = (len(set(house.blobs.keys())), len(orphans.aside(house.blobs)), credits(store, mia))
    # all goes when its time has come: the file that was sent, what was set aside, the trash, the credits
    assert [left[day] for day in (5, 10, 20, 29, 31, 41)] == [
        (3, 1, 500), (2, 1, 500), (2, 0, 500), (2, 0, 500), (1, 0, 500), (1, 0, 0),
    ]  # fmt: skip


def test_what_ends_meanwhile_ends_at_its_time(store, house, mia):
    """The leap is taken off, not the time that goes on."""
    fill(house, mia)
    duties(house)
    store.clock.forward(400 * DAY)
    duties(house)
    for _ in range(8):
        store.clock.forward(DAY)
        duties(house)
    assert f"uploads/{mia}/one" not in set(house.blobs.keys())  # its seven days are over


def test_a_server_that_was_off_for_months_waits_as_long_as_the_trash(store, house, mia):
    fill(house, mia)
    duties(house)
    store.clock.forward(60 * DAY)
    duties(house)
    assert len(set(house.blobs.keys())) == 4
    with store.read() as tx:
        assert "went ahead by 60 days" in clock.doubt(tx, store.clock())
    for _ in range(32):
        store.clock.forward(DAY)
        duties(house)
    assert len(set(house.blobs.keys())) == 1
    assert credits(store, mia) == 0


def test_a_week_off_is_nothing_and_an_older_database_is_asked_for_its_newest_row(store, house, mia):
    keep(house, mia, trashed=True)
    store.clock.forward(6 * DAY)  # nothing was ever noted of the clock
    with store.begin() as tx:
        assert clock.due(tx, store.clock()) == store.clock()
    store.clock.forward(8 * DAY)
    with store.begin() as tx:
        assert clock.due(tx, store.clock()) == store.clock() - 8 * DAY


def test_two_machines_of_which_one_is_wrong_take_nothing(store, house, mia):
    there = fill(house, mia)
    right = store.clock()
    for _ in range(20):
        right += 60
        store.clock.now = right
        duties(house)
        store.clock.now = right + 400 * DAY
        duties(house)
    assert set(house.blobs.keys()) == there


def test_what_was_thrown_away_under_a_wrong_clock_is_not_kept_for_years(store, house, mia):
    back = store.clock()
    store.clock.forward(400 * DAY)
    keep(house, mia, trashed=True)
    store.clock.now = back
    maintenance.clock_went_back(house, lease_seconds=30.0)
    with store.read() as tx:
        assert tx.scalar(sa.select(schema.clips.c.trashed_at)) == back


@pytest.mark.slow
@pytest.mark.parametrize(
    ("days", "words"), [(400, "400 days later: the clock is behind"), (-400, "it went ahead by 400 days")]
)
def test_a_doubtful_clock_is_said_at_the_start_by_doctor_and_by_check(tmp_path, own_home, capsys, days, words):
    own = open_own_house()
    now = own.store.clock()
    with own.store.begin() as tx:
        clock.accept(tx, now + days * DAY)  # when it was last seen
    own.store.close()
    (finding,) = [one for one in doctor.examine() if one.part == "clock"]
    assert not finding.good
    assert words in finding.text
    assert cli.main(["check"]) == 0
    assert words in capsys.readouterr().out
    service = Service(tmp_path, home=own_home)
    try:
        service.serve("--workers", 0)
        assert words in service.words()
    finally:
        service.close()
    assert cli.main(["sweep", "--clock"]) == 0
    assert "the clock is right" in capsys.readouterr().out
    assert all(one.good for one in doctor.examine() if one.part == "clock")
