"""An account that is deleted: nothing is left of the person and what they made, the books still add up, and what was
under way at that moment does not come back.
"""

import io
import sys
import threading
from dataclasses import dataclass
from datetime import UTC

import pytest
import sqlalchemy as sa

import service
from doubles import CARD, DiscEngine, recipe_of
from service import START
from serving import serving, until
from vitascope import ask, metrics, plans
from vitascope.cli import app as cli
from vitascope.clip import ClipSpec
from vitascope.errors import BadClip, Conflict, LeaseLost, NotAllowed, NotFound, NotSignedIn
from vitascope.film import document
from vitascope.orders import fulfil, stills
from vitascope.runtime import open_house
from vitascope.store import (
    account_deletion,
    accounts,
    archive,
    clip_search,
    events,
    film_renders,
    film_takes,
    films,
    handles,
    ids,
    invariants,
    jobs,
    ledger,
    library,
    limits,
    projects,
    recipes,
    retention,
    schema,
    webhooks,
)
from vitascope.store.folder_blobs import FolderBlobs

PASSWORD = "correct horse battery"
WORDS = ("zebra", "holiday")  # in all that a person here writes
FILM = {
    "title": "A holiday",
    "scene_order": ["s1"],
    "scenes": {"s1": {"shots": ["k1"]}},
    "shots": {"k1": {"action": "A zebra.", "lines": [{"id": "l1", "text": "Holiday!"}]}},
}


@dataclass
class Person:
    """Somebody with a bit of everything; `name` and WORDS stand in whatever they wrote."""

    store: object
    blobs: object
    name: str = "mia"

    def __post_init__(self):
        with self.store.begin() as tx:
            now = self.store.clock()
            account = accounts.sign_up(
                tx, email=self.email, password=accounts.hashed(PASSWORD), name=self.name, plan="pro", now=now
            )
            self.id = account.id
            accounts.change(tx, self.id, settings={"note": f"{self.name} holiday"})
            ledger.grant(tx, self.id, 50_000, "gift", source=f"gift:{self.id}", now=now)
            self.key = accounts.create_key(tx, self.id, f"{self.name} holiday", now).key
            self.session = accounts.log_in(tx, self.id, now)

    @property
    def email(self):
        return f"{self.name}@example.org"

    @property
    def account(self):
        with self.store.read() as tx:
            return accounts.by_id(tx, self.id)

    def order(self, *, account=None, **more):
        spec = ask.spec(f"a {self.name} zebra", CARD, seconds=0)
        return service.order(self.store, account or self.account, spec, plan=plans.packaged()["pro"], **more)

    def fulfil(self, engine=None):
        return fulfil.fulfil(self.store, self.blobs, service.claim(self.store), engine or DiscEngine())

    def live(self):
        """Clips, one in the trash, jobs in all their states, and whatever else an account can have."""
        with self.store.begin() as tx:
            given = {"sha256": "ab" * 32, "kind": "image", "name": f"{self.name} zebra", "media_type": "image/png"}
            kept = {"bytes": 3, "key": f"inputs/{self.id}/{'ab' * 32}", "created_at": self.store.clock()}
            tx.execute(schema.inputs.insert().values(account_id=self.id, **given, **kept))
            now = self.store.clock()
            project = projects.create_project(tx, self.id, f"{self.name} holiday", now)
            webhooks.create(tx, self.id, f"https://{self.name}.example.org/", now=now, events=webhooks.KINDS)
            handles.claim(tx, self.id, handles.external("kling"), f"{self.name}-holiday", "job_1", now)
            sent = f"uploads/{self.id}/0123.png"
            handles.claim(tx, self.id, handles.UPLOAD, f"{self.name}0123", sent, now, {"name": "holiday.png"})
            recipes.packed(tx, self.id, {"image": {"png": f"{self.name} zebra" * 500}}, now)
            for what in (f"make:{self.id}", f"confirm:{self.id}"):
                limits.take(tx, what, now, per_second=1, burst=1)
        self.blobs.put(sent, b"picture")
        self.blobs.put(f"uploads/{self.id}/{'ab' * 32}", b"a clip to go on from")
        with self.store.begin() as tx:
            take_id = ids.new_id(ids.TAKE, self.store.clock())
            film = films.create(tx, self.id, document.read(FILM), self.store.clock(), by=f"{self.name} of holiday")
            key = film_takes.key(self.id, take_id, ".wav")
            film_takes.add(
                tx, self.id, film.id, self.store.clock(), id=take_id, of="l1", kind="voice", digest="d", state="made",
                key=key, media={"key": key, "seconds": "1"}, own=True,
            )  # fmt: skip
            film_renders.ask(tx, film, (), {}, 24, self.store.clock())
        self.blobs.put(key, b"a voice")
        callback = {"url": f"https://{self.name}.example.org/", "states": jobs.DONE}
        request = {"metadata": {"for": "holiday"}, "callback": callback}
        self.order(n=2, project_id=project.id, request=request, idempotency=f"{self.name}-holiday")
        first, second = self.fulfil(), self.fulfil()
        self.blobs.put(f"clips/{first.clip_id}/last.png", b"frame")
        with self.store.begin() as tx:
            library.trash(tx, self.id, second.clip_id, self.store.clock())
        self.order(parent_clip_id=first.clip_id, relation="rerun", request=request)
        service.give_up(self.store, service.claim(self.store), BadClip("A zebra is no ball."))
        self.order(request=request)
        self.running = service.claim(self.store)
        with self.store.begin() as tx:
            jobs.beat(tx, self.running, self.store.clock(), step=1, steps=4, looks=[1])
        self.blobs.put(self.running.job.look_key(1), b"look")
        self.waiting = self.order(request=request)[0]
        return self

    def leave(self):
        with self.store.begin() as tx:
            keys = account_deletion.leave(tx, self.id, self.store.clock())
        account_deletion.clear(self.blobs, self.id, keys)

    def job(self, job):
        with self.store.read() as tx:
            return jobs.get(tx, None, job.id)

    @property
    def balance(self):
        with self.store.read() as tx:
            found = ledger.balance(tx, self.id, START)
            rows = tx.execute(sa.select(schema.buckets).where(schema.buckets.c.account_id == self.id)).all()
        return found.available + sum(row.available for row in rows), found.held + sum(row.held for row in rows)


@pytest.fixture
def kept(tmp_path):
    return FolderBlobs(tmp_path / "blobs")


@pytest.fixture
def mia(store, kept):
    return Person(store, kept).live()


def everything(store, account_id=None):
    """All rows of all tables, or those that name this account."""
    with store.read() as tx:
        tables = {table.name: tx.execute(sa.select(table)).all() for table in schema.metadata.sorted_tables}
    rows = {name: [str(tuple(row)) for row in found] for name, found in tables.items()}
    return {name: sorted(row for row in found if (account_id or "") in row) for name, found in rows.items()}


def check(store):
    with store.read() as tx:
        assert invariants.broken(tx) == []


# What is left


def test_nothing_is_left_that_a_person_wrote_made_or_was_called(store, kept, mia):
    before = everything(store)
    for table in (*account_deletion.PERSONAL, schema.rates):
        assert before[table.name], f"{table.name} says nothing in this test"
    mia.leave()
    text = str(everything(store)).lower()
    assert [word for word in (mia.name, *WORDS) if word in text] == []
    assert list(kept.keys()) == []


def test_every_table_that_names_an_account_is_personal_or_of_the_books():
    """A new one is to be named in `leaving.PERSONAL`, or here and blanked or kept there."""
    naming = {table.name for table in schema.metadata.sorted_tables if "account_id" in table.c}
    assert naming - {table.name for table in account_deletion.PERSONAL} == {"jobs", "buckets", "transfers", "purchases"}


def test_the_account_stays_as_a_number_that_opens_nothing(store, mia):
    created = mia.account.created_at
    mia.leave()
    left = mia.account
    assert (left.email, left.name, left.role, left.settings) == (None, "", "member", {})
    assert (left.disabled_at, left.created_at, left.has_left) == (START, created, True)
    with store.read() as tx:
        assert accounts.password_of(tx, mia.email) is None
        assert accounts.page(tx) == []
        for door in (accounts.by_key, accounts.session):
            with pytest.raises(NotSignedIn):
                door(tx, mia.key if door is accounts.by_key else mia.session, START)


def test_the_books_add_up_and_keep_every_line(store, mia):
    with store.read() as tx:
        before = ledger.statement(tx, mia.id, limit=100)
    mia.leave()
    check(store)
    with store.read() as tx:
        after = ledger.statement(tx, mia.id, limit=100)
    assert after[-len(before) :] == before
    new = [entry.kind for entry in after[: -len(before)]]
    assert set(new) == {"void", "expire"}
    assert new.count("void") == 2  # of what ran and of what waited
    assert sum(entry.units for entry in after) == 0
    assert mia.balance == (0, 0)


def test_what_it_cost_can_still_be_summed_up(store, mia):
    with store.read() as tx:
        before = ledger.usage(tx, mia.id, 0, START + 1, by=())[0]
    mia.leave()
    with store.read() as tx:
        after = ledger.usage(tx, mia.id, 0, START + 1, by=())[0]
    assert (before.clips, before.failed) == (after.clips, after.failed) == (2, 1)
    assert after.units == before.units > 0


def test_others_keep_all_they_have(store, kept, mia):
    ben = Person(store, kept, "ben").live()
    before, sent = everything(store, ben.id), set(kept.keys(f"uploads/{ben.id}"))
    mia.leave()
    assert everything(store, ben.id) == before
    assert set(kept.keys("uploads")) == sent != set()
    with store.read() as tx:
        (clip,) = clip_search.search(tx, ben.id)
        assert all(kept.exists(key) for key in clip.keys)
        assert accounts.by_key(tx, ben.key, START)[0].id == ben.id


def test_the_address_is_free_for_a_new_account_with_nothing_of_the_old(store, kept, mia):
    mia.leave()
    again = Person(store, kept)
    assert again.id != mia.id
    with store.read() as tx:
        assert clip_search.search(tx, again.id, trashed=True) == jobs.page(tx, again.id) == []
    assert [job.state for job in again.order()] == ["queued"]
    check(store)


# What is under way


def test_what_waited_and_what_ran_is_cancelled_at_once(store, mia):
    mia.leave()
    assert [mia.job(job).state for job in (mia.running.job, mia.waiting)] == ["cancelled", "cancelled"]
    with store.begin() as tx, pytest.raises(LeaseLost):
        jobs.beat(tx, mia.running, START, step=2, steps=4)
    with store.begin() as tx, pytest.raises(LeaseLost):
        jobs.release(tx, mia.running, START)
    assert service.claim(store) is None


def test_a_clip_that_is_finished_afterwards_is_thrown_away(store, kept):
    mia = Person(store, kept)
    (job,) = mia.order()

    class LeftInTheMiddle(DiscEngine):
        def frames(self, draft):
            mia.leave()
            return super().frames(draft)

    with pytest.raises(LeaseLost):
        mia.fulfil(LeftInTheMiddle())
    assert (mia.job(job).state, mia.job(job).clip_id, mia.balance) == ("cancelled", None, (0, 0))
    assert everything(store)["clips"] == everything(store)["events"] == []
    assert list(kept.keys()) == []
    check(store)


def test_a_clip_that_fails_afterwards_changes_nothing(store, kept):
    mia = Person(store, kept)
    (job,) = mia.order()

    class LeftAndBroken(DiscEngine):
        def step(self, drafts):
            mia.leave()
            raise ZeroDivisionError

    with pytest.raises(LeaseLost):
        mia.fulfil(LeftAndBroken())
    assert (mia.job(job).state, mia.job(job).error_code, mia.balance) == ("cancelled", None, (0, 0))
    check(store)


def test_ordering_and_leaving_at_the_same_time_leaves_no_order(store, kept):
    mia, refused, others = Person(store, kept), [], []
    stale = mia.account

    def order():
        try:
            for _ in range(15):
                mia.order(account=stale)
        except NotAllowed:
            refused.append(True)
        except Exception as error:
            others.append(error)

    threads = [threading.Thread(target=order) for _ in range(4)]
    [thread.start() for thread in threads]
    mia.leave()
    [thread.join() for thread in threads]
    assert others == []
    assert len(refused) == 4
    with store.read() as tx:
        assert {job.state for job in jobs.page(tx, mia.id, limit=100)} <= {"cancelled"}
    assert mia.balance == (0, 0)
    check(store)


def test_whoever_still_holds_the_old_account_can_do_nothing_for_it(store, mia):
    stale = mia.account
    mia.leave()
    with pytest.raises(NotAllowed, match="disabled"):
        mia.order(account=stale)
    for act in (
        lambda tx: ledger.grant(tx, mia.id, 100, "gift", source="late", now=START),
        lambda tx: ledger.ensure_daily(tx, mia.id, plans.packaged()["pro"], START + 40 * 86_400, UTC),
        lambda tx: accounts.create_key(tx, mia.id, "late", START),
        lambda tx: accounts.change(tx, mia.id, enable=True),
        lambda tx: account_deletion.leave(tx, mia.id, START),
    ):
        with pytest.raises(NotFound), store.begin() as tx:
            act(tx)
    assert mia.balance == (0, 0)


def test_an_archive_that_comes_in_at_that_moment_is_not_kept(store, kept, tmp_path):
    mia = Person(store, kept)
    mia.order()
    mia.fulfil()
    path = tmp_path / "archive.zip"
    path.write_bytes(b"".join(archive.export(store, kept, mia.id)))
    mia.leave()
    with pytest.raises(NotFound):
        archive.take_in(store, kept, mia.id, path)
    assert list(kept.keys()) == []


def test_what_was_written_in_that_very_moment_is_swept_up(store, kept, mia):
    ben = Person(store, kept, "ben").live()
    mia.leave()
    with store.begin() as tx:  # as by somebody who was let in just before
        projects.create_project(tx, mia.id, "holiday", START)
        events.tell(tx, mia.id, "clip.trashed", {}, START)
    kept.put(f"uploads/{mia.id}/late.png", b"picture")
    before = everything(store, ben.id)
    with store.begin() as tx:
        assert account_deletion.forget(tx) == 2
    assert account_deletion.sweep(store, kept) == 1
    assert everything(store, ben.id) == before
    assert [key.split("/")[1] for key in kept.keys("uploads")] == [ben.id] * 2


def test_storage_that_does_not_answer_is_left_to_the_sweep(sqlite_only, kept):
    class Away(FolderBlobs):
        def delete(self, key):
            raise BadClip("away")

    account_deletion.clear(Away(kept.root), "acc_1", ["clips/clip_1/video.mp4"])


def test_the_frames_beside_a_clip_are_those_that_are_drawn_there():
    assert {f"clips/c/{name}" for name in retention.FRAMES} == {
        stills.key("clips/c/video.mp4", which) for which in ("first", "last")
    }


def test_the_owner_stays(sqlite_only):
    with sqlite_only.begin() as tx:
        owner = accounts.owner(tx, START)
        with pytest.raises(Conflict, match="owner") as refused:
            account_deletion.leave(tx, owner.id, START)
        assert "home folder" in refused.value.hint
        assert accounts.owner(tx, START) == owner
        with pytest.raises(NotFound):
            account_deletion.leave(tx, "acc_nobody", START)


# Over HTTP


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    with serving(tmp_path_factory.mktemp("leaving"), signup=1) as running:
        yield running


def signed_up(server, name):
    """A browser that is signed in to a new account of this name, with a clip."""
    browser = server.client()
    browser.headers["origin"] = server.url
    body = {"email": f"{name}@example.org", "password": PASSWORD}
    browser.id = browser.post("/v1/account/signup", json=body).json()["id"]
    browser.clip = keep_clip(server, browser.id)
    return browser


def keep_clip(server, account_id):
    now, blobs = server.store.clock(), server.context.blobs
    clip_id = ids.new_id(ids.CLIP, now)
    blobs.put(library.key(clip_id, "video.mp4"), b"film")
    recipe = recipe_of(ClipSpec(prompt="a zebra", seed=1), model="m", weights="w", version="0")
    with server.store.begin() as tx:
        library.add(tx, account_id=account_id, recipe=recipe, size_bytes=4, sha256="00", now=now, clip_id=clip_id)
    return clip_id


def delete(client, **body):
    return client.request("DELETE", "/v1/account", json=body)


def files_of(server, clip_id):
    return list(server.context.blobs.keys(f"clips/{clip_id}"))


def test_a_person_deletes_their_account_and_is_a_stranger_afterwards(server):
    mia = signed_up(server, "mia")
    key = server.client(mia.post("/v1/keys", json={}).json()["key"])
    link = mia.get(f"/v1/library/{mia.clip}").json()["url"]
    answer = delete(mia, current_password=PASSWORD)
    assert answer.status_code == 200, answer.text
    assert answer.json() == {"id": mia.id, "object": "account.deleted", "deleted": True}
    assert 'vitascope_session="";' in answer.headers["set-cookie"]
    assert key.get("/v1/account").status_code == 401
    until(lambda: not files_of(server, mia.clip))
    assert server.client().get(link).status_code == 404
    body = {"email": "mia@example.org", "password": PASSWORD}
    assert mia.post("/v1/account/login", json=body).status_code == 401
    again = mia.post("/v1/account/signup", json=body)
    assert again.status_code == 201
    assert again.json()["id"] != mia.id
    assert mia.get("/v1/library").json()["data"] == []


def test_without_the_right_password_nothing_happens(server):
    mia = signed_up(server, "careful")
    key = server.client(mia.post("/v1/keys", json={}).json()["key"])
    for body in ({}, {"current_password": "wrong words"}, {"confirm": "careful@example.org"}):
        assert delete(key, **body).json()["error"]["code"] == "not_allowed"
    assert mia.request("DELETE", "/v1/account").status_code == 422
    assert [clip["id"] for clip in mia.get("/v1/library").json()["data"]] == [mia.clip]
    assert delete(key, current_password="guess 4").status_code == 403
    assert delete(key, current_password="guess 5").status_code == 403
    assert delete(key, current_password=PASSWORD).status_code == 429  # guessing is slowed down as at the door
    assert mia.get("/v1/account").status_code == 200


def test_an_account_without_a_password_is_deleted_by_naming_it(server):
    made = server.owner().post("/v1/admin/accounts", json={"email": "program@example.org"}).json()
    with server.store.begin() as tx:
        key = accounts.create_key(tx, made["id"], "program", server.store.clock()).key
    program = server.client(key)
    for body in ({}, {"confirm": "another@example.org"}, {"current_password": PASSWORD}):
        answer = delete(program, **body)
        assert (answer.status_code, "as confirm" in answer.text) == (403, True), answer.text
    assert delete(program, confirm="Program@Example.org").json()["deleted"]
    assert program.get("/v1/account").status_code == 401


def test_the_owner_of_the_machine_is_told_what_to_do_instead(server):
    owner = server.owner()
    answer = delete(owner, confirm="local owner")
    assert (answer.status_code, answer.json()["error"]["code"]) == (409, "conflict")
    assert "delete its home folder" in answer.json()["error"]["hint"]
    assert owner.get("/v1/account").json()["role"] == "owner"


def test_a_page_of_elsewhere_deletes_nothing(server):
    mia = signed_up(server, "visitor")
    answer = mia.request(
        "DELETE", "/v1/account", json={"current_password": PASSWORD}, headers={"origin": "https://evil.example"}
    )
    assert answer.status_code == 403
    assert mia.get("/v1/account").status_code == 200


def test_the_operator_deletes_accounts_by_rank(server):
    owner, admin = server.owner(), server.client(server.key(role="admin"))
    second = server.client(server.key(role="admin"))
    mine, admins, other = (client.get("/v1/account").json()["id"] for client in (owner, admin, second))
    mia = signed_up(server, "guest")

    def delete(client, account_id):
        return client.delete(f"/v1/admin/accounts/{account_id}")

    assert delete(mia, admins).status_code == 403
    assert delete(admin, mine).status_code == 403
    assert delete(admin, other).status_code == 403
    assert delete(admin, admins).status_code == 409  # oneself
    assert delete(owner, mine).status_code == 409
    assert delete(admin, mia.id).json() == {"id": mia.id, "object": "account.deleted", "deleted": True}
    until(lambda: not files_of(server, mia.clip))
    before = owner.get("/v1/admin/health").json()["accounts"]
    assert delete(owner, other).status_code == 200
    assert second.get("/v1/account").status_code == 401
    assert owner.get("/v1/admin/health").json()["accounts"] == before - 1
    listed = {account["id"] for account in owner.get("/v1/admin/accounts?limit=200").json()["data"]}
    assert {mine, admins} <= listed
    assert {mia.id, other}.isdisjoint(listed)
    path = f"/v1/admin/accounts/{mia.id}"
    assert owner.delete(path).status_code == 404
    assert owner.patch(path, json={"disabled": False}).status_code == 404
    assert owner.post(f"{path}/credits", json={"credits": 1, "source": "late"}).status_code == 404
    assert owner.get("/v1/admin/health?check=true").json()["broken_rules"] == []


def dropped():
    """How often a worker of this process found that its job was no longer its own."""
    return metrics.registry.get_sample_value("vitascope_leases_lost_total")


def test_a_worker_in_the_middle_of_a_clip_drops_it(tmp_path):
    with serving(tmp_path, signup=1, work=True, engine=DiscEngine(pause_seconds=0.1)) as busy:
        mia = signed_up(busy, "mia")
        order = {"prompt": "a zebra", "seconds": "1", "size": "256x256", "steps": 20}
        path = f"/v1/videos/{mia.post('/v1/videos', json=order).json()['id']}"
        until(lambda: mia.get(path).json()["step"] > 1)
        before = dropped()
        assert delete(mia, current_password=PASSWORD).status_code == 200
        owner = busy.owner()
        (job,) = owner.get("/v1/admin/jobs").json()["data"]
        assert (job["account_id"], job["state"]) == (mia.id, "cancelled")
        until(lambda: dropped() > before)
        assert owner.get("/v1/admin/jobs").json()["data"] == [job]
        assert [name for name, rows in everything(busy.store, mia.id).items() if rows] == [
            "accounts", "buckets", "jobs", "transfers",
        ]  # fmt: skip
        until(lambda: list(busy.context.blobs.keys("clips")) == [])
        assert owner.get("/v1/admin/health?check=true").json()["broken_rules"] == []


# On the command line


def test_an_operator_deletes_an_account_on_the_command_line(own_home, monkeypatch, capsys):
    def run(*arguments, said=""):
        monkeypatch.setattr(sys, "stdin", io.StringIO(said))
        code = cli.main(["accounts", "delete", *arguments])
        return code, *capsys.readouterr()

    house = open_house()
    with house.store.begin() as tx:
        now = house.store.clock()
        owner = accounts.owner(tx, now)
        mia = accounts.sign_up(tx, email="mia@example.org", password=None, now=now)
    assert run("mia@example.org", said="n\n")[0] == 1
    with house.store.read() as tx:
        assert not accounts.by_id(tx, mia.id).has_left
    code, out, err = run("mia@example.org", said="y\n")
    assert (code, out.strip(), "0 clips" in err) == (0, mia.id, True)
    with house.store.read() as tx:
        assert accounts.by_id(tx, mia.id).has_left
    house.store.close()
    for who, hint in ((owner.id, "home folder"), (mia.id, "/v1/admin/accounts"), ("mia@example.org", "Sign up first")):
        code, out, err = run(who, "--yes")
        assert (code != 0, out) == (True, "")
        assert hint in err
