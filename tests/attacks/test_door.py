"""A stranger who comes through a proxy on this machine is never its owner, whatever the proxy leaves out; the owner
comes in with the link of `vitascope studio`, and with a key from everywhere.
"""

import http.client
import io
import socket
import time
from contextlib import closing
from urllib.parse import urlsplit

import pytest

from processes import LONG, Service
from serving import serving
from vitascope.cli.app import main
from vitascope.server import local
from vitascope.store import accounts
from vitascope.store.database import Store, file_url


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    with serving(tmp_path_factory.mktemp("door")) as running:
        yield running


def raw(port, text):
    """(status, everything that came back)."""
    with socket.create_connection(("127.0.0.1", port), timeout=LONG) as line:
        line.sendall(text.replace("\n", "\r\n").encode())
        said = b""
        while part := line.recv(65536):
            said += part
    return int(said.split(b" ", 2)[1]), said


def link_of(server):
    with server.store.begin() as tx:
        return local.link(tx, server.url, server.store.clock())


BODY = '{"name": "mine"}'
AS_NGINX_SENDS = (
    "POST /v1/keys HTTP/1.0\nHost: 127.0.0.1\nConnection: close\nContent-Type: application/json\n"
    f"Content-Length: {len(BODY)}\n\n{BODY}"
)


@pytest.mark.parametrize("signup", [0, 1])
def test_a_request_as_nginx_sends_it_is_not_the_owners(tmp_path, signup):
    with serving(tmp_path, signup=signup) as running:
        for text in (AS_NGINX_SENDS, AS_NGINX_SENDS.replace("HTTP/1.0", "HTTP/1.1")):
            status, said = raw(running.port, text)
            assert status == 401, said
        with running.store.read() as tx:
            owner = accounts.find_owner(tx)
        assert owner is None  # and so there is no key of theirs


def test_the_page_that_anybody_may_load_gives_nothing_away(server):
    stranger = server.stranger()
    for path in ("/", "/enter", "/signin", "/v1/account/door", "/docs", "/openapi.json"):
        answer = stranger.get(path)
        assert "set-cookie" not in answer.headers, path
        assert "ticket=" not in answer.text, path
    assert stranger.get("/v1/account").status_code == 401


def test_the_link_of_the_studio_lets_the_owner_in(server):
    browser = server.stranger()
    answer = browser.get(link_of(server))
    assert (answer.status_code, answer.headers["location"]) == (303, "./")
    cookie = answer.headers["set-cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=strict" in cookie
    account = browser.get("/v1/account").json()
    assert (account["role"], account["signed_in_by"]) == ("owner", "local")
    assert browser.get("/v1/account/door").json()["local"]


def test_a_ticket_is_good_for_a_day_here_alone(server, monkeypatch):
    link = link_of(server)
    browser = server.stranger()
    end = link.partition("ticket=")[2].partition("-")[0]
    later = link.replace(end, str(int(end) + 86_400))
    token = local.token(server.context)
    other_kind = f"{server.url}/enter?ticket={token}"
    for wrong in (link[:-1] + ("0" if link[-1] != "0" else "1"), later, other_kind, f"{server.url}/enter?ticket=²-x"):
        answer = browser.get(wrong)
        assert (answer.headers["location"], answer.headers.get("set-cookie")) == ("./signin", None), wrong
    ticket = link.partition("ticket=")[2]
    for wrong in (ticket, "", "x", "9" * 20 + "-x", token[:-1]):
        assert browser.get("/v1/account", headers={"cookie": f"{local.COOKIE}={wrong}"}).status_code == 401, wrong
    now = time.time()
    monkeypatch.setattr(server.store, "clock", lambda: now + local.TICKET_SECONDS + 1)
    assert browser.get(link).headers["location"] == "./signin"
    monkeypatch.setattr(server.store, "clock", lambda: now + local.TOKEN_SECONDS + 1)
    assert browser.get("/v1/account", headers={"cookie": f"{local.COOKIE}={token}"}).status_code == 401


PROXIES = [
    "Forwarded", "X-Forwarded-For", "X-Forwarded-Host", "X-Forwarded-Proto", "X-Forwarded-Server", "X-Real-IP", "Via",
    "X-Client-IP", "True-Client-IP", "CF-Connecting-IP", "X-Envoy-External-Address", "X-Original-Host",
]  # fmt: skip


@pytest.mark.parametrize("header", PROXIES)
def test_also_with_a_token_nobody_is_the_owner_through_a_proxy_that_shows(server, header):
    owner = server.client()
    assert owner.get("/v1/account").status_code == 200
    assert owner.get("/v1/account", headers={header: "127.0.0.1"}).status_code == 401
    assert server.stranger().get(link_of(server), headers={header: "127.0.0.1"}).headers["location"] == "./signin"
    assert owner.get("/metrics", headers={header: "127.0.0.1"}).status_code == 401


@pytest.mark.parametrize(
    ("changed", "why"),
    [
        ({"loopback_only": False, "host": "0.0.0.0"}, "it listens on 0.0.0.0"),
        ({"public_url": "https://clips.example.org"}, "its public address is https://clips.example.org"),
        ({"signup": 1}, "strangers may open accounts"),
    ],
)
def test_a_server_that_serves_others_has_no_owner_without_a_login(tmp_path, changed, why):
    with serving(tmp_path, **changed) as running:
        assert local.why_shared(running.context.settings, running.context.loopback_only) == why
        assert running.client().get("/v1/account").status_code == 401  # with a token
        assert running.stranger().get(link_of(running)).headers["location"] == "./signin"
        assert not running.client().get("/v1/account/door").json()["own_machine"]
        assert running.owner().get("/v1/account").json()["role"] == "owner"  # a key is good everywhere


def test_it_is_said_at_the_start_whom_a_server_serves(tmp_path):
    service = Service(tmp_path)
    try:
        own = "\n".join(service.serve("--workers", 0).said)
        assert "vitascope studio opens it as the owner" in own
        assert "ticket" not in own  # what goes to a log opens nothing
    finally:
        service.close()
    service = Service(tmp_path, signup=1)
    try:
        shared = "\n".join(service.serve("--workers", 0).said)
        assert "others      are served too (strangers may open accounts), so everybody logs in" in shared
        assert "vitascope accounts password" in shared
    finally:
        service.close()


def test_the_owner_gets_a_password_on_the_command_line(own_home, capsys, monkeypatch):
    monkeypatch.setattr("sys.stdin", io.StringIO("correct horse battery\n"))
    assert main(["accounts", "password"]) == 2
    assert "--email" in capsys.readouterr().err
    assert main(["accounts", "password", "--email", "Boss@example.org"]) == 0
    assert capsys.readouterr().out.strip() == "boss@example.org"
    store = Store(file_url(own_home / "vitascope.db"))
    with store.read() as tx:
        account_id, kept = accounts.password_of(tx, "boss@example.org")
        assert accounts.matches("correct horse battery", kept)
        assert accounts.find_owner(tx).id == account_id
    store.close()


NEWER = ("proxy_http_version 1.1;", 'proxy_set_header Connection "";')
NAMED = (*NEWER, "proxy_set_header Host $http_host;")


@pytest.mark.parametrize("lines", [(), NEWER, NAMED], ids=["as it comes", "HTTP/1.1", "with the client's Host"])
def test_behind_a_real_nginx_a_stranger_is_nobody(server, nginx, lines):
    front = nginx(server.port, *lines)

    def ask(method, path, **headers):
        with closing(http.client.HTTPConnection("127.0.0.1", front, timeout=LONG)) as line:
            sent = {"content-type": "application/json", **headers}
            line.request(method, path, "{}" if method == "POST" else None, sent)
            answer = line.getresponse()
            return answer.status, answer.read(), answer.headers

    assert ask("GET", "/healthz")[0] == 200  # it is there
    for host in ("127.0.0.1", f"127.0.0.1:{server.port}", "localhost"):
        for path in ("/", "/enter", "/signin"):
            assert ask("GET", path, host=host)[2]["set-cookie"] is None
        assert ask("POST", "/v1/keys", host=host)[0] == 401
        assert ask("GET", "/v1/account", host=host)[0] == 401
    key = server.owner().headers["authorization"]
    assert ask("GET", "/v1/account", authorization=key)[0] == 200  # a key is good through it
    path = urlsplit(link_of(server))
    if not lines:  # as it comes it shows itself, so that even the owner's own link is not taken there
        assert ask("GET", f"{path.path}?{path.query}")[2]["location"] == "./signin"
