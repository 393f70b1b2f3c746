"""What may be spent with other servers: many orders at once never pass a budget together, and a budget counts what
orders cost.
"""

import threading
from dataclasses import replace
from datetime import UTC, datetime

import pytest
import sqlalchemy as sa

import service
from buying import CARD, World
from service import order
from vitascope import config, plans
from vitascope.cli import app as cli
from vitascope.clip import ClipSpec
from vitascope.errors import OverSpendingLimit
from vitascope.orders import batch
from vitascope.orders.batch import Step
from vitascope.orders.order import Order
from vitascope.policy import Rules
from vitascope.store import accounts, budgets, schema
from vitascope.store.budgets import Budget
from vitascope.store.folder_blobs import FolderBlobs

ASKED = ClipSpec(prompt="a red ball", seconds=0.5)  # 50,000 micro-dollars
COST = 50_000
PLAN = replace(plans.packaged()["pro"], remote=("*",), waiting=1000)


@pytest.fixture
def world(sqlite_only, tmp_path):
    return World(sqlite_only, tmp_path / "blobs")


def account_of(store, account_id):
    with store.begin() as tx:
        return accounts.by_id(tx, account_id)


def limit(store, scope, name, period, most):
    with store.begin() as tx:
        budgets.put(tx, Budget(scope, name, period, most), store.clock())


def spent(store, scope="all", name="", period="day"):
    with store.read() as tx:
        return budgets.spent(tx, Budget(scope, name, period, 0), store.clock())


def ask(store, account_id, *, card=CARD, n=1, key_id=None):
    return order(store, account_of(store, account_id), ASKED, card=card, plan=PLAN, n=n, credits=False, key_id=key_id)


def add_key(store, account_id, name="ci"):
    with store.begin() as tx:
        return accounts.create_key(tx, account_id, name, store.clock())


@pytest.mark.parametrize("scope", ["all", "vendor", "account", "key"])
def test_fifty_orders_at_once_cannot_pass_a_limit_together(store, scope):
    people = [service.add_account(store) for _ in range(1 if scope in ("account", "key") else 5)]
    names = {"all": "", "vendor": "vendor", "account": people[0], "key": add_key(store, people[0]).id}
    for other, name in names.items():  # larger ones, so that several rows are locked
        limit(store, other, name, "month", 10**9)
    name, key_id = names[scope], names["key"] if scope == "key" else None
    limit(store, scope, name, "day", 7 * COST + COST // 2)
    results, start = [], threading.Barrier(50)

    def buy(number):
        start.wait()
        for _ in range(20):
            try:
                ask(store, people[number % len(people)], key_id=key_id)
                return results.append("taken")
            except OverSpendingLimit:
                return results.append("refused")
            except Exception as error:  # a database that is busy says so; the client asks again
                if type(error).__name__ != "Unavailable":
                    return results.append(repr(error))

    threads = [threading.Thread(target=buy, args=(number,)) for number in range(50)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(results) == ["refused"] * 43 + ["taken"] * 7
    assert spent(store, scope, name) == 7 * COST
    with store.read() as tx:
        assert tx.scalar(sa.select(sa.func.count()).select_from(schema.jobs)) == 7
    for account_id in people:
        assert service.broken(store) == [], account_id


def test_several_takes_fit_together_or_not_at_all(store):
    mia = service.add_account(store)
    limit(store, "vendor", "vendor", "month", 3 * COST)
    with pytest.raises(OverSpendingLimit, match=r"0\.2000 more"):
        ask(store, mia, n=4)
    assert len(ask(store, mia, n=3)) == 3
    with pytest.raises(OverSpendingLimit, match=r"vendor is 0\.15 USD a month; 0\.1500 are spent") as refused:
        ask(store, mia)
    assert refused.value.status == 402
    other = replace(CARD, name="another/m")
    assert ask(store, mia, card=other)  # that budget is not its vendor's


def test_a_key_has_a_budget_of_its_own(store):
    mia = service.add_account(store)
    ci, laptop = add_key(store, mia), add_key(store, mia, "laptop")
    limit(store, "key", ci.id, "month", 2 * COST)
    ask(store, mia, key_id=ci.id)
    ask(store, mia, key_id=laptop.id)
    ask(store, mia)  # by a person, in the studio
    assert spent(store, "key", ci.id) == COST
    with pytest.raises(OverSpendingLimit, match=r"this API key is 0\.1 USD a month; 0\.0500 are spent"):
        ask(store, mia, n=2, key_id=ci.id)
    assert ask(store, mia, key_id=ci.id)


def test_a_films_batch_asks_the_budgets_for_all_its_shots_together(store, tmp_path):
    mia = service.add_account(store)
    key = add_key(store, mia)
    other = replace(CARD, name="another/m")
    limit(store, "all", "", "month", 10**9)
    limit(store, "vendor", "vendor", "month", 2 * COST)
    limit(store, "key", key.id, "day", 3 * COST)

    def film(*cards):
        return batch.submit(
            store, account_of(store, mia), [Step(Order(spec=ASKED, card=card)) for card in cards],
            blobs=FolderBlobs(tmp_path), plan=PLAN, prices=plans.packaged().prices, rules=Rules(), credits=False,
            key_id=key.id, before=lambda tx: None, also=lambda tx, made, units: None,
        )  # fmt: skip

    with pytest.raises(OverSpendingLimit, match=r"for vendor is 0\.1 USD.* would cost 0\.1500 more"):
        film(CARD, CARD, CARD)
    with pytest.raises(OverSpendingLimit, match=r"this API key is 0\.15 USD.* would cost 0\.2000 more"):
        film(CARD, CARD, other, other)
    film(CARD, CARD, other)
    assert spent(store, "key", key.id) == 3 * COST
    assert spent(store, "vendor", "another") == COST


def test_what_is_made_here_and_what_has_no_budget_is_not_counted(store):
    mia = service.add_account(store)
    local = replace(CARD, needs="cpu")
    limit(store, "all", "", "day", 0)
    assert ask(store, mia, card=local)
    with pytest.raises(OverSpendingLimit):
        ask(store, mia)
    assert spent(store) == 0


def test_what_nobody_knows_the_cost_of_fits_into_no_budget(store):
    mia = service.add_account(store)
    unknown = replace(CARD, cost=None)
    assert ask(store, mia, card=unknown)
    limit(store, "account", mia, "day", 10**9)
    with pytest.raises(OverSpendingLimit, match="Nobody knows"):
        ask(store, mia, card=unknown)


def test_days_and_months_begin_anew_in_utc(store):
    mia = service.add_account(store)
    limit(store, "all", "", "day", COST)
    limit(store, "account", mia, "month", 2 * COST)
    ask(store, mia)
    with pytest.raises(OverSpendingLimit, match="a day"):
        ask(store, mia)
    store.clock.forward(86_400)
    ask(store, mia)
    store.clock.forward(86_400)
    with pytest.raises(OverSpendingLimit, match=r"this account is 0\.1 USD a month"):
        ask(store, mia)
    while datetime.fromtimestamp(store.clock(), UTC).day != 1:
        store.clock.forward(86_400)
    assert ask(store, mia)


def test_what_counts_is_what_it_cost(world):
    def expected(job_id):
        with world.store.begin() as tx:
            budgets.expect(tx, job_id, CARD.name, COST, world.clock())
        return job_id

    first = expected(world.order())
    assert spent(world.store) == COST
    world.settle()
    assert world.job(first).state == "succeeded"
    assert spent(world.store) == spent(world.store, "vendor", "vendor") == 15_000  # as the vendor told
    world.vendor.faults = {"refuses": 1.0}
    second = expected(world.order())
    assert spent(world.store) == 15_000 + COST
    world.cancel(second)
    world.settle()
    assert world.job(second).state == "cancelled"
    assert spent(world.store) == 15_000
    assert spent(world.store, "vendor", "another") == 0


def test_a_price_that_rose_since_the_order_refuses_with_both_numbers(world):
    job_id = world.order()
    with world.store.begin() as tx:
        budgets.expect(tx, job_id, CARD.name, COST, world.clock())
    dearer = replace(CARD.cost, rates=(replace(CARD.cost.rates[0], second=130_000),))
    for courier in world.couriers:
        courier.models.file = replace(courier.models.file, card=replace(CARD, cost=dearer))
    world.settle()
    job = world.job(job_id)
    assert job.state == "failed"
    assert "costs 0.065 USD now; it was ordered when it cost 0.05" in job.error_message
    assert len(world.vendor.tasks) == 0
    world.check_nothing_spent()


def test_a_budget_is_set_listed_and_removed_by_command(tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("VITASCOPE_HOME", str(tmp_path))
    config.settings.cache_clear()

    def say(*words):
        code = cli.main(["buying", "budget", *words])
        out, err = capsys.readouterr()
        assert "Traceback" not in err
        return code, out + err

    try:
        assert say("list") == (0, "No budget is set.\n")
        assert say("set", "20", "--vendor", "kling", "--per", "day")[1] == "The budget for kling is 20 USD a day.\n"
        say("set", "100")
        say("set", "150")
        code, told = say("list")
        assert code == 0
        assert "0.0000 of 150 USD this month" in told
        assert "kling" in told
        assert say("remove", "--vendor", "kling", "--per", "day")[0] == 0
        assert say("remove", "--vendor", "kling", "--per", "day")[0] == 1
        assert say("set", "1", "--vendor", "kling", "--account", "x")[0] == 2
        assert cli.main(["keys", "create", "--name", "ci"]) == 0
        key = capsys.readouterr().out.strip()
        assert say("set", "5", "--key", key[:10])[1] == "The budget for this API key is 5 USD a month.\n"
        assert f"ci ({key[:10]}...)" in say("list")[1]
        for wrong in (key[:9], key, "key_none"):
            code, told = say("set", "5", "--key", wrong)
            assert (code, "no such key" in told) == (1, True)
            assert key not in told
        assert say("set", "-1")[0] == 2
    finally:
        config.settings.cache_clear()
