"""How many answers one account may hold open."""

import contextlib

import pytest

from serving import serving, until
from vitascope.server.context import LISTENERS


@pytest.fixture
def server(tmp_path):
    with serving(tmp_path) as running:
        yield running


def test_an_account_has_twenty_streams_and_others_are_not_touched(server):
    key, other = server.key(), server.key()
    client, kept = server.client(key), []
    with contextlib.ExitStack() as open_streams:
        for _ in range(LISTENERS):
            stream = open_streams.enter_context(client.stream("GET", "/v1/events"))
            assert stream.status_code == 200
            kept.append(stream.iter_bytes())  # or it is closed
            assert next(kept[-1])
        refused = server.client(key).get("/v1/events")
        assert refused.status_code == 429
        assert "20 open streams" in refused.json()["error"]["message"]
        assert refused.headers["retry-after"]
        assert server.client(key).get("/v1/videos").status_code == 200
        waiting = server.client(key).post("/v1/videos/sync", json={"prompt": "a ball"})
        assert waiting.status_code == 429
        assert server.client(key).get("/v1/videos").json()["data"] == [], "nothing was ordered that nobody waits for"
        with server.client(other).stream("GET", "/v1/events") as theirs:
            assert theirs.status_code == 200
        until(lambda: server.context.listening.taken == LISTENERS)
    until(lambda: server.context.listening.taken == 0)
    with server.client(key).stream("GET", "/v1/events") as again:
        assert again.status_code == 200


def test_a_vendors_answer_that_waits_does_not_wait_when_too_many_do(server):
    key = server.key()
    with contextlib.ExitStack() as places:
        (account,) = {one.id for one in _accounts(server) if one.role == "member"}
        for _ in range(LISTENERS):
            places.enter_context(server.context.listening.place(account))
        answer = server.client(key).post(
            "/v1/predictions",
            json={"version": "vitascope-nano", "input": {"prompt": "a ball"}},
            headers={"prefer": "wait=60"},
        )
    assert answer.status_code in (200, 201, 202), answer.text
    assert answer.json()["status"] == "starting"


def _accounts(server):
    from vitascope.store import accounts

    with server.store.read() as tx:
        return accounts.page(tx)
