"""A real server for the tests: the app behind uvicorn on a port of loopback, on a database and a folder of its own,
with the real worker and an engine beside it when a test wants clips. Clients speak to it over the network.
"""

import contextlib
import io
import socket
import threading
import time

import httpx2
import numpy as np
import sqlalchemy as sa
import uvicorn
from PIL import Image

from doubles import CARD, DiscEngine
from processes import LONG
from processes import until as until  # tests that speak to a server here wait as the others do
from service import postgres_store, sqlite_store
from vitascope import config, plans
from vitascope.engines.registry import Registry
from vitascope.policy import Rules
from vitascope.server import local
from vitascope.server.app import create_app
from vitascope.server.context import Context
from vitascope.server.patient import Patient
from vitascope.store import accounts, ledger
from vitascope.store.blobs import blobs

PATIENCE = float(LONG)  # seconds a test waits for what should take one


class Served:
    """`url`, `context` and `store` of a running server. Made by `serving()`."""

    def __init__(self, context):
        self.context, self.store = context, context.store
        self.app = create_app(context)
        sock = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)  # so named, or answers wait 40 ms
        sock.bind(("127.0.0.1", 0))
        self.port = sock.getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}"
        settings = uvicorn.Config(
            self.app, http=Patient, log_level="warning", lifespan="off", timeout_graceful_shutdown=5
        )
        self._server = uvicorn.Server(settings)
        self._thread = threading.Thread(target=self._server.run, kwargs={"sockets": [sock]}, daemon=True)
        self._thread.start()
        self._clients = []
        until(lambda: self._server.started)

    def client(self, key=None, **options):
        """An HTTP client of this server; with a key, of that account; without, of the owner at this machine, where the
        server lets them in.
        """
        headers = {"authorization": f"Bearer {key}"} if key else {}
        plain = {"trust_env": False, "verify": False}  # it's HTTP: to read all authorities' certificates takes 18 ms
        client = httpx2.Client(base_url=self.url, headers=headers, timeout=PATIENCE, **plain, **options)
        if not key:
            client.cookies.set(local.COOKIE, local.token(self.context))
        self._clients.append(client)
        return client

    def stranger(self):
        """A client that shows nothing at all."""
        client = self.client("x")
        del client.headers["authorization"]
        return client

    def owner(self):
        """A client with a key of the owner, who is let in everywhere."""
        with self.store.begin() as tx:
            now = self.store.clock()
            return self.client(accounts.create_key(tx, accounts.owner(tx, now).id, "owner", now).key)

    def key(self, *, plan="pro", credits=1000, role="member", pair=False):
        """A key of a new account with these credits; with `pair`, the NewKey of a pair."""
        now = self.store.clock()
        with self.store.begin() as tx:
            account = accounts.sign_up(tx, email=f"{time.time_ns()}@example.org", password=None, plan=plan, now=now)
            if role != "member":
                accounts.change(tx, account.id, role=role)
            if credits:
                ledger.grant(tx, account.id, credits * 100, "gift", source=f"test:{account.id}", now=now)
            new = accounts.create_key(tx, account.id, "test", now, pair=pair)
        return new if pair else new.key

    def close(self):
        self.context.stopping.set()
        for client in self._clients:
            client.close()
        self._server.should_exit = True
        self._thread.join(PATIENCE)


@contextlib.contextmanager
def serving(folder, *, database="sqlite", engine=None, cards=(CARD,), work=False, clock=time.time, **changed):
    """A running server. `work=True`: with a worker on this engine (a drawn disc, if none is given). `changed`: fields
    of the context, or settings by their names.
    """
    store = sqlite_store(folder, clock) if database == "sqlite" else postgres_store(clock)
    context = make_context(store, folder, cards=cards, **changed)
    served = Served(context)
    worker, thread = None, None
    if work:
        worker, thread = start_worker(context, engine or DiscEngine())
    try:
        yield served
    finally:
        if worker:
            worker.drain()
            worker.drain()
            thread.join(PATIENCE)
        served.close()
        store.close()


def make_context(store, folder, *, cards=(CARD,), rules=None, **changed):
    known = {setting.name for setting in config.TABLE}
    environment = {f"VITASCOPE_{name.upper()}": str(value) for name, value in changed.items() if name in known}
    settings = config.read({"VITASCOPE_HOME": str(folder), **environment})
    others = {name: value for name, value in changed.items() if name not in known}
    return Context(
        store=store,
        blobs=blobs(str(folder / "blobs")),
        settings=settings,
        plans=plans.packaged(),
        rules=rules or Rules.read(),
        **{"models": Registry((), tuple(cards)), **others},
    )


def start_worker(context, engine):
    from vitascope.runtime import House
    from vitascope.workers.worker import Worker

    house = House(
        store=context.store, blobs=context.blobs, plans=context.plans, rules=context.rules, settings=context.settings
    )
    worker = Worker(house, engine, drain_seconds=0.1)
    wake_for_orders(context.store, worker)
    thread = threading.Thread(target=worker.run, daemon=True)
    thread.start()
    return worker, thread


def wake_for_orders(store, worker):
    """Its worker looks for an order at once, and not in the next quarter of a second. It begins when the transaction
    that is about to be committed gives its turn to the next.
    """

    def note(connection, cursor, statement, *_):
        if statement.startswith("INSERT INTO jobs "):
            connection.info["ordered"] = True

    def wake(connection):
        if connection.info.pop("ordered", False):
            worker._wake.set()

    sa.event.listen(store.engine, "after_cursor_execute", note)
    sa.event.listen(store.engine, "commit", wake)


def finished(client, video_id):
    """The video, when it is done."""

    def look():
        video = client.get(f"/v1/videos/{video_id}").json()
        return video if video["status"] in ("completed", "failed") else None

    return until(look)


def png(width=64, height=48, *, kind="PNG", colour=(200, 40, 40)):
    """A small picture as a file's bytes."""
    file = io.BytesIO()
    Image.fromarray(np.full((height, width, 3), colour, np.uint8)).save(file, kind)
    return file.getvalue()
