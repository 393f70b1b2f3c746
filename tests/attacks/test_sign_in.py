"""Passwords are guessed from anywhere; the person whose account it is comes in all the same."""

import pytest
import sqlalchemy as sa

from service import Clock
from serving import serving
from vitascope.server import attempts
from vitascope.store import accounts, schema

PASSWORD = "correct horse battery"


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def server(tmp_path, clock):
    with serving(tmp_path, signup=1, clock=clock) as running:
        yield running


@pytest.fixture
def mia(server):
    client = at(server, "198.51.100.7")
    answer = client.post("/v1/account/signup", json={"email": "mia@example.org", "password": PASSWORD})
    assert answer.status_code == 201, answer.text
    return client


def at(server, address):
    """A browser at this address; a proxy on this machine says so."""
    client = server.client()
    client.headers |= {"x-forwarded-for": address, "origin": server.url}
    return client


def log_in(client, password=PASSWORD, email="mia@example.org"):
    return client.post("/v1/account/login", json={"email": email, "password": password}).status_code


def test_five_wrong_passwords_from_elsewhere_lock_nobody_out(server, mia):
    mallory = at(server, "203.0.113.9")
    assert [log_in(mallory, f"guess {n}") for n in range(7)] == [401] * 5 + [429] * 2
    assert log_in(mallory) == 429, "a right guess after too many wrong ones is none"
    assert log_in(mia) == 200
    assert log_in(at(server, "192.0.2.44")) == 200, "nor at an address of which nothing is known"


def test_a_known_browser_comes_in_from_the_very_address_that_guesses(server, mia):
    mallory = at(server, "198.51.100.7")
    assert [log_in(mallory, f"guess {n}") for n in range(6)][-1] == 429
    mia.post("/v1/account/logout")
    assert log_in(mia) == 200


def test_a_known_browser_comes_in_while_a_thousand_places_guess(server, mia, monkeypatch):
    real = accounts.matches  # which takes its time
    monkeypatch.setattr(accounts, "matches", lambda said, kept: said != "guess" and real(said, kept))
    for number in range(120):
        last = log_in(at(server, f"203.0.{number}.9"), "guess")
    assert last == 429, "of a hundred in a row"
    assert log_in(at(server, "192.0.2.44")) == 429
    assert log_in(mia) == 200


def test_an_ipv6_network_is_one_place(server, mia):
    assert [log_in(at(server, f"2001:db8:1:2::{n}"), "guess") for n in range(6)] == [401] * 5 + [429]
    assert log_in(at(server, "2001:db8:1:3::1"), "guess") == 401


def test_the_cookie_of_one_account_opens_no_door_to_another(server, mia):
    ben = at(server, "192.0.2.50")
    ben.post("/v1/account/signup", json={"email": "ben@example.org", "password": PASSWORD})
    cookie = ben.cookies[attempts.COOKIE]
    thief = at(server, "203.0.113.10")
    for number in range(7):
        thief.cookies.set(attempts.COOKIE, cookie if number % 2 else f"{number}.{cookie.partition('.')[2]}")
        last = log_in(thief, "guess")
    assert last == 429


def test_a_stolen_session_or_key_does_not_guess_the_password_either(server, mia):
    key = server.client(mia.post("/v1/keys", json={}).json()["key"])
    body = {"email": "thief@example.org"}
    statuses = [key.patch("/v1/account", json=body | {"current_password": f"guess {n}"}).status_code for n in range(7)]
    assert statuses == [403] * 5 + [429] * 2


def test_no_address_is_kept_once_its_account_is_deleted(server, mia):
    log_in(mia, "wrong")
    at(server, "203.0.113.9").post("/v1/account/login", json={"email": "MIA@example.org ", "password": "guess"})
    assert mia.request("DELETE", "/v1/account", json={"current_password": PASSWORD}).status_code == 200
    log_in(at(server, "203.0.113.9"))
    with server.store.read() as tx:
        keys = list(tx.scalars(sa.select(schema.rates.c.key)))
    assert keys, "attempts are counted"
    assert not [key for key in keys if any(told in key for told in ("mia", "example", "203.0", "198.51", "acc_"))]
