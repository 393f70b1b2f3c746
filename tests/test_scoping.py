"""Who may see what, for every route of the app: nobody, somebody else, and the one whose thing it is. The routes are
read from the app itself, so one that is added without an entry here fails.
"""

from dataclasses import dataclass, field
from typing import Any

import pytest

from serving import finished, png, serving
from vitascope.server.app import create_app
from vitascope.server.routes import studio

BODY = {"prompt": "a red ball", "seconds": "0.5"}
FILE = {"file": ("x.png", png(), "image/png")}


@dataclass(frozen=True)
class Entry:
    """`kind`: open (to everybody), own (each sees only one's own), thing (one that has an owner), operator, signed,
    ticket, dialect (a vendor answers there; tested with its dialect).

    `thing` names what stands in the path and in the body as THING; `right` is what its owner is answered.
    """

    kind: str
    thing: str = ""
    body: Any = None
    query: dict = field(default_factory=dict)
    right: tuple[int, ...] = (200,)
    files: Any = None
    at: str = "nothing"  # what stands in the path of a route without things


ROUTES = {
    "GET /openapi.json": Entry("open"),
    "GET /docs": Entry("open"),
    "GET /docs/{name}": Entry("open"),
    "GET /healthz": Entry("open"),
    "GET /readyz": Entry("open"),
    "GET /metrics": Entry("operator"),
    "GET /v1/account/door": Entry("open"),
    "POST /v1/account/signup": Entry(
        "open", body={"email": "new@example.org", "password": "long enough"}, right=(201,)
    ),
    "POST /v1/account/login": Entry("open", body={"email": "new@example.org", "password": "wrong word"}, right=(401,)),
    "POST /v1/account/logout": Entry("open"),
    "GET /files/{key:path}": Entry("signed"),
    "HEAD /files/{key:path}": Entry("signed"),
    "GET /v1/dialects": Entry("open"),
    "GET /enter": Entry("open", right=(303,)),  # without a ticket it only leads to the page; tests/attacks/test_door.py
    "PUT /uploads/{account_id}/{upload_id}": Entry("ticket"),  # tests/test_dialects.py, with the dialects' own routes
    "POST /uploads/{account_id}/{upload_id}": Entry("ticket"),
    "POST /mcp": Entry("own", right=(400,)),  # without a message; tests/test_mcp.py sends some
    "GET /v1/account": Entry("own"),
    "PATCH /v1/account": Entry("own", body={"name": "Mia"}),
    "DELETE /v1/account": Entry("own", body={}, right=(403,)),  # unconfirmed; tests/test_leaving.py deletes some
    "GET /v1/account/plan": Entry("own"),
    "GET /v1/account/sessions": Entry("own"),
    "DELETE /v1/account/sessions/{session_id}": Entry("own", right=(404,)),  # tests/test_accounts.py has one's own
    "POST /v1/keys": Entry("own", body={"name": "x"}, right=(201,)),
    "GET /v1/keys": Entry("own", "key"),
    "DELETE /v1/keys/{key_id}": Entry("thing", "key"),
    "GET /v1/models": Entry("own"),
    "GET /v1/models/{name}": Entry("own", at="vitascope-nano"),
    "GET /v1/models/{vendor}/{name}": Entry("dialect", at="far"),  # with a plain slash it is Replicate's path
    "GET /v1/credits": Entry("own"),
    "GET /v1/credits/statement": Entry("own", "video"),
    "GET /v1/credits/usage": Entry("own"),
    "POST /v1/quote": Entry("own", body=BODY),
    "POST /v1/quotes": Entry("own", body={"quotes": [BODY]}),
    "POST /v1/camera": Entry("own", body=BODY),
    "POST /v1/reading": Entry("own", body={"prompt": "x"}),
    "POST /v1/prompt": Entry("own", body={"prompt": "x"}),
    "POST /v1/recipe": Entry("own", files=FILE, right=(422,)),
    "POST /v1/inspect": Entry("own", files=FILE),
    "GET /v1/events": Entry("thing", query={"video_id": "THING", "after": "0"}, thing="video"),
    "POST /v1/videos": Entry("thing", "video", body=BODY | {"image": {"file_id": "THING"}}),
    "GET /v1/videos": Entry("own", "video"),
    "POST /v1/videos/sync": Entry("own", body=BODY),
    "POST /v1/videos/edits": Entry("own", body=BODY, right=(422,)),
    "POST /v1/videos/characters": Entry("own", body={"name": "x"}, right=(422,)),
    "GET /v1/videos/characters/{character_id}": Entry("own", right=(404,)),
    "POST /v1/videos/extensions": Entry("thing", "video", body=BODY | {"video": {"id": "THING"}}),
    "GET /v1/videos/{video_id}": Entry("thing", "video"),
    "DELETE /v1/videos/{video_id}": Entry("thing", "video"),
    "POST /v1/videos/{video_id}/cancel": Entry("thing", "video"),
    "GET /v1/videos/{video_id}/content": Entry("thing", "video"),
    "GET /v1/videos/{video_id}/preview": Entry("thing", "video", right=(404,)),
    "GET /v1/videos/{video_id}/given": Entry("thing", "video", right=(404,)),  # tests/test_studio.py has one that was
    "POST /v1/videos/{video_id}/remix": Entry("thing", "video", body=BODY),
    "POST /v1/videos/{video_id}/rerun": Entry("thing", "video", body={}),
    "POST /v1/videos/{video_id}/finish": Entry("thing", "video", body={}, right=(409,)),
    "GET /v1/library": Entry("own", "clip"),
    "GET /v1/library/count": Entry("own"),
    "GET /v1/library/near": Entry("own", "clip", query={"q": "a red ball jumps"}),
    "GET /v1/library/best": Entry("own", query={"batch_id": "x"}),
    "POST /v1/library/change": Entry("thing", "clip", body={"ids": ["THING"], "favourite": True}),
    "POST /v1/library/zip": Entry("thing", "clip", body={"ids": ["THING"]}),
    "GET /v1/library/export": Entry("own"),
    "POST /v1/library/import": Entry("own", files=FILE, right=(422,)),
    "GET /v1/library/{clip_id}": Entry("thing", "clip"),
    "PATCH /v1/library/{clip_id}": Entry("thing", "clip", body={"favourite": True}),
    "DELETE /v1/library/{clip_id}": Entry("thing", "clip"),
    "POST /v1/library/{clip_id}/restore": Entry("thing", "clip"),
    "GET /v1/library/{clip_id}/score": Entry("thing", "clip"),
    "GET /v1/library/{clip_id}/frame": Entry("thing", "clip"),
    "GET /v1/library/{clip_id}/lineage": Entry("thing", "clip"),
    "GET /v1/library/{clip_id}/recipe": Entry("thing", "clip"),
    "GET /v1/library/{clip_id}/peaks": Entry("thing", "clip"),
    "GET /v1/library/{clip_id}/content": Entry("thing", "clip"),
    "GET /v1/library/projects": Entry("own", "project"),
    "POST /v1/library/projects": Entry("own", body={"name": "Film"}, right=(201,)),
    "GET /v1/library/projects/{project_id}": Entry("thing", "project"),
    "PATCH /v1/library/projects/{project_id}": Entry("thing", "project", body={"name": "Movie"}),
    "DELETE /v1/library/projects/{project_id}": Entry("thing", "project"),
    "POST /v1/library/projects/{project_id}/restore": Entry("thing", "project"),
    "GET /v1/voices": Entry("own"),
    "POST /v1/speech": Entry("own", body={"text": "Hello.", "voice": "nobody"}, right=(422,)),
    "GET /v1/films": Entry("own", "film"),
    "POST /v1/films": Entry("own", body={}, right=(201,)),
    "GET /v1/films/{film_id}": Entry("thing", "film"),
    "PATCH /v1/films/{film_id}": Entry("thing", "film", body={"changes": {"title": "New"}}),
    "DELETE /v1/films/{film_id}": Entry("thing", "film"),
    "POST /v1/films/{film_id}/restore": Entry("thing", "film"),
    "POST /v1/films/{film_id}/move": Entry("thing", "film", body={"project": None}),
    "POST /v1/films/{film_id}/rename": Entry("thing", "film", body={"id": "c1", "name": "Ida"}, right=(400,)),
    "POST /v1/films/{film_id}/undo": Entry("thing", "film", body={}, right=(409,)),
    "POST /v1/films/{film_id}/redo": Entry("thing", "film", body={}, right=(409,)),
    "GET /v1/films/{film_id}/history": Entry("thing", "film"),
    "POST /v1/films/{film_id}/breakdown": Entry("thing", "film", body={"source": "A ball."}),
    "POST /v1/films/{film_id}/gates/{name}": Entry("thing", "film", body={}, right=(400,)),  # of no name
    "POST /v1/films/{film_id}/quote": Entry("thing", "film", body={}),
    "POST /v1/films/{film_id}/make": Entry("thing", "film", body={}, right=(202,)),
    "POST /v1/films/{film_id}/takes": Entry(
        "thing", "film", body={"of": "k1", "kind": "clip", "clip_id": "clip_1"}, right=(404,)
    ),
    "DELETE /v1/films/{film_id}/takes/{take_id}": Entry("thing", "film", right=(404,)),  # tests/test_film_server.py
    "GET /v1/films/{film_id}/timeline": Entry("thing", "film"),
    "GET /v1/films/{film_id}/overlays/{overlay_id}": Entry("thing", "film", right=(404,)),  # tests/test_film_server.py
    "GET /v1/films/{film_id}/renders": Entry("thing", "film"),
    "POST /v1/films/{film_id}/renders": Entry("thing", "film", body={}, right=(422,)),  # of an empty film
    "GET /v1/films/{film_id}/renders/{render_id}": Entry("thing", "film", right=(404,)),
    "DELETE /v1/films/{film_id}/renders/{render_id}": Entry("thing", "film", right=(404,)),
    "GET /v1/films/{film_id}/export": Entry("thing", "film", query={"format": "json"}),
    "POST /v1/films/{film_id}/import": Entry("thing", "film", body={}, right=(400,)),
    "POST /v1/films/{film_id}/files": Entry("thing", "film", body={}, right=(400,)),
    "GET /v1/webhooks": Entry("own", "webhook"),
    "POST /v1/webhooks": Entry("own", body={"url": "http://127.0.0.1:9000/"}, right=(201,)),
    "GET /v1/webhooks/{webhook_id}": Entry("thing", "webhook"),
    "PATCH /v1/webhooks/{webhook_id}": Entry("thing", "webhook", body={"enabled": False}),
    "DELETE /v1/webhooks/{webhook_id}": Entry("thing", "webhook"),
    "GET /v1/webhooks/{webhook_id}/deliveries": Entry("thing", "webhook"),
    "POST /v1/webhooks/{webhook_id}/test": Entry("thing", "webhook", right=(201,)),
    "GET /v1/admin/jobs": Entry("operator"),
    "POST /v1/admin/jobs/{job_id}/cancel": Entry("operator", "job"),
    "GET /v1/admin/workers": Entry("operator"),
    "GET /v1/admin/health": Entry("operator"),
    "GET /v1/admin/accounts": Entry("operator"),
    "POST /v1/admin/accounts": Entry("operator", body={"email": "made@example.org"}, right=(201,)),
    "PATCH /v1/admin/accounts/{account_id}": Entry("operator", "account", body={"plan": "free"}),
    "DELETE /v1/admin/accounts/{account_id}": Entry("operator", "leaver"),
    "POST /v1/admin/accounts/{account_id}/credits": Entry(
        "operator", "account", body={"credits": 1, "source": "x"}, right=(201,)
    ),
    "GET /v1/admin/vendors": Entry("operator"),
    "PUT /v1/admin/vendors/{name}/key": Entry("operator", at="kling", body={"key": "a"}, right=(400,)),
    "POST /v1/admin/vendors/{name}/test": Entry("operator", at="kling", right=(400,)),
    "DELETE /v1/admin/vendors/{name}/key": Entry("operator", at="kling", right=(404,)),
    "GET /v1/admin/buying": Entry("operator"),
    "PUT /v1/admin/buying": Entry("operator", body={"on": True}),
    "GET /v1/admin/budgets": Entry("operator"),
    "PUT /v1/admin/budgets": Entry("operator", body={"dollars": 5, "scope": "vendor", "name": "none"}),
    "DELETE /v1/admin/budgets": Entry("operator", right=(200, 404)),
    "GET /v1/admin/spend": Entry("operator"),
    "GET /v1/admin/orders": Entry("operator"),
    "POST /v1/admin/orders/{purchase_id}/look": Entry("operator", at="pur_none", right=(404,)),
    "POST /v1/admin/orders/{purchase_id}/let-go": Entry("operator", at="pur_none", right=(404,)),
    "GET /v1/admin/routes": Entry("operator"),
    "GET /v1/admin/usage": Entry("operator"),
    "GET /v1/admin/plans": Entry("operator"),
    "GET /v1/admin/aliases": Entry("operator"),
    "PUT /v1/admin/aliases": Entry("operator", body={"aliases": {}}),
}


#: The studio's page and files hold nobody's things. Here they may not be built.
ROUTES |= {
    f"{method} {path}": Entry("open", right=(200, 404, 503))
    for method in ("GET", "HEAD")
    for path in (*studio.PAGES, "/assets/{name}", "/icons/{name}", *(f"/{name}" for name in studio.FILES))
}


def routes_of(app):
    """Every route of the app, "METHOD path", also those of the routers in it."""

    def walk(routes):
        for route in routes:
            inner = getattr(route, "original_router", route)
            if hasattr(inner, "routes"):
                yield from walk(inner.routes)
            else:
                yield from (f"{method} {route.path}" for method in route.methods)

    return {name for name in walk(app.routes) if name != "HEAD /openapi.json"}


def of_kind(*kinds):
    return [name for name, entry in ROUTES.items() if entry.kind in kinds]


@dataclass
class World:
    """Two people with things of their own, on a server that is open to the world."""

    server: Any

    def __post_init__(self):
        self.mia, self.ben = (self.server.client(self.server.key(plan="unlimited")) for _ in range(2))
        self.nobody = self.server.client()
        self.operator = self.server.client(self.server.key(role="admin"))
        batches = [self.mia.post("/v1/videos", json=BODY | {"n": 8}).json()["takes"] for _ in range(5)]
        videos = [video for batch in batches for video in batch]
        self._videos = [finished(self.mia, video) for video in videos]

    def make(self, thing):
        """A new thing of Mia's; its id."""
        if thing in ("video", "clip", "job"):
            video = self._videos.pop()
            return {"video": video["id"], "clip": video["clip_id"], "job": video["id"].replace("video_", "job_")}[thing]
        if thing in ("account", "leaver"):  # of whom the second is not needed any more
            client = self.ben if thing == "account" else self.server.client(self.server.key())
            return client.get("/v1/account").json()["id"]
        path = {"project": "/v1/library/projects", "webhook": "/v1/webhooks", "key": "/v1/keys", "film": "/v1/films"}[
            thing
        ]
        return self.mia.post(path, json={"name": "mine", "url": "http://127.0.0.1:9000/"}).json()["id"]

    def ask(self, client, name, thing=""):
        method, path = name.split(" ")
        entry = ROUTES[name]
        if "{" in path:
            start, _, rest = path.partition("{")
            path = start + (thing or entry.at) + rest.partition("}")[2]
        query = {key: thing if value == "THING" else value for key, value in entry.query.items()}
        options = {"json": filled(entry.body, thing)} if entry.body is not None else {}
        if entry.files:
            options = {"files": entry.files}
        with client.stream(method, path, params=query, **options) as answer:
            if not answer.headers.get("content-type", "").startswith("text/event-stream"):
                answer.read()
        client.cookies.clear()
        return answer


def filled(body, thing):
    if isinstance(body, dict):
        return {key: filled(value, thing) for key, value in body.items()}
    if isinstance(body, list):
        return [filled(value, thing) for value in body]
    return thing if body == "THING" else body


@pytest.fixture(scope="module")
def world(tmp_path_factory):
    options = {"loopback_only": False, "signup": 1, "fetch_allowed": "127.0.0.1"}
    with serving(tmp_path_factory.mktemp("scoping"), work=True, **options) as server:
        yield World(server)


def test_every_route_has_its_entry(world):
    known = routes_of(create_app(world.server.context))
    assert known - set(ROUTES) == set(), "say here who may see them"
    assert set(ROUTES) - known == set(), "they are gone"


@pytest.mark.parametrize("name", of_kind("open"))
def test_what_is_open_answers_everybody(world, name):
    assert world.ask(world.nobody, name).status_code in ROUTES[name].right


@pytest.mark.parametrize("name", of_kind("own", "thing", "operator"))
def test_nobody_gets_in_without_a_key(world, name):
    answer = world.ask(world.nobody, name)
    assert answer.status_code == 401, answer.text
    assert answer.json()["error"]["code"] == "not_signed_in"


@pytest.mark.parametrize("name", of_kind("own"))
def test_each_sees_only_ones_own(world, name):
    thing = world.make(ROUTES[name].thing) if ROUTES[name].thing else ""
    mine, theirs = world.ask(world.mia, name), world.ask(world.ben, name)
    assert mine.status_code in ROUTES[name].right, mine.text
    assert theirs.status_code in ROUTES[name].right, theirs.text
    if thing:
        assert thing not in theirs.text
    if name == "GET /v1/account":
        assert mine.json()["id"] != theirs.json()["id"]


@pytest.mark.parametrize("name", of_kind("thing"))
def test_somebody_elses_thing_is_not_there_and_ones_own_is(world, name):
    entry = ROUTES[name]
    thing = world.make(entry.thing)
    theirs = world.ask(world.ben, name, thing)
    assert theirs.status_code == 404, theirs.text
    assert theirs.json()["error"]["code"] == "not_found"
    nothing = world.ask(world.ben, name, thing[:-1] + ("0" if thing[-1] != "0" else "1"))
    assert nothing.status_code == 404  # a thing of others and no thing look the same
    mine = world.ask(world.mia, name, thing)
    assert mine.status_code in entry.right, mine.text


@pytest.mark.parametrize("name", of_kind("operator"))
def test_the_servers_own_matters_are_its_operators(world, name):
    thing = world.make(ROUTES[name].thing) if ROUTES[name].thing else ""
    assert world.ask(world.ben, name, thing).json()["error"]["code"] == "not_allowed"
    answer = world.ask(world.operator, name, thing)
    assert answer.status_code in ROUTES[name].right, answer.text


@pytest.mark.parametrize("name", of_kind("signed"))
def test_files_open_by_their_signature_alone(world, name):
    video = world.mia.get(f"/v1/videos/{world.make('video')}").json()
    method = name.split(" ")[0]
    assert world.nobody.request(method, video["url"]).status_code == 200
    assert world.mia.request(method, video["url"].partition("&signature")[0] + "&signature=0").status_code == 403


def test_things_of_others_cannot_be_named_in_ones_own(world):
    video, clip, project = (world.make(thing) for thing in ("video", "clip", "project"))
    own = world.ben.post("/v1/videos", json=BODY).json()
    own = finished(world.ben, own["id"])
    for path, body in (
        ("/v1/videos", BODY | {"image": video}),
        ("/v1/videos", BODY | {"last_image": {"clip_id": clip}}),
        ("/v1/videos", BODY | {"project": project}),
        ("/v1/quote", BODY | {"image": video}),
        (f"/v1/videos/{own['id']}/remix", BODY | {"image": clip}),
        ("/v1/library/change", {"ids": [own["clip_id"]], "project_id": project}),
        ("/v1/library/change", {"ids": [own["clip_id"], clip], "trash": True}),
        ("/v1/library/zip", {"ids": [own["clip_id"], clip]}),
    ):
        assert world.ben.post(path, json=body).status_code == 404, (path, body)
    assert world.ben.patch(f"/v1/library/{own['clip_id']}", json={"project_id": project}).status_code == 404
    batch = world.mia.get(f"/v1/videos/{video}").json()["batch_id"]
    assert world.ben.get("/v1/videos", params={"batch_id": batch}).json()["data"] == []
    assert world.ben.get("/v1/library", params={"project": project}).json()["data"] == []
    assert world.ben.get("/v1/library", params={"after": clip}).status_code == 200
