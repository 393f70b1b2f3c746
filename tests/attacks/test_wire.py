"""Requests that are not what they say, or never end."""

import contextlib
import socket
import time

import jwt
import pytest

from serving import serving
from vitascope.errors import NotAllowed
from vitascope.outbound.addresses import check, is_public, place_of
from vitascope.server import patient


@pytest.fixture
def server(tmp_path):
    with serving(tmp_path) as running:
        yield running


UNHURRIED = 15.0  # seconds; below the shortest limit of a server in earnest


@pytest.fixture
def hurried(monkeypatch):
    monkeypatch.setattr(patient, "HEAD_SECONDS", 0.6)
    monkeypatch.setattr(patient, "BODY_SECONDS", 0.6)
    monkeypatch.setattr(patient, "LOOK_SECONDS", 0.1)


def speak(server, *pieces, pause=0.0, patience=60.0):
    """What the server says to these bytes until it hangs up; raises TimeoutError when it does not."""
    key = server.key().encode()
    with socket.create_connection(("127.0.0.1", server.port), timeout=patience) as peer:
        for piece in pieces:
            peer.sendall(piece.replace(b"KEY", key))
            time.sleep(pause)
        said = b""
        while more := peer.recv(65536):
            said += more
        return said


HEAD = b"POST /v1/quote HTTP/1.1\r\nhost: x\r\nauthorization: Bearer KEY\r\ncontent-type: application/json\r\n"
NEXT = b"0\r\n\r\nGET /healthz HTTP/1.1\r\nhost: x\r\n\r\n"


@pytest.mark.parametrize(
    ("sent", "said"),
    [
        (b"", b""),
        (b"GET /healthz HTTP/1.1\r\nhost: x\r\n", b"408"),
        (HEAD + b"content-length: 100\r\n\r\n{", b""),
        (HEAD + b"transfer-encoding: chunked\r\n\r\n1", b""),
        (b"GET /healthz HTTP/1.1\r\nhost: x\r\n\r\nGET /healthz HT", b"408"),
    ],
    ids=["nothing", "head", "body", "chunk", "second"],
)
def test_half_a_request_is_not_waited_for(server, hurried, sent, said):
    start = time.monotonic()
    answer = speak(server, sent)
    assert said in answer
    assert time.monotonic() - start < UNHURRIED


def test_a_head_and_a_body_that_drip_are_not_waited_for(server, hurried):
    head = [b"GET /healthz HTTP/1.1\r\nhost: x\r\n", *[b"x-more: 1\r\n"] * 180]
    body = [HEAD + b"content-length: 1000\r\n\r\n", *[b" "] * 180]
    for pieces in (head, body):
        start = time.monotonic()
        with contextlib.suppress(OSError):  # it hangs up while we are dripping
            speak(server, *pieces, pause=0.1)
        assert time.monotonic() - start < UNHURRIED, "before the last drop"


def test_a_slow_but_steady_body_and_a_quiet_connection_are_waited_for(server, hurried):
    body = b'{"prompt": "a ball"}' + b" " * 6000
    pieces = [body[n : n + 500] for n in range(0, len(body), 500)]
    head = HEAD + f"connection: close\r\ncontent-length: {len(body)}\r\n\r\n".encode()
    assert b"200 OK" in speak(server, head, *pieces, pause=0.12)
    with socket.create_connection(("127.0.0.1", server.port), timeout=60) as peer:
        for _ in range(2):
            peer.sendall(b"GET /healthz HTTP/1.1\r\nhost: x\r\n\r\n")
            time.sleep(1.2)
            assert b"200 OK" in peer.recv(65536)


@pytest.mark.parametrize(
    "head",
    [
        HEAD + b"content-length: 5\r\ntransfer-encoding: chunked\r\n\r\n" + NEXT,
        HEAD.replace(b"1.1", b"1.0") + b"transfer-encoding: chunked\r\n\r\n" + NEXT,
    ],
    ids=["both", "http10"],
)
def test_a_body_with_two_ends_is_refused_and_the_connection_closed(server, head):
    said = speak(server, head)
    assert said.startswith(b"HTTP/1.1 400")
    assert b"two ways" in said
    assert said.count(b"HTTP/1.1 ") == 1, "what follows is no request"


@pytest.mark.parametrize(
    "claims", [{"exp": float("nan")}, {"exp": float("inf")}, {"nbf": float("nan")}, {"exp": 10**400}]
)
def test_a_token_whose_time_is_no_number_is_refused(server, claims):
    pair = server.key(pair=True)
    good = {"iss": pair.access, "exp": int(time.time()) + 600}
    token = jwt.encode(good, pair.secret, algorithm="HS256")
    assert server.client(token).get("/v1/account").status_code == 200
    bad = jwt.encode(good | claims, pair.secret, algorithm="HS256")
    answer = server.client(bad).get("/v1/account")
    assert answer.status_code == 401, answer.text


@pytest.mark.parametrize(
    "address",
    [
        "0.1.2.3", "10.0.0.1", "100.127.255.255", "127.9.9.9", "169.254.169.254", "172.31.0.1", "192.0.0.9",
        "192.0.0.170", "192.0.0.192", "192.0.2.1", "192.31.196.1", "192.52.193.1", "192.88.99.1", "192.168.0.1",
        "192.175.48.1", "198.19.0.1", "198.51.100.1", "203.0.113.1", "224.0.0.251", "239.255.255.250",
        "240.0.0.1", "255.255.255.255", "::", "::1", "::1.1.1.1", "::ffff:192.0.0.192", "::ffff:0:1.1.1.1",
        "64:ff9b::c000:c0", "64:ff9b:1::1", "100::1", "100:0:0:1::1", "2001::1", "2001:1::1", "2001:20::1",
        "2001:db8::1", "2002:101:101::1", "2620:4f:8000::1", "3fff::1", "4000::1", "5f00::1", "8000::1",
        "fc00::1", "fd00:ec2::254", "fe80::1", "fec0::1", "feff::1", "ff02::1",
    ],
)  # fmt: skip
def test_no_special_address_is_called(address):
    assert not is_public(address)
    with pytest.raises(NotAllowed):
        check(place_of("http://example.org/"), [address])


@pytest.mark.parametrize(
    "address", ["1.1.1.1", "192.0.1.1", "192.88.98.1", "223.255.255.1", "2606:4700::1111", "2a00:1450::1", "3ffe::1"]
)
def test_an_ordinary_address_beside_a_special_one_is_called(address):
    assert is_public(address)


def test_the_numbers_of_the_server_are_the_operators(server):
    local = {"host": f"127.0.0.1:{server.port}"}
    assert server.client(server.key()).get("/metrics", headers=local).status_code == 403
    assert server.client().get("/metrics", headers={"x-forwarded-for": "203.0.113.7"}).status_code == 401
    assert server.client(server.key(role="admin")).get("/metrics").status_code == 200
