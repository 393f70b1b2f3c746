"""What an account's receivers can do to the messages of others: nothing that others would notice."""

import threading
import time
from collections import Counter

import pytest

from hosts import Host, silence
from processes import LONG
from service import add_account, claim, submit
from serving import until
from vitascope.errors import Unavailable
from vitascope.outbound.message import Answer
from vitascope.outbound.post import Sender
from vitascope.store import callbacks, deliveries, events, webhooks
from vitascope.store.callbacks import Outcome
from vitascope.workers.delivering import AT_ONCE, FAILURES, FIRST_REST, OF_ACCOUNT, OF_HOST, Breaker, Deliveries, Kind


def hook(store, account, *urls):
    with store.begin() as tx:
        return [webhooks.create(tx, account, url, now=store.clock()) for url in urls]


def happen(store, account, times=1):
    with store.begin() as tx:
        for number in range(times):
            events.tell(tx, account, "job.succeeded", {}, store.clock(), job_id=f"job_{number}")


def sending(store, send, attempt=lambda due: Outcome(200), **more):
    kinds = (
        Kind(deliveries.waiting, deliveries.postpone, lambda id: deliveries.deliver(store, send, id)),
        Kind(callbacks.waiting, callbacks.postpone, lambda id: callbacks.deliver(store, attempt, id)),
    )
    return Deliveries(store, kinds, **more)


class Receivers:
    """Takes what is sent; holds it where the URL says so, and knows how many it holds."""

    def __init__(self):
        self.got, self.held, self.most, self._lock = Counter(), Counter(), Counter(), threading.Lock()
        self.go_on = threading.Event()

    def __call__(self, out):
        host = out.url.split("/")[2]
        with self._lock:
            self.got[host] += 1
            self.held[host] += 1
            self.most[host] = max(self.most[host], self.held[host])
            self.most["all"] = max(self.most["all"], self.held.total())
        if "silent" in host:
            self.go_on.wait(LONG)
        with self._lock:
            self.held[host] -= 1
        if "silent" in host:
            raise Unavailable("nobody is there")
        return Answer(200)


@pytest.fixture
def receivers():
    made = Receivers()
    yield made
    made.go_on.set()


def test_one_tenants_silent_receivers_hold_up_nobody_elses_messages(store, receivers):
    mallory, mia = add_account(store), add_account(store)
    hook(store, mallory, *(f"http://silent{number}.example/" for number in range(20)))
    hook(store, mia, "http://good.example/")
    happen(store, mallory, 50)
    happen(store, mia, 10)
    sender = sending(store, receivers)
    until(lambda: sender.turn(0.5) == 0 and receivers.got["good.example"] == 10)
    assert sender.under_way == OF_ACCOUNT, "of a thousand that wait for the silent ones"
    receivers.go_on.set()
    until(lambda: not sender.under_way)


def test_a_real_silent_host_costs_others_nothing(sqlite_only):
    store = sqlite_only
    mallory, mia = add_account(store), add_account(store)
    with Host(silence) as silent, Host(lambda: [b"HTTP/1.1 204 OK\r\n\r\n"]) as good:
        hook(store, mallory, *(f"{silent.url}/{number}" for number in range(10)))
        hook(store, mia, good.url)
        happen(store, mallory, 10)
        happen(store, mia, 10)
        # A limit that no busy machine reaches: a good one given up would wait for the store's clock, which stands.
        sender = sending(store, Sender(("127.0.0.1",), limit_seconds=LONG))
        until(lambda: sender.turn(0.2) == 0 and good.called == 10)
        until(lambda: silent.held == sender.under_way == OF_ACCOUNT)
        assert silent.called == OF_ACCOUNT, "none of the silent ones was given up"
    until(lambda: not sender.under_way)


def test_a_host_takes_a_few_at_once_from_all_accounts_together(store, receivers):
    for _ in range(4):
        account = add_account(store)
        hook(store, account, "http://silent.example/")
        happen(store, account, 4)
    sender = sending(store, receivers)
    sender.turn(0.5)
    until(lambda: receivers.held["silent.example"] == OF_HOST)
    sender.turn(0.5)
    assert receivers.most["silent.example"] == sender.under_way == OF_HOST
    receivers.go_on.set()
    until(lambda: not sender.under_way)


def test_accounts_take_turns_where_places_are_few(sqlite_only, receivers):
    store = sqlite_only
    for number in range(20):
        mallory = add_account(store)
        hook(store, mallory, f"http://silent{number}.example/")
        happen(store, mallory, 4)
    store.clock.forward(1)
    mia = add_account(store)
    hook(store, mia, "http://good.example/")
    happen(store, mia, 3)
    sender = sending(store, receivers)
    until(lambda: sender.turn(0.5) == 0 and receivers.got["good.example"] == 3)
    until(lambda: receivers.held.total() == AT_ONCE)
    assert {3, 4} >= {receivers.held[f"silent{number}.example"] for number in range(20)}
    receivers.go_on.set()
    until(lambda: not sender.under_way)


def test_a_host_that_does_not_answer_is_left_alone_longer_each_time(store):
    tried, clock, up = [], [0.0], []

    def send(out):
        tried.append(clock[0])
        if not up:
            raise Unavailable("nobody is there")
        return Answer(200)

    mia = add_account(store)
    for number in range(20):  # endpoints of one host
        hook(store, mia, f"http://gone.example/{number}")
    happen(store, mia, 10)
    sender = sending(store, send, clock=lambda: clock[0])

    def forward(seconds):
        clock[0] += seconds
        store.clock.forward(seconds)
        while sender.turn(0.5) or sender.under_way:
            pass
        return len(tried)

    first = forward(0)
    assert FAILURES <= first < FAILURES + OF_ACCOUNT, "of 200 messages"
    assert forward(FIRST_REST / 2) == first
    second = forward(FIRST_REST * 2)
    assert second == first + 1, "one looks whether it is back"
    with store.read() as tx:
        kept = deliveries.waiting(tx, store.clock() + 86_400)
        (hooked, *_) = webhooks.page(tx, mia)
        assert len(kept) == 20 * deliveries.SHOWN
        assert max(one.attempts for one in deliveries.history(tx, mia, hooked.id)) <= 2
    up.append(True)
    for _ in range(20):
        forward(3600)
    with store.read() as tx:
        assert all(one.state == "delivered" for one in deliveries.history(tx, mia, hooked.id))


def test_nobody_closes_a_host_to_others():
    breaker = Breaker()
    for _ in range(10):
        breaker.note(("mallory", "shared.example"), False, 100.0)
    assert breaker.rest(("mallory", "shared.example")).until == 100.0 + 600.0
    assert breaker.rest(("mia", "shared.example")).failures == 0
    breaker.note(("mallory", "shared.example"), True, 100.0)
    assert breaker.rest(("mallory", "shared.example")).failures == 0


def test_callbacks_and_webhooks_share_the_places_of_an_account(store, receivers):
    mallory, mia = add_account(store, units=100), add_account(store, units=100)
    told = []

    def attempt(due):
        if due.account_id == mallory:
            receivers.go_on.wait(20)
            raise Unavailable("nobody is there")
        told.append(due.state)
        return Outcome(200)

    hook(store, mallory, "http://silent.example/")
    happen(store, mallory, 10)
    for account in (mallory, mallory, mallory, mallory, mallory, mia):
        url = "http://mia.example/" if account == mia else "http://silent.example/"
        submit(store, account, request={"callback": {"url": url, "states": ["queued", "running"]}})
    sender = sending(store, receivers, attempt)
    until(lambda: sender.turn(0.5) == 0 and told == ["queued"])
    assert sender.under_way == OF_ACCOUNT
    receivers.go_on.set()
    until(lambda: not sender.under_way)


def test_a_message_is_sent_once_however_many_workers_there_are(store, receivers):
    mia = add_account(store)
    hook(store, mia, "http://good.example/")
    happen(store, mia, 30)
    crew = [sending(store, receivers) for _ in range(3)]
    threads = [threading.Thread(target=one.turn) for one in crew]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    until(lambda: not any(one.under_way for one in crew))
    assert receivers.got["good.example"] == 30
    assert claim(store) is None


def test_what_is_told_of_one_job_comes_in_its_order(sqlite_only):
    store, came = sqlite_only, []

    def send(out):
        time.sleep(0.05 if b"queued" in out.body else 0.0)
        came.append(out.body)
        return Answer(200)

    mia = add_account(store)
    with store.begin() as tx:
        webhooks.create(tx, mia, "http://good.example/", now=store.clock(), events=webhooks.KINDS)
        for number in range(2):
            for step in ("queued", "running", "succeeded"):
                events.tell(tx, mia, f"job.{step}", {}, store.clock(), job_id=f"job_{number}")
    sender = sending(store, send)
    until(lambda: sender.turn(0.5) == 0 and len(came) == 6)
    for number in range(2):
        mine = [body for body in came if f"job_{number}".encode() in body]
        assert [step for body in mine for step in ("queued", "running", "succeeded") if step.encode() in body] == [
            "queued", "running", "succeeded",
        ]  # fmt: skip
