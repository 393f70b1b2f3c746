"""Webhooks: signed, sent at least once, tried again for a day and a half, and never to where they must not go."""

import base64
import json
import random
import socket
import ssl
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from service import add_account
from vitascope.errors import BadSpec, NotAllowed, NotFound, Unavailable
from vitascope.outbound import calling
from vitascope.outbound.addresses import check, is_public, place_of
from vitascope.outbound.message import Answer, Outgoing
from vitascope.outbound.post import Sender
from vitascope.outbound.standard_webhooks import new_secret, sign, verify
from vitascope.store import deliveries, events, outbox, webhooks

HERE = ("127.0.0.0/8",)


class Receiver(ThreadingHTTPServer):
    """A real server: keeps what it was sent, answers what it is told."""

    daemon_threads = True

    def __init__(self):
        self.got, self.status, self.headers, self.pause_seconds = [], 204, {}, 0.0
        super().__init__(("127.0.0.1", 0), Handler)
        self.thread = threading.Thread(target=self.serve_forever, kwargs={"poll_interval": 0.05})
        self.thread.start()

    @property
    def url(self):
        return f"http://127.0.0.1:{self.server_port}/hook?of=mia"

    def stop(self):
        self.shutdown()
        self.server_close()
        self.thread.join()


class Handler(BaseHTTPRequestHandler):
    def do_POST(self):
        body = self.rfile.read(int(self.headers["content-length"]))
        self.server.got.append((self.path, dict(self.headers), body))
        self.send_response(self.server.status)
        for name, value in self.server.headers.items():
            self.send_header(name, value)
        self.end_headers()
        if self.server.pause_seconds:
            self.wfile.flush()
            time.sleep(self.server.pause_seconds)

    def log_message(self, *_):
        pass


@pytest.fixture
def receiver():
    made = Receiver()
    yield made
    made.stop()


@pytest.fixture
def mia(store):
    return add_account(store)


def hook(store, account, url="http://127.0.0.1:9/x", **more):
    with store.begin() as tx:
        return webhooks.create(tx, account, url, now=store.clock(), **more)


def happen(store, account, kind="job.succeeded", **data):
    with store.begin() as tx:
        events.tell(tx, account, kind, data, store.clock(), job_id="job_1")


def history(store, webhook):
    with store.read() as tx:
        return deliveries.history(tx, webhook.account_id, webhook.id)


def failing(outgoing):
    raise Unavailable("nobody is there")


def deliver(store, send, rng=None, limit=20):
    """What is due, one message after another; how many were sent."""
    for number in range(limit):
        with store.read() as tx:
            due = deliveries.waiting(tx, store.clock())
        if not due:
            return number
        deliveries.deliver(store, send, due[0].id, rng=rng or random.Random(1))
    return limit


def checked(url, *allowed):
    return calling.begin(calling.resolved(place_of(url), allowed)).result()


def test_an_event_arrives_signed_at_a_real_server(store, mia, receiver):
    webhook = hook(store, mia, receiver.url)
    happen(store, mia, state="succeeded", prompt="红球")
    assert deliver(store, Sender(HERE)) == 1
    ((path, headers, body),) = receiver.got
    assert path == "/hook?of=mia"
    assert verify(webhook.secret, headers, body, store.clock() + 10)
    assert json.loads(body) == {
        "type": "job.succeeded",
        "timestamp": "2027-01-15T08:00:00.000Z",
        "data": {"job_id": "job_1", "state": "succeeded", "prompt": "红球"},
    }
    (done,) = history(store, webhook)
    assert (done.state, done.last_status, done.attempts, done.id) == ("delivered", 204, 1, headers["webhook-id"])
    assert deliver(store, Sender(HERE)) == 0, "once is enough"


def test_the_signature_is_that_of_the_standards_own_example():
    secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
    body = b'{"test": 2432232314}'
    signature = sign(secret, "msg_p5jXN8AQM9LWM0D4loKWxJek", 1614265330, body)
    assert signature == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="
    headers = {
        "Webhook-Id": "msg_p5jXN8AQM9LWM0D4loKWxJek",
        "Webhook-Timestamp": "1614265330",
        "Webhook-Signature": f"v1,bm90IGl0 {signature}",
    }
    assert verify(secret, headers, body, 1614265330)
    assert not verify(secret, headers, body + b" ", 1614265330)
    assert not verify(secret, headers, body, 1614265330 + 301)
    assert not verify(new_secret(), headers, body, 1614265330)
    assert not verify(secret, {**headers, "Webhook-Timestamp": "x"}, body, 1614265330)
    assert not verify(secret, {}, body, 1614265330)
    assert len(base64.b64decode(new_secret().removeprefix("whsec_"))) == 32


def test_only_what_an_endpoint_listens_to_is_sent_and_only_its_accounts(store, mia):
    tom = add_account(store)
    mine, picky, toms = hook(store, mia), hook(store, mia, events=["clip.trashed"]), hook(store, tom)
    happen(store, mia)
    happen(store, mia, "job.progress")
    happen(store, mia, "clip.trashed")
    assert [one.event_kind for one in history(store, mine)] == ["job.succeeded"]
    assert [one.event_kind for one in history(store, picky)] == ["clip.trashed"]
    assert history(store, toms) == []


def test_what_is_undone_is_never_told(store, mia):
    webhook = hook(store, mia)
    with store.engine.connect() as tx:
        events.tell(tx, mia, "job.succeeded", {}, store.clock())
        tx.rollback()
    assert history(store, webhook) == []


def test_a_failing_endpoint_is_tried_ever_more_rarely_and_then_disabled(store, mia):
    webhook = hook(store, mia)
    happen(store, mia)
    waits = []
    for attempt in range(1, deliveries.MAX_ATTEMPTS + 1):
        assert deliver(store, failing, random.Random(attempt)) == 1
        assert deliver(store, failing) == 0, "not before its time"
        (one,) = history(store, webhook)
        assert (one.attempts, one.last_error) == (attempt, "nobody is there")
        waits.append(one.next_at - store.clock())
        if one.done_at is None:
            store.clock.forward(waits[-1])
    assert [round(wait / 5 / 4**number, 1) for number, wait in enumerate(waits[:7])] == pytest.approx([1] * 7, abs=0.21)
    assert max(waits) <= 12 * 3600 * 1.2
    assert 24 * 3600 < sum(waits[:-1]) < 48 * 3600
    assert one.state == "failed"
    with store.read() as tx:
        assert webhooks.get(tx, mia, webhook.id).disabled_at == store.clock()
    happen(store, mia)
    assert len(history(store, webhook)) == 1, "a disabled endpoint is not written to"


def test_an_endpoint_that_takes_other_messages_stays_enabled(store, mia):
    webhook = hook(store, mia)
    happen(store, mia, bad=True)
    for _ in range(deliveries.MAX_ATTEMPTS):
        happen(store, mia, bad=False)
        deliver(store, lambda out: Answer(500 if b'"bad":true' in out.body else 200))
        store.clock.forward(20 * 3600)
    with store.read() as tx:
        assert webhooks.get(tx, mia, webhook.id).disabled_at is None
    assert sorted({one.state for one in history(store, webhook)}) == ["delivered", "failed"]


def test_gone_means_gone_and_enabling_starts_afresh(store, mia, receiver):
    receiver.status = 410
    webhook = hook(store, mia, receiver.url)
    for _ in range(3):
        happen(store, mia)
    deliver(store, Sender(HERE), limit=1)
    assert [one.state for one in history(store, webhook)] == ["failed"] * 3
    with store.begin() as tx:
        assert webhooks.get(tx, mia, webhook.id).disabled_at
        assert webhooks.change(tx, mia, webhook.id, now=store.clock(), enabled=True).disabled_at is None
    receiver.status = 200
    assert deliver(store, Sender(HERE)) == 0
    with store.begin() as tx:
        tried = deliveries.try_out(tx, mia, webhook.id, store.clock())
    assert deliver(store, Sender(HERE)) == 1
    assert json.loads(receiver.got[-1][2])["type"] == tried.event_kind == "webhook.test"


def test_an_endpoint_that_does_not_answer_does_not_hold_up_the_others(store, mia):
    silent, good = hook(store, mia, "http://127.0.0.1:9/silent"), hook(store, mia, "http://127.0.0.1:9/good")
    for _ in range(10):
        happen(store, mia)
    tried = []

    def send(out):
        tried.append(out.url)
        return failing(out) if "silent" in out.url else Answer(200)

    while deliver(store, send):
        pass
    assert tried.count(silent.url) == 1
    assert tried.count(good.url) == 10
    store.clock.forward(7)
    deliver(store, lambda out: Answer(200))
    assert {one.state for one in history(store, silent)} == {"delivered"}


def test_a_receiver_may_ask_for_patience(store, mia, receiver):
    receiver.status, receiver.headers = 429, {"Retry-After": "3600"}
    webhook = hook(store, mia, receiver.url)
    happen(store, mia)
    deliver(store, Sender(HERE))
    (one,) = history(store, webhook)
    assert one.next_at == store.clock() + 3600
    assert one.last_status == 429


def test_a_message_whose_sender_was_killed_is_sent_again_with_the_same_id(store, mia, receiver):
    hook(store, mia, receiver.url)
    happen(store, mia)

    def killed(outgoing):
        Sender(HERE)(outgoing)
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        deliver(store, killed)
    assert deliver(store, Sender(HERE)) == 0, "its lease still runs"
    store.clock.forward(outbox.LEASE_SECONDS + 1)
    assert deliver(store, Sender(HERE)) == 1
    assert len({headers["webhook-id"] for _, headers, _ in receiver.got}) == 1
    assert len(receiver.got) == 2


def test_two_workers_share_the_work_and_send_nothing_twice(store, mia, receiver):
    webhook = hook(store, mia, receiver.url)
    for _ in range(30):
        happen(store, mia)
    counts = []

    def work():
        while done := deliver(store, Sender(HERE), limit=4):
            counts.append(done)

    threads = [threading.Thread(target=work) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    while deliver(store, Sender(HERE)):  # what was locked when both looked last
        pass
    assert len({headers["webhook-id"] for _, headers, _ in receiver.got}) == len(receiver.got) == 30
    assert {one.state for one in history(store, webhook)} == {"delivered"}


def test_a_slow_or_silent_receiver_does_not_hold_the_sender(receiver, store, mia):
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        webhook = hook(store, mia, f"http://127.0.0.1:{silent.getsockname()[1]}/")
        happen(store, mia)
        deliver(store, Sender(HERE, limit_seconds=0.5))
    (one,) = history(store, webhook)
    assert "does not answer" in one.last_error


def test_a_receiver_that_trickles_is_cut_off():
    with socket.socket() as trickling:
        trickling.bind(("127.0.0.1", 0))
        trickling.listen()

        def trickle():
            peer, _ = trickling.accept()
            with peer:
                try:
                    peer.sendall(b"HTTP/1.1 200 OK\r\n")
                    for number in range(2000):
                        peer.sendall(b"x-%d: y\r\n" % number if number < 50 else b"")
                        time.sleep(0.05)
                except OSError:
                    pass

        thread = threading.Thread(target=trickle)
        thread.start()
        url = f"http://127.0.0.1:{trickling.getsockname()[1]}/"
        with pytest.raises(Unavailable, match="does not answer"):
            Sender(HERE, limit_seconds=0.5)(Outgoing(url, {}, b"{}"))
        trickling.close()
    thread.join(timeout=120)


def test_redirects_are_not_followed(receiver):
    other = Receiver()
    try:
        receiver.status, receiver.headers = 302, {"Location": other.url}
        assert Sender(HERE)(Outgoing(receiver.url, {}, b"{}")).status == 302
        assert other.got == []
    finally:
        other.stop()


def test_https_is_spoken_and_a_strange_certificate_refused(receiver, tmp_path):
    pytest.importorskip("cryptography")
    from vitascope.media import provenance

    chain, key = provenance.new_certificate()
    (tmp_path / "chain.pem").write_bytes(chain)
    (tmp_path / "key.pem").write_bytes(key)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(tmp_path / "chain.pem", tmp_path / "key.pem")
    receiver.socket = context.wrap_socket(receiver.socket, server_side=True)
    with pytest.raises(Unavailable, match="SSLCertVerificationError"):
        Sender(HERE)(Outgoing(receiver.url.replace("http:", "https:"), {}, b"{}"))
    assert receiver.got == []


def test_private_addresses_are_refused_unless_the_operator_opens_them(receiver):
    with pytest.raises(NotAllowed, match="not a public address"):
        checked(receiver.url)
    with pytest.raises(NotAllowed):
        Sender()(Outgoing(receiver.url, {}, b"{}"))
    with pytest.raises(NotAllowed):
        checked(f"http://localhost:{receiver.server_port}/", "10.0.0.0/8")
    checked(f"http://localhost:{receiver.server_port}/", "localhost")
    assert Sender(("*",))(Outgoing(receiver.url, {}, b"{}")).is_good
    assert len(receiver.got) == 1


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1", "0.0.0.0", "10.1.2.3", "172.16.0.1", "192.168.1.1", "169.254.169.254", "100.64.0.1", "224.0.0.1",
        "255.255.255.255", "240.0.0.1", "192.0.2.1", "198.18.0.1", "::1", "::", "fe80::1", "fe80::1%eth0",
        "fc00::1", "ff02::1", "::ffff:127.0.0.1", "::ffff:10.0.0.1", "::127.0.0.1", "64:ff9b::7f00:1",
        "2002:7f00:1::", "2001:0:0:0:0:0:80ff:fffe", "2001:db8::1", "localhost", "", "1.2.3", "0x7f000001",
    ],
)  # fmt: skip
def test_an_address_that_is_not_of_the_open_internet_is_not_public(address):
    assert not is_public(address)
    with pytest.raises(NotAllowed):
        check(place_of("http://example.org/"), ["93.184.216.34", address])


@pytest.mark.parametrize(
    "address", ["93.184.216.34", "1.1.1.1", "2606:4700::1111", "::ffff:1.1.1.1", "64:ff9b::101:101"]
)
def test_an_ordinary_address_is_public(address):
    assert is_public(address)
    assert check(place_of("https://example.org"), [address, address]) == (address,)


def test_a_name_with_one_private_address_among_others_is_refused():
    with pytest.raises(NotAllowed):
        check(place_of("http://example.org/"), ["1.1.1.1", "10.0.0.1"])
    with pytest.raises(NotAllowed):
        check(place_of("http://example.org/"), [])
    assert check(
        place_of("http://example.org/"), ["1.1.1.1", "::ffff:10.0.0.1"], allowed=["10.0.0.0/8", "not a network"]
    )


@pytest.mark.parametrize(
    "url",
    ["ftp://x.org", "file:///etc/passwd", "http://", "http:///x", "//x.org", "http://user:pw@x.org", "http://x.org:99999",
     "http://x.org/ a", "http://x.org/\r\nHost: y", "http://x.org\\@y.org", "http://[::1", "javascript:alert(1)", "",
     "http://" + "x" * 3000],
)  # fmt: skip
def test_a_url_that_cannot_be_called_is_refused(url):
    with pytest.raises(BadSpec):
        place_of(url)


def test_a_url_is_taken_apart():
    place = place_of("HTTPS://Bücher.example:8443/a/红?x=1#frag")
    assert (place.scheme, place.host, place.port) == ("https", "xn--bcher-kva.example", 8443)
    assert place.target == "/a/%E7%BA%A2?x=1"
    assert place.authority == "xn--bcher-kva.example:8443"
    assert place_of("http://[::1]").authority == "[::1]"


def test_endpoints_are_changed_and_deleted_by_their_owner_alone(store, mia):
    tom = add_account(store)
    webhook = hook(store, mia)
    happen(store, mia)
    now = store.clock()
    for attempt in (
        lambda tx: webhooks.get(tx, tom, webhook.id),
        lambda tx: webhooks.change(tx, tom, webhook.id, now=now, url="http://x.org"),
        lambda tx: webhooks.delete(tx, tom, webhook.id),
        lambda tx: deliveries.history(tx, tom, webhook.id),
        lambda tx: deliveries.try_out(tx, tom, webhook.id, now),
    ):
        with pytest.raises(NotFound), store.begin() as tx:
            attempt(tx)
    with store.begin() as tx:
        assert webhooks.page(tx, tom) == []
        changed = webhooks.change(
            tx,
            mia,
            webhook.id,
            now=now,
            url="http://x.org",
            events=["job.failed"],
            new_secret_wanted=True,
            enabled=False,
        )
        assert (changed.url, changed.events, changed.disabled_at) == ("http://x.org", ("job.failed",), now)
        assert changed.secret != webhook.secret
        assert deliveries.history(tx, mia, webhook.id)[0].state == "failed"
        webhooks.delete(tx, mia, webhook.id)
        assert webhooks.page(tx, mia) == []


def test_endpoints_and_their_events_have_limits(store, mia):
    with pytest.raises(BadSpec, match="no event"):
        hook(store, mia, events=["job.exploded"])
    with pytest.raises(BadSpec, match="listens to nothing"):
        hook(store, mia, events=[])
    for _ in range(webhooks.MAX_ENDPOINTS):
        hook(store, mia)
    with pytest.raises(BadSpec, match="20 webhooks"):
        hook(store, mia)


def test_old_messages_are_forgotten(store, mia):
    webhook = hook(store, mia)
    happen(store, mia)
    deliver(store, lambda out: Answer(200))
    happen(store, mia)
    with store.begin() as tx:
        assert deliveries.forget(tx, store.clock.forward(31 * 86_400)) == 1
    assert [one.state for one in history(store, webhook)] == ["waiting"]
