"""What all dialects stand on: ids in every skin, the table of paths, files sent beforehand, and the pages that tell of
them all.
"""

import importlib.util
import re
from pathlib import Path

import pytest

from serving import png, serving
from vitascope.server import compatibility
from vitascope.server.dialects.route_table import Table
from vitascope.server.dialects.router import NATIVE_PREFIXES
from vitascope.server.files import client_files
from vitascope.store.ids import new_id
from vitascope.vendors import DIALECTS, id_formats, native, spoken
from vitascope.vendors.api import Dialect, Reply, Route, Upload

PROMPT = "a red ball bounces"
ALL = (
    id_formats.HEX,
    id_formats.VIDEO,
    id_formats.DECIMAL,
    id_formats.UUID,
    id_formats.NUMBER,
    id_formats.prefixed("cgt-"),
)


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    with serving(tmp_path_factory.mktemp("dialects"), work=True) as running:
        yield running


@pytest.mark.parametrize("skin", ALL, ids=lambda skin: skin.name)
def test_an_id_is_read_as_it_is_shown(skin):
    for number in range(200):
        id = new_id("job", 1_790_000_000 + 1.37 * number).removeprefix("job_")
        shown = skin.show(id)
        assert id.startswith(skin.read(shown))
        assert len(skin.read(shown)) == (12 if skin is id_formats.NUMBER else 24)
    for other in ("", "x", "../../etc", "9" * 40, "00", "１２", "a" * 24 + "\n", "-1"):
        assert not skin.read(other) or other == "00"


def test_numbers_fit_where_javascript_reads_them_and_uuids_are_checked():
    id = new_id("job", 2_000_000_000.0).removeprefix("job_")
    assert int(id_formats.NUMBER.show(id)) < 2**53
    uuid = id_formats.UUID.show(id)
    assert re.fullmatch(r"[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-8[0-9a-f]{3}-[0-9a-f]{12}", uuid)
    changed = uuid[:-1] + ("0" if uuid[-1] != "0" else "1")
    assert id_formats.UUID.read(uuid.upper()) == id
    assert id_formats.UUID.read(changed) == ""


def _dialect(name, *routes, **more):
    return Dialect(name=name, title=name, prefix=f"/{name}", routes=routes, fail=lambda error, call: Reply(), **more)


def test_the_table_finds_who_has_a_path():
    one = _dialect("one", Route(method="GET", path="/v1/a/{id}", does="get", name="a"))
    verb = Route(method="POST", path="/v1/m/{model}:go", does="create", name="b")
    rest = Route(method="POST", path="/{owner}/{app:path}", does="create", name="c", catch_all=True)
    table = Table([_dialect("all", rest, root=True), one, _dialect("two", verb, also_under=("/proxy/two",))])

    def found(path):
        return [(each.spot.dialect.name, each.spot.prefix, each.params) for each in table.find(path)]

    assert found("/v1/a/7")[0] == ("one", "", {"id": "7"})
    assert found("/one/v1/a/7/")[0] == ("one", "/one", {"id": "7"})
    assert found("/proxy/two/v1/m/x.1:go")[0] == ("two", "/proxy/two", {"model": "x.1"})
    assert found("/me/app/sub")[-1] == ("all", "", {"owner": "me", "app": "app/sub"})
    assert found("/v1/m/x.1:go")[-1][0] == "all"  # last of all
    assert found("/") == []


def test_a_second_table_in_a_process_compiles_nothing_again():
    def patterns():
        return {spot.path: spot.pattern for spots in Table(DIALECTS)._spots.values() for spot in spots}

    first, second = patterns(), patterns()
    assert len(first) > 512  # as many as `re` keeps
    assert all(second[path] is pattern for path, pattern in first.items())


def test_files_are_sent_beforehand(server):
    context = server.context
    key = server.key()
    with server.store.begin() as tx:
        from vitascope.store import accounts

        account = accounts.by_key(tx, key, context.now())[0].id
    ticket = client_files.ticket(context, account, Upload(id="", handle="", name="a.png", media_type="image/png"))
    shown = client_files.shown(context, server.url, ticket, id_formats.NUMBER)
    assert (shown.bytes, shown.handle) == (None, id_formats.NUMBER.show(ticket.name))
    nobody = server.client()
    assert nobody.get(shown.url).status_code == 404
    wrong = shown.put_url.replace("signature=", "signature=0")
    assert nobody.put(wrong, content=png()).status_code == 403
    assert nobody.put(shown.put_url, content=b"").status_code == 409
    assert nobody.put(shown.put_url, content=png()).json()["bytes"] == len(png())
    assert nobody.get(shown.url).content == png()
    assert (
        client_files.contents(context, account, client_files.named(context, account, shown.handle, id_formats.NUMBER))
        == png()
    )
    form = nobody.post(shown.put_url, files={"file": ("b.png", png(8, 8), "image/png")}, data={"key": "x"})
    assert form.status_code == 204
    assert nobody.get(shown.url).content == png(8, 8)
    client_files.drop(context, account, ticket.name)
    assert nobody.get(shown.url).status_code == 404
    assert client_files.named(context, account, shown.handle, id_formats.NUMBER) == "none"


def test_nothing_of_anybody_is_told_to_others(tmp_path):
    """Every operation on a job, in every dialect: for somebody else there is no such job, and nothing happens to it."""
    with serving(tmp_path, loopback_only=False) as idle:
        mia, ben, nobody = idle.client(idle.key()), idle.client(idle.key()), idle.client()
        video = mia.post("/v1/videos", json={"prompt": "a secret red ball", "metadata": {"my": "own"}}).json()
        tried = 0
        for dialect in DIALECTS:
            for route in dialect.routes:
                if route.does not in ("get", "cancel", "delete", "withdraw", "content", "stream") or not route.root:
                    continue
                handle = (route.skin or dialect.skin).show(video["id"].removeprefix("video_"))
                path = re.sub(r"\{\w+(:path)?\}", "x", route.path.replace("{id}", handle))
                body = {"task_id": handle, "JobId": handle, "operationName": f"a/operations/{handle}"}
                query = {"task_id": handle, "file_id": handle}
                for client, key in ((ben, True), (nobody, False)):
                    options = {"json": body} if route.method == "POST" else {}
                    told = client.request(route.method, dialect.prefix + path, params=query, **options)
                    assert "secret" not in told.text, (dialect.name, route.path)
                    assert "/files/" not in told.text, (dialect.name, route.path)
                    assert key or told.status_code != 204, (dialect.name, route.path)
                    tried += 1
        after = mia.get(f"/v1/videos/{video['id']}").json()
        assert (after["state"], after["prompt"]) == ("queued", "a secret red ball")
        assert tried > 100


def test_names_are_one_each_and_the_native_form_keeps_its_own():
    names = [dialect.name for dialect in DIALECTS]
    assert len(set(names)) == len(names)
    places = {place for dialect in DIALECTS for place in (dialect.prefix, *dialect.also_under, *dialect.also_as)}
    assert not {"openai", *NATIVE_PREFIXES} & {*names, *places}


def test_an_error_at_no_route_is_told_by_whose_prefix_it_is():
    assert spoken("/kling/nothing", {}).name == "kling"
    assert spoken("/kling/tasks/x", {}).name == "kling-tasks"  # they share the prefix; the rest decides
    assert spoken("/v1/videos/text2video/1/2", {}).name == "kling"
    assert spoken("/klingon", {}) is None
    assert spoken("/v1/videos/x", {}) is None


def test_every_route_has_what_its_work_needs():
    for dialect in DIALECTS:
        for route in dialect.routes:
            where = f"{dialect.name} {route.method} {route.path}"
            assert route.path.startswith("/"), where
            if route.does in ("create", "again", "ticket"):
                assert route.parse, where
            if route.does == "refuse":
                assert route.refused, where
            elif route.does not in ("content", "delete", "cancel", "withdraw", "drop"):
                assert route.show, where
            if route.open:
                assert route.does in ("say", "secret"), where


def test_the_native_page_tells_of_routes_that_are_there(server):
    there = {(method.upper(), path) for path, ways in server.app.openapi()["paths"].items() for method in ways}
    for route in native.DIALECT.routes:
        assert (route.method, route.path) in there


def test_snippets_are_five_lines_that_name_this_server():
    for dialect in compatibility.ALL:
        text = compatibility.snippet(dialect, "http://here:1", key="K1")
        assert 1 <= len(text.splitlines()) <= 8, dialect.name
        assert "http://here:1" in text or "here:1" in text, dialect.name
        assert not re.search(r"\{(base|key|access|secret)\}", text), dialect.name


def test_all_dialects_are_told_without_a_key(server):
    found = server.client("nobody").get("/v1/dialects").json()["data"]
    assert [one["id"] for one in found] == [dialect.name for dialect in compatibility.ALL]
    kling = next(one for one in found if one["id"] == "kling")
    assert kling["base_urls"] == [server.url, f"{server.url}/kling"]
    assert kling["signed"]
    assert {operation["state"] for operation in kling["operations"]} == {"works", "refused"}


def test_the_compatibility_page_is_the_codes():
    place = Path(__file__).parent.parent / "docs" / "compatibility.py"
    spec = importlib.util.spec_from_file_location("compatibility_page", place)
    page = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(page)
    assert page.PAGE.read_text(encoding="utf-8") == page.text(), "run: python docs/compatibility.py"


def test_a_name_for_a_model_leads_to_the_default(server):
    client = server.client(server.key())
    for dialect in DIALECTS:
        for alias in dialect.aliases[:1]:
            quote = client.post("/v1/quote", json={"prompt": PROMPT, "model": alias.replace("*", "x")})
            assert quote.status_code == 200, (dialect.name, quote.text)


def test_the_native_form_under_its_vendors_name(server):
    client = server.client(server.key())
    for prefix in NATIVE_PREFIXES:
        assert client.get(f"{prefix}/v1/videos").json()["object"] == "list"


def test_a_clip_is_waited_for(server):
    client = server.client(server.key())
    answer = client.post("/v1/videos/sync", json={"prompt": PROMPT, "seconds": "0.5"})
    assert (answer.status_code, answer.headers["content-type"]) == (200, "video/mp4")
    assert answer.content[4:8] == b"ftyp"
