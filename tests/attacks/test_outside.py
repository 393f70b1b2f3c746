"""What a host of a stranger can do to the server that was given its address: nothing that others would notice."""

import contextlib
import json
import socket
import threading
import time

import httpx2
import pytest

from hosts import RUDE, Host, crumbs, header_lines, silence
from processes import LONG
from serving import serving, until
from vitascope.errors import BadSpec
from vitascope.outbound import fetch
from vitascope.server import outside

HERE = ("127.0.0.1",)
MB = 2**20
AWAY = 10.0  # seconds; a server that waited for one of these hosts would be away for twice as long


@pytest.fixture
def server(tmp_path):
    with serving(tmp_path, fetch_allowed="127.0.0.1") as running:
        yield running


def ask(server, key, url, *, patience=60.0):
    """A request that gives this address; runs in a thread, its answer is the thread's `answer`."""

    def work():
        with contextlib.suppress(httpx2.HTTPError):
            thread.answer = httpx2.post(
                f"{server.url}/v1/quote",
                json={"prompt": "a ball", "input_reference": url},
                headers={"authorization": f"Bearer {key}"},
                timeout=patience,
                trust_env=False,
            )

    thread = threading.Thread(target=work, daemon=True)
    thread.answer = None
    thread.start()
    return thread


def slowest_look(server, seconds=1.5):
    """The longest that /healthz took, asked again and again for so long."""
    client, worst, until = server.client(), 0.0, time.monotonic() + seconds
    while time.monotonic() < until:
        start = time.monotonic()
        assert client.get("/healthz").status_code == 200
        worst = max(worst, time.monotonic() - start)
    return worst


@pytest.mark.parametrize("rude", RUDE, ids=lambda rude: rude.__name__)
def test_a_fetch_ends_at_its_deadline_whatever_the_host_is_doing(rude):
    with Host(rude) as host:
        with pytest.raises(BadSpec, match=r"too slow; 0\.5 s"):  # without a limit it would never end
            fetch.fetch(host.url, max_bytes=MB, allowed=HERE, limit_seconds=0.5)
        until(lambda: host.held == 0)


def test_redirects_and_names_share_one_deadline(monkeypatch):
    def redirecting():
        time.sleep(0.2)
        yield f"HTTP/1.1 302 Found\r\nlocation: {host.url}\r\ncontent-length: 0\r\n\r\n".encode()

    with Host(redirecting) as host, pytest.raises(BadSpec, match="too slow"):
        fetch.fetch(host.url, max_bytes=MB, allowed=HERE, limit_seconds=0.5)
    found = threading.Event()
    monkeypatch.setattr(socket, "getaddrinfo", lambda *a, **k: found.wait(LONG))
    with pytest.raises(BadSpec, match="too slow"):
        fetch.fetch("http://slow.example/", max_bytes=MB, limit_seconds=0.5)
    assert not found.is_set(), "given up while the name was still looked up"
    found.set()


def test_a_body_of_crumbs_is_given_up():
    with Host(crumbs) as host, pytest.raises(BadSpec, match="20,000 pieces"):
        fetch.fetch(host.url, max_bytes=MB, allowed=HERE)


def test_sixty_addresses_that_never_answer_stop_nobody(server):
    keys = [server.key() for _ in range(15)]
    with Host(header_lines) as host:
        asked = [ask(server, key, host.url) for key in keys for _ in range(outside.AT_ONCE)]
        until(lambda: host.held == len(asked) == 60)
        assert slowest_look(server) < AWAY
        other = server.client(server.key())
        assert other.post("/v1/quote", json={"prompt": "a ball"}).status_code == 200
        with Host(lambda: [b"HTTP/1.1 404 No\r\ncontent-length: 0\r\n\r\n"]) as quick:
            answer = other.post("/v1/quote", json={"prompt": "a ball", "input_reference": quick.url})
        assert "it answered 404" in answer.json()["error"]["message"]
        server.context.stopping.set()
        for thread in asked:
            thread.join(LONG)


def test_an_account_has_a_few_fetches_at_once_and_the_next_is_told_so(server):
    key = server.key()
    with Host(silence) as host:
        asked = [ask(server, key, host.url) for _ in range(outside.AT_ONCE)]
        until(lambda: host.held == outside.AT_ONCE)
        refused = server.client(key).post("/v1/quote", json={"prompt": "a ball", "input_reference": host.url})
        assert refused.status_code == 429
        assert refused.headers["retry-after"] == "1"
        assert "Your account has 4 requests that wait for other hosts" in refused.json()["error"]["message"]
        server.context.stopping.set()
        for thread in asked:
            thread.join(LONG)
    assert not server.context.outside.places.taken


def test_a_fetch_ends_when_its_client_leaves(server):
    body = json.dumps({"prompt": "a ball", "input_reference": "URL"})
    with Host(silence) as host:
        body = body.replace("URL", host.url).encode()
        with socket.create_connection(("127.0.0.1", server.port)) as client:
            client.sendall(
                f"POST /v1/quote HTTP/1.1\r\nhost: x\r\nauthorization: Bearer {server.key()}\r\n"
                f"content-type: application/json\r\ncontent-length: {len(body)}\r\n\r\n".encode()
                + body
            )
            until(lambda: host.held == 1)
        start = time.monotonic()
        until(lambda: host.held == 0)
        assert time.monotonic() - start < AWAY
    until(lambda: not server.context.outside.places.taken)


def test_a_fetch_ends_when_the_server_stops(server):
    with Host(header_lines) as host:
        thread = ask(server, server.key(), host.url)
        until(lambda: host.held == 1)
        start = time.monotonic()
        server.context.stopping.set()  # as SIGTERM does
        thread.join(LONG)
        assert time.monotonic() - start < AWAY
        assert thread.answer.status_code == 503
        assert "about to end" in thread.answer.json()["error"]["message"]


def test_names_that_nobody_answers_for_stop_nobody(server, monkeypatch):
    real = socket.getaddrinfo
    slow = threading.Event()

    def look_up(host, *rest, **more):
        if "slow" in str(host):
            slow.wait(LONG)
            raise socket.gaierror("no answer")
        return real(host, *rest, **more)

    monkeypatch.setattr(socket, "getaddrinfo", look_up)
    keys = [server.key() for _ in range(12)]

    def hook(key):
        with contextlib.suppress(httpx2.HTTPError):
            server.client(key).post("/v1/webhooks", json={"url": "http://slow.example/x"})

    threads = [threading.Thread(target=hook, args=(key,), daemon=True) for key in keys for _ in range(4)]
    for thread in threads:
        thread.start()
    until(lambda: server.context.outside.places.taken == 48)
    assert slowest_look(server) < AWAY
    slow.set()
    for thread in threads:
        thread.join(LONG)
