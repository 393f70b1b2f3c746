"""Accounts as their users know them: who gets in, with what, and how often one may try."""

import threading

import jwt
import pytest
import sqlalchemy as sa

import service
from service import START
from serving import serving
from vitascope.errors import BadSpec, Conflict, NotAllowed, NotFound, NotSignedIn, TooMany
from vitascope.store import accounts, limits, passwords, schema

PASSWORD = "correct horse battery"


def sign_up(store, email="mia@example.org", password=None, **more):
    hashed = accounts.hashed(password) if password else None
    with store.begin() as tx:
        return accounts.sign_up(tx, email=email, password=hashed, now=store.clock(), **more)


def test_the_local_owner_is_one_however_many_ask_first(store):
    found = []

    def ask():
        with store.begin() as tx:
            found.append(accounts.owner(tx, store.clock()))

    threads = [threading.Thread(target=ask) for _ in range(8)]
    [thread.start() for thread in threads]
    [thread.join() for thread in threads]
    assert len(found) == 8
    assert {account.id for account in found} == {found[0].id}
    assert found[0].role == "owner"
    assert found[0].may_operate


def test_who_signs_up_can_log_in_by_any_spelling_of_the_address(store):
    account = sign_up(store, " Mia@Example.ORG ", PASSWORD)
    assert (account.email, account.name, account.role) == ("mia@example.org", "mia", "member")
    with store.begin() as tx:
        account_id, kept = accounts.password_of(tx, "MIA@example.org")
        assert accounts.matches(PASSWORD, kept)
        assert not accounts.matches(PASSWORD + "!", kept)
        token = accounts.log_in(tx, account_id, store.clock())
    with store.read() as tx:
        assert accounts.session(tx, token, store.clock()).id == account.id


def test_one_address_is_one_account(store):
    sign_up(store)
    with pytest.raises(Conflict, match="already"):
        sign_up(store, "MIA@example.org")


@pytest.mark.parametrize("email", ["", "mia", "@", "mia@", "a b@c", "a@b\n.org", "x" * 250 + "@example.org"])
def test_what_is_no_address_is_said(sqlite_only, email):
    with pytest.raises(BadSpec, match="no e-mail"):
        sign_up(sqlite_only, email)


def test_nobody_signs_up_as_the_owner(sqlite_only):
    with pytest.raises(BadSpec):
        sign_up(sqlite_only, role="owner")


@pytest.mark.parametrize("password", ["", "short", "x" * 1001])
def test_a_password_has_a_length(password):
    with pytest.raises(BadSpec, match=f"{len(password)} characters"):
        accounts.hashed(password)


def test_guessing_a_kept_password_costs_work_and_memory():
    assert passwords._hasher is not service.TRUE_HASHER, "tests take a quick one"
    kept = service.TRUE_HASHER.hash(PASSWORD)
    assert kept.startswith("$argon2id$v=19$m=65536,t=3,p=4$")  # 64 MB, three times
    assert accounts.matches(PASSWORD, kept)


def test_nothing_that_opens_a_door_is_stored(store):
    account = sign_up(store, password=PASSWORD)
    with store.begin() as tx:
        token = accounts.log_in(tx, account.id, store.clock())
        key = accounts.create_key(tx, account.id, "laptop", store.clock())
        pair = accounts.create_key(tx, account.id, "kling", store.clock(), pair=True)
        rows = [str(row) for table in schema.metadata.sorted_tables for row in tx.execute(sa.select(table))]
    for secret in (PASSWORD, token, key.key, pair.secret):
        assert not any(secret in row for row in rows)
    assert key.key.startswith("vs_")
    assert len(key.key) == 46
    assert key.key not in repr(key)
    assert pair.secret not in repr(pair)


def test_a_session_ends_by_time_by_log_out_and_by_a_new_password(store):
    account = sign_up(store, password=PASSWORD)

    def log_in():
        with store.begin() as tx:
            return accounts.log_in(tx, account.id, store.clock())

    def is_open(token):
        with store.read() as tx:
            try:
                return accounts.session(tx, token, store.clock()).id == account.id
            except NotSignedIn:
                return False

    old, left, changed = log_in(), log_in(), log_in()
    assert is_open(old)
    with store.begin() as tx:
        accounts.log_out(tx, left)
    assert not is_open(left)
    with store.begin() as tx:
        accounts.change(tx, account.id, password=accounts.hashed("another password"))
    assert not is_open(changed)
    token = log_in()
    store.clock.forward(accounts.SESSION_SECONDS + 1)
    assert not is_open(token)


def test_a_key_opens_until_it_is_revoked(store):
    account = sign_up(store)
    with store.begin() as tx:
        new = accounts.create_key(tx, account.id, "laptop", store.clock())
        assert accounts.by_key(tx, new.key, store.clock())[0].id == account.id
        (shown,) = accounts.keys(tx, account.id)
        assert new.key.startswith(shown.prefix)
        assert len(shown.prefix) == 10
        accounts.revoke_key(tx, account.id, new.id, store.clock())
        assert accounts.keys(tx, account.id) == []
        with pytest.raises(NotSignedIn):
            accounts.by_key(tx, new.key, store.clock())
        with pytest.raises(NotFound):
            accounts.revoke_key(tx, account.id, new.id, store.clock())


def test_nobody_revokes_somebody_elses_key(store):
    mia, ben = sign_up(store), sign_up(store, "ben@example.org")
    with store.begin() as tx:
        new = accounts.create_key(tx, mia.id, "laptop", store.clock())
        with pytest.raises(NotFound):
            accounts.revoke_key(tx, ben.id, new.id, store.clock())
        assert accounts.by_key(tx, new.key, store.clock())[0].id == mia.id


def test_the_secret_of_a_pair_is_the_same_each_time_and_another_for_each_pair(store):
    account = sign_up(store)
    with store.begin() as tx:
        one = accounts.create_key(tx, account.id, "one", store.clock(), pair=True)
        two = accounts.create_key(tx, account.id, "two", store.clock(), pair=True)
    with store.read() as tx:
        found, _key, secret = accounts.by_access(tx, one.access, store.clock())
        assert (found.id, secret) == (account.id, one.secret)
        assert accounts.by_key(tx, one.text, store.clock())[0].id == account.id  # the whole line is good as a key too
        with pytest.raises(NotSignedIn):
            accounts.by_access(tx, "ak_nobody", store.clock())
    assert one.secret != two.secret


def test_a_disabled_account_is_shut_by_every_door(store):
    account = sign_up(store, password=PASSWORD)
    with store.begin() as tx:
        token = accounts.log_in(tx, account.id, store.clock())
        key = accounts.create_key(tx, account.id, "laptop", store.clock())
        accounts.change(tx, account.id, disabled_at=store.clock())
        with pytest.raises(NotAllowed, match="disabled"):
            accounts.by_key(tx, key.key, store.clock())
        with pytest.raises(NotAllowed, match="disabled"):
            accounts.log_in(tx, account.id, store.clock())
        with pytest.raises(NotSignedIn):
            accounts.session(tx, token, store.clock())
        accounts.change(tx, account.id, enable=True)
        assert accounts.by_key(tx, key.key, store.clock())[0].id == account.id


def test_the_owner_cannot_be_disabled_or_made_less(sqlite_only):
    with sqlite_only.begin() as tx:
        owner = accounts.owner(tx, START)
        with pytest.raises(NotAllowed):
            accounts.change(tx, owner.id, disabled_at=START)
        with pytest.raises(NotAllowed):
            accounts.change(tx, owner.id, role="member")


def test_a_bucket_empties_refuses_and_fills_again(store):
    def take(tokens=1.0):
        with store.begin() as tx:
            limits.take(tx, "door", store.clock(), per_second=0.5, burst=3, tokens=tokens, what="knocks")

    for _ in range(3):
        take()
    with pytest.raises(TooMany, match="knocks") as refused:
        take()
    assert refused.value.retry_after == pytest.approx(2.0)
    store.clock.forward(2.0)
    take()
    with pytest.raises(TooMany):
        take()
    store.clock.forward(1_000_000)
    take(3)  # never more than the burst
    with pytest.raises(TooMany):
        take()


def test_a_bucket_is_exact_for_many_at_once(store):
    passed = []

    def knock():
        try:
            with store.begin() as tx:
                limits.take(tx, "door", store.clock(), per_second=0.0, burst=5)
            passed.append(1)
        except TooMany:
            pass

    threads = [threading.Thread(target=knock) for _ in range(16)]
    [thread.start() for thread in threads]
    [thread.join() for thread in threads]
    assert len(passed) == 5


# Over HTTP


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    with serving(tmp_path_factory.mktemp("accounts"), signup=1) as running:
        yield running


@pytest.fixture
def browser(server):
    """A client that behaves as a browser on the server's own page."""
    client = server.client()
    client.headers["origin"] = server.url
    return client


def test_a_person_signs_up_looks_around_logs_out_and_in_again(browser):
    mia = {"email": "mia@example.org", "password": PASSWORD}
    answer = browser.post("/v1/account/signup", json=mia | {"name": "Mia"})
    assert answer.status_code == 201, answer.text
    cookie = answer.headers["set-cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=lax" in cookie
    me = browser.get("/v1/account").json()
    assert (me["name"], me["role"], me["plan"], me["signed_in_by"]) == ("Mia", "member", "free", "session")
    browser.post("/v1/account/logout")
    assert browser.get("/v1/account").status_code == 401  # where strangers may sign up nobody is in without a login
    assert browser.post("/v1/account/login", json=mia | {"password": "wrong wrong"}).status_code == 401
    assert browser.post("/v1/account/login", json=mia).json()["name"] == "Mia"


def test_a_second_person_with_the_same_address_is_told(server, browser):
    body = {"email": "twice@example.org", "password": PASSWORD}
    assert browser.post("/v1/account/signup", json=body).status_code == 201
    answer = server.client().post("/v1/account/signup", json=body)
    assert (answer.status_code, answer.json()["error"]["code"]) == (409, "conflict")


def test_a_server_that_takes_nobody_says_so(tmp_path):
    with serving(tmp_path, signup=0) as closed:
        answer = closed.client().post("/v1/account/signup", json={"email": "a@b.org", "password": PASSWORD})
        assert answer.status_code == 403
        assert closed.client().get("/v1/account/door").json() == {
            "signup_open": False,
            "local": True,
            "own_machine": True,
            "credits_on": True,
        }


def test_each_browser_that_is_signed_in_is_shown_and_can_be_signed_out(server, browser):
    body = {"email": "sessions@example.org", "password": PASSWORD}
    browser.post("/v1/account/signup", json=body)
    other = server.client()
    other.headers["origin"] = server.url
    other.post("/v1/account/login", json=body)
    found = browser.get("/v1/account/sessions").json()["data"]
    assert [one["current"] for one in found] == [False, True]
    assert browser.cookies["vitascope_session"] not in str(found)
    foreign = server.client(server.key())
    assert foreign.get("/v1/account/sessions").json()["data"] == []
    assert foreign.delete(f"/v1/account/sessions/{found[0]['id']}").status_code == 404
    assert browser.delete(f"/v1/account/sessions/{found[0]['id']}").json()["deleted"]
    assert other.get("/v1/account").status_code == 401
    assert browser.get("/v1/account").status_code == 200
    plan = browser.get("/v1/account/plan").json()
    assert (plan["name"], plan["max_takes"] > 0) == ("free", True)


def test_guessing_a_password_is_slowed_down(server):
    client = server.client()
    answers = [
        client.post("/v1/account/login", json={"email": "guess@example.org", "password": f"guess {n}"})
        for n in range(7)
    ]
    assert answers[0].status_code == 401
    assert answers[-1].status_code == 429
    assert int(answers[-1].headers["retry-after"]) >= 1


def test_a_page_of_elsewhere_cannot_use_the_session(server, browser):
    body = {"email": "csrf@example.org", "password": PASSWORD}
    browser.post("/v1/account/signup", json=body)
    foreign = {"origin": "https://evil.example"}
    for headers in (foreign, {"origin": "null"}, {"origin": "", "sec-fetch-site": "cross-site"}, {"origin": ""}):
        answer = browser.post("/v1/keys", json={}, headers=headers)
        assert answer.status_code == 403, headers
    assert browser.post("/v1/account/login", json=body, headers=foreign).status_code == 403
    assert browser.post("/v1/keys", json={}).status_code == 201


@pytest.fixture(scope="module")
def own(tmp_path_factory):
    """A server of one's own, that serves nobody else."""
    with serving(tmp_path_factory.mktemp("own")) as running:
        yield running


def test_the_owners_door_opens_only_on_this_machine_under_its_own_name(own):
    client = own.client()
    port = own.port
    assert client.get("/v1/account").json()["role"] == "owner"
    assert client.get("/v1/account", headers={"host": f"localhost:{port}"}).status_code == 200
    for headers in (
        {"host": f"evil.example:{port}"},  # a name that was made to point here
        {"host": f"127.0.0.1.evil.example:{port}"},
        {"origin": "https://evil.example"},
        {"origin": f"http://localhost:{port + 1}"},  # another program's page on this machine
        {"sec-fetch-site": "cross-site"},
        {"sec-fetch-site": "same-site"},
        {"x-forwarded-for": "203.0.113.7"},  # a proxy brings the world
    ):
        assert client.get("/v1/account", headers=headers).status_code in (401, 403), headers


def test_a_server_with_a_public_name_knows_no_local_owner(tmp_path):
    with serving(tmp_path, public_url="https://clips.example.org") as public:
        assert public.client().get("/v1/account").status_code == 401


def test_a_server_open_to_others_knows_no_local_owner(tmp_path):
    with serving(tmp_path, loopback_only=False) as public:
        answer = public.client().get("/v1/account")
        assert answer.status_code == 401
        assert answer.headers["www-authenticate"] == "Bearer"
        assert answer.json()["error"]["code"] == "not_signed_in"


def test_a_wrong_key_is_refused_also_where_none_is_needed(server):
    for headers in (
        {"authorization": "Bearer vs_wrong"},
        {"x-api-key": "wrong"},
        {"authorization": "Bearer a.b.c"},
        {"authorization": "Bearer " + "x" * 5000},
    ):
        assert server.client().get("/v1/account", headers=headers).status_code == 401, headers


@pytest.mark.parametrize("header", ["authorization", "x-api-key", "api-key", "token"])
def test_a_key_may_come_in_the_headers_that_clients_use(server, header):
    key = server.key()
    headers = {"token": {"authorization": f"Token {key}"}, "authorization": {"authorization": f"Bearer {key}"}}
    answer = server.client().get("/v1/account", headers=headers.get(header, {header: key}))
    assert answer.json()["signed_in_by"] == "key"


def test_a_pair_signs_tokens_as_klings_clients_do(server):
    pair, now = server.key(pair=True), server.store.clock()

    def ask(secret=pair.secret, algorithm="HS256", **claims):
        body = {"iss": pair.access, "exp": now + 1800, "nbf": now - 5} | claims
        token = jwt.encode({name: value for name, value in body.items() if value is not None}, secret, algorithm)
        return server.client().get("/v1/account", headers={"authorization": f"Bearer {token}"})

    assert ask().json()["signed_in_by"] == "token"
    assert ask(exp=now + 10, nbf=now + 10).status_code == 200  # a clock that is a little ahead
    for wrong in (
        {"secret": "x" * 64},
        {"algorithm": "HS512"},
        {"exp": now - 600},
        {"nbf": now + 600},
        {"exp": now + 10 * 86_400},
        {"exp": None},
        {"exp": "soon"},
        {"iss": "ak_nobody"},
        {"iss": None},
    ):
        assert ask(**wrong).status_code == 401, wrong
    unsigned = jwt.encode({"iss": pair.access, "exp": now + 1800}, None, "none")
    assert server.client().get("/v1/account", headers={"authorization": f"Bearer {unsigned}"}).status_code == 401


def test_a_token_makes_no_keys(server):
    pair, now = server.key(pair=True), server.store.clock()
    token = jwt.encode({"iss": pair.access, "exp": now + 60}, pair.secret, "HS256")
    answer = server.client(token).post("/v1/keys", json={})
    assert answer.status_code == 403


def test_a_key_is_shown_once(server):
    client = server.client(server.key())
    made = client.post("/v1/keys", json={"name": "laptop"}).json()
    assert made["key"].startswith("vs_")
    pair = client.post("/v1/keys", json={"name": "kling", "pair": True}).json()
    assert pair["access_key"]
    assert pair["secret_key"]
    listed = client.get("/v1/keys").text
    assert made["key"] not in listed
    assert pair["secret_key"] not in listed
    assert server.client(made["key"]).get("/v1/account").status_code == 200
    client.delete(f"/v1/keys/{made['id']}")
    assert server.client(made["key"]).get("/v1/account").status_code == 401


def test_a_key_alone_does_not_take_over_an_account(server, browser):
    body = {"email": "owned@example.org", "password": PASSWORD}
    browser.post("/v1/account/signup", json=body)
    key = browser.post("/v1/keys", json={}).json()["key"]
    stolen = server.client(key)
    change = {"password": "a new password"}
    assert stolen.patch("/v1/account", json=change).status_code == 403
    assert stolen.patch("/v1/account", json={"email": "thief@example.org"}).status_code == 403
    assert stolen.patch("/v1/account", json=change | {"current_password": PASSWORD}).status_code == 200


def test_the_owner_may_take_a_password_along(tmp_path):
    with serving(tmp_path) as running:
        owner = running.client()
        body = {"email": "boss@example.org", "password": PASSWORD}
        assert owner.patch("/v1/account", json=body).json()["role"] == "owner"
        elsewhere = running.client()
        elsewhere.headers["x-forwarded-for"] = "203.0.113.7"
        assert elsewhere.get("/v1/account").status_code == 401
        assert elsewhere.post("/v1/account/login", json=body).status_code == 200
        assert elsewhere.get("/v1/account").json()["role"] == "owner"


def test_an_admin_cannot_make_admins_or_touch_the_owner(server):
    admin, owner = server.client(server.key(role="admin")), server.owner()
    mia = admin.post("/v1/admin/accounts", json={"email": "newbie@example.org", "plan": "pro"}).json()
    assert (mia["role"], mia["plan"]) == ("member", "pro")
    path = f"/v1/admin/accounts/{mia['id']}"
    assert admin.patch(path, json={"role": "admin"}).status_code == 403
    assert owner.patch(path, json={"role": "admin"}).json()["role"] == "admin"
    assert admin.patch(path, json={"disabled": True}).status_code == 403
    me = owner.get("/v1/account").json()
    assert admin.patch(f"/v1/admin/accounts/{me['id']}", json={"password": PASSWORD}).status_code == 403
    assert owner.patch(f"/v1/admin/accounts/{me['id']}", json={"disabled": True}).status_code == 409


def test_the_operator_gives_credits_once_for_one_reason(server):
    owner = server.owner()
    mia = owner.post("/v1/admin/accounts", json={"email": "rich@example.org"}).json()
    path = f"/v1/admin/accounts/{mia['id']}/credits"
    for _ in range(2):
        answer = owner.post(path, json={"credits": 12.5, "source": "order 17"})
    assert answer.json()["available"] == 12.5
