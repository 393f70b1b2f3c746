"""The tools for agents, used by the SDK's own client over both transports, against a real server with a drawn model."""

import asyncio
import base64
import io
import json
import subprocess
import sys

import httpx2
import pytest
from PIL import Image

import vitascope.mcp
from doubles import PaintEngine, environment
from processes import LONG
from serving import png, serving
from vitascope import config
from vitascope.cli import mcp as mcp_command
from vitascope.mcp import film_tools, tools
from vitascope.mcp.api import Refused

pytest.importorskip("mcp")
from mcp import Client, StdioServerParameters
from mcp.client.streamable_http import streamable_http_client

BALL = {"prompt": "a red ball", "seconds": 1, "seed": 7}


@pytest.fixture(scope="module")
def idle(tmp_path_factory):
    """A server without a worker: what is ordered waits."""
    with serving(tmp_path_factory.mktemp("mcp")) as running:
        yield running


@pytest.fixture(scope="module")
def painter(tmp_path_factory):
    """A server of a model that shows its references."""
    folder, card = tmp_path_factory.mktemp("painter"), PaintEngine.card
    with serving(folder, work=True, engine=PaintEngine(), cards=(card,), model=card.name) as running:
        yield running


def over_http(server, use, *, key=None, mode="auto"):
    """What `await use(client)` gives, for a client of /mcp with this key."""

    async def run():
        headers = {"authorization": f"Bearer {key or server.key()}"}
        async with (
            httpx2.AsyncClient(headers=headers, timeout=LONG, trust_env=False) as http,
            Client(streamable_http_client(f"{server.url}/mcp", http_client=http), mode=mode) as client,
        ):
            return await use(client)

    return asyncio.run(run())


def command(*options, **variables):
    """`vitascope mcp`, as an agent would start it."""
    env = {name: value for name, value in environment().items() if not name.startswith("VITASCOPE_URL")} | variables
    return StdioServerParameters(command=sys.executable, args=["-m", "vitascope", "mcp", *options], env=env)


def over_stdio(parameters, use):
    async def run():
        async with Client(parameters) as client:
            return await use(client)

    return asyncio.run(run())


def said(result):
    """The text of an answer."""
    return result.content[0].text


async def made(client, **asked):
    """A finished clip, as `wait` gives it."""
    ordered = await client.call_tool("make_clip", {**BALL, "max_credits": 100, **asked})
    assert not ordered.is_error, said(ordered)
    result = None
    while not result or result.structured_content["check_after_seconds"]:
        result = await client.call_tool("wait", {"id": ordered.structured_content["clip"]["id"]})
        assert not result.is_error, said(result)
    return result


@pytest.mark.parametrize("mode", ["auto", "legacy"])
def test_an_agent_learns_the_price_orders_waits_and_looks(server, mode):
    key = server.key(credits=100)

    async def use(client):
        listed = {tool.name: tool for tool in (await client.list_tools()).tools}
        assert set(listed) == {tool.name for tool in (*tools.TOOLS, *film_tools.TOOLS)}
        assert listed["quote"].annotations.read_only_hint
        assert not listed["make_clip"].annotations.read_only_hint
        models = (await client.call_tool("list_models", {})).structured_content["models"]
        assert [model["id"] for model in models] == ["vitascope-nano"]

        price = (await client.call_tool("quote", BALL)).structured_content
        asked = (await client.call_tool("make_clip", BALL)).structured_content
        assert not asked["ordered"]
        assert asked["quote"]["credits"] == price["credits"] > 0
        assert price["available"] == asked["quote"]["available"], "the price alone costs nothing"

        told = []

        async def tell(progress, total, message):
            told.append((progress, total, message))

        order = {**BALL, "max_credits": price["credits"], "name": "ball-1"}
        ordered = (await client.call_tool("make_clip", order)).structured_content
        id = ordered["clip"]["id"]
        assert ordered["ordered"]
        assert ordered["clip"]["check_after_seconds"] > 0
        again = (await client.call_tool("make_clip", order)).structured_content
        assert again["clip"]["id"] == id, "an order is taken once by its name"
        result = await client.call_tool("wait", {"id": id}, progress_callback=tell)
        done = result.structured_content
        assert done["state"] == "succeeded"
        assert done["check_after_seconds"] is None
        assert told
        assert all(total == 100 for _, total, _ in told)
        assert json.loads(said(result))["id"] == id, "an agent that reads only text knows as much"

        picture = result.content[1]
        assert picture.mime_type == "image/jpeg"
        assert base64.b64decode(picture.data)[:2] == b"\xff\xd8"
        async with httpx2.AsyncClient(trust_env=False) as anybody:
            film = await anybody.get(done["url"])
            assert film.headers["content-type"] == "video/mp4"
            assert b"ftyp" in film.content[:16]

        found = (await client.call_tool("find_clips", {"words": "ball"})).structured_content["clips"]
        (mine,) = (clip for clip in found if clip["url"] == done["url"])
        seen = await client.call_tool("get_clip", {"id": mine["id"]})
        assert seen.structured_content["prompt"] == "a red ball"
        assert seen.content[1].type == "image"
        left = (await client.call_tool("quote", BALL)).structured_content["available"]
        assert left == pytest.approx(price["available"] - price["credits"])

    over_http(server, use, key=key, mode=mode)


def test_the_library_is_given_in_parts(server):
    async def use(client):
        order = {**BALL, "seconds": 0, "seed": 0, "takes": 3, "max_credits": 9}
        ordered = (await client.call_tool("make_clip", order)).structured_content
        for id in ordered["clip"]["takes"]:
            assert (await client.call_tool("wait", {"id": id})).structured_content["state"] == "succeeded"
        first = (await client.call_tool("find_clips", {"limit": 2})).structured_content
        rest = (await client.call_tool("find_clips", {"limit": 2, "after": first["next"]})).structured_content
        return [clip["seed"] for clip in first["clips"]], [clip["seed"] for clip in rest["clips"]], rest["next"]

    assert over_http(server, use) == ([2, 1], [0], None)


def test_more_than_max_credits_is_not_ordered(idle):
    async def use(client):
        refused = await client.call_tool("make_clip", {**BALL, "seconds": 5, "max_credits": 0.5})
        assert refused.is_error
        assert "the order allows 0.5" in said(refused)
        nothing = await client.call_tool("make_clip", {**BALL, "max_credits": 0})
        assert nothing.is_error
        return (await client.call_tool("quote", BALL)).structured_content["available"]

    assert over_http(idle, use, key=idle.key(plan="free", credits=10)) >= 10


def test_a_clip_that_waits_can_be_cancelled_and_its_credits_come_back(idle):
    async def use(client):
        before = (await client.call_tool("quote", BALL)).structured_content["available"]
        ordered = (await client.call_tool("make_clip", {**BALL, "max_credits": 9})).structured_content
        id = ordered["clip"]["id"]
        waited = (await client.call_tool("wait", {"id": id, "seconds": 0})).structured_content
        assert waited["state"] == "queued"
        assert waited["queue_position"] == 1
        held = (await client.call_tool("quote", BALL)).structured_content["available"]

        async def look(other):
            return await other.call_tool("cancel_clip", {"id": id})

        strange = await asyncio.to_thread(over_http, idle, look)  # with another account's key
        assert strange.is_error
        assert "There is no video" in said(strange)
        cancelled = (await client.call_tool("cancel_clip", {"id": id})).structured_content
        after = (await client.call_tool("quote", BALL)).structured_content["available"]
        return cancelled["state"], cancelled["credits"], held < before == after

    assert over_http(idle, use) == ("cancelled", 0, True)


#: Tool, arguments, and a part of what the agent is told.
WRONG = [
    ("make_clip", {}, "prompt: Field required"),
    ("make_clip", {**BALL, "secs": 4}, "secs: Extra inputs are not permitted"),
    ("make_clip", {**BALL, "model": "nobody", "max_credits": 5}, 'No model is called "nobody"'),
    ("make_clip", {**BALL, "max_credits": 5, "name": "红"}, "name: "),
    ("make_clip", {**BALL, "seconds": 1000, "max_credits": 5}, "60"),
    ("quote", {**BALL, "image": "/etc/passwd"}, 'There is no clip "/etc/passwd"'),
    ("quote", {**BALL, "image": "http://127.0.0.1:9000/a.png"}, "127.0.0.1"),
    ("get_clip", {"id": "video_none"}, 'There is no video "video_none"'),
    ("get_clip", {"id": "../admin/accounts"}, "is no id"),
    ("wait", {"id": "x", "seconds": 500}, "seconds: "),
    ("upload", {}, "either a path or data"),
    ("upload", {"data": "%%"}, "no base64"),
    ("upload", {"data": base64.b64encode(b"ffconcat version 1.0").decode()}, "no picture, clip or sound"),
    ("upload", {"path": "/etc/hostname"}, "A path means nothing over HTTP"),
    ("draw", {}, "list_models"),
]


def test_what_cannot_be_done_is_told_to_the_agent(idle):
    async def use(client):
        for tool, asked, told in WRONG:
            result = await client.call_tool(tool, asked)
            assert result.is_error, (tool, asked)
            assert told in said(result), (tool, asked)

    over_http(idle, use)


def test_what_is_uploaded_is_drawn(painter):
    red, blue = (base64.b64encode(png(colour=colour)).decode() for colour in ((250, 20, 20), (20, 20, 250)))

    async def use(client):
        sent = [(await client.call_tool("upload", {"data": data, "name": "a.png"})) for data in (red, blue)]
        ids = [one.structured_content["id"] for one in sent]
        assert sent[0].structured_content["kind"] == "picture"
        result = await made(client, references={"cat": ids[0], "dog": f"data:image/png;base64,{blue}"})
        film = httpx2.get(result.structured_content["url"], trust_env=False).content
        sent = await client.call_tool("upload", {"data": base64.b64encode(film).decode()})
        for source in (result.structured_content["id"], sent.structured_content["id"]):
            longer = await made(client, extend=source)
            assert longer.structured_content["seconds"] == 2, said(longer)
        return base64.b64decode(result.content[1].data)

    poster = Image.open(io.BytesIO(over_http(painter, use))).convert("RGB")
    left, right = (poster.getpixel((poster.width * at // 8, poster.height // 8)) for at in (1, 3))
    assert left[0] > 200 > 60 > left[2]
    assert right[2] > 200 > 60 > right[0]


def raw(server, **headers):
    """The status and error of a message with these headers."""
    body = {"jsonrpc": "2.0", "id": 1, "method": "ping"}
    headers = {"accept": "application/json, text/event-stream"} | headers
    answer = server.stranger().post("/mcp", json=body, headers=headers)
    return answer.status_code, answer.text


def test_only_a_key_comes_in(idle):
    assert raw(idle, authorization=f"Bearer {idle.key()}")[0] == 200
    assert raw(idle)[0] == 401
    assert raw(idle, authorization="Bearer vs_wrong")[0] == 401
    owner = idle.client()  # with the cookie of the owner of this machine, as a browser has it
    assert owner.get("/v1/account").status_code == 200
    assert owner.post("/mcp", json={}).status_code == 401


@pytest.mark.parametrize(
    "headers",
    [
        {"origin": "https://evil.example"},
        {"host": "evil.example"},
        {"host": "evil.example", "origin": "http://evil.example"},
        {"host": "127.0.0.1.evil.example"},
        {"sec-fetch-site": "cross-site"},
    ],
)
def test_foreign_names_and_pages_are_refused_even_with_a_key(idle, headers):
    assert raw(idle, authorization=f"Bearer {idle.key()}", **headers)[0] == 403


def test_the_names_of_this_server_are_its_own(tmp_path):
    options = {"public_url": "https://clips.example.org", "cors_origins": "https://app.example.org"}
    with serving(tmp_path, loopback_only=False, **options) as server:
        key = f"Bearer {server.key()}"
        assert raw(server, authorization=key, host="clips.example.org")[0] == 200
        assert raw(server, authorization=key, host="192.0.2.7:8410")[0] == 200
        assert raw(server, authorization=key, origin="https://app.example.org")[0] == 200
        assert raw(server, authorization=key, host="other.example.org")[0] == 403


def test_a_message_is_bounded(idle):
    client = idle.client(idle.key())
    assert client.get("/mcp").status_code == 405
    assert client.post("/mcp", content=b"[" * 3_000).status_code == 400
    assert client.post("/mcp", content=json.dumps([[]] * 60_000)).status_code == 400
    assert client.post("/mcp", content=b" " * (9 * 2**20)).status_code == 413


def test_without_the_sdk_the_server_says_how_to_get_it(idle, monkeypatch):
    monkeypatch.delitem(sys.modules, "vitascope.mcp.server", raising=False)
    monkeypatch.delattr(vitascope.mcp, "server", raising=False)
    monkeypatch.setitem(sys.modules, "mcp_types", None)
    status, told = raw(idle, authorization=f"Bearer {idle.key()}")
    assert status == 501
    assert "vitascope[mcp]" in told


def test_an_agent_on_this_machine_sends_a_file_by_its_path(server, tmp_path):
    picture, text = tmp_path / "cat.png", tmp_path / "secret.txt"
    picture.write_bytes(png(256, 256))
    text.write_text("secret")
    (tmp_path / "key").write_text(f"{server.key()}\n")

    async def use(client):
        sent = (await client.call_tool("upload", {"path": str(picture)})).structured_content
        secret = await client.call_tool("upload", {"path": str(text)})
        missing = await client.call_tool("upload", {"path": str(tmp_path / "none.png")})
        assert secret.is_error
        assert "no picture" in said(secret)
        assert missing.is_error
        assert "cannot be read" in said(missing)
        return await made(client, image=sent["id"])

    result = over_stdio(command("--url", server.url, "--key-file", str(tmp_path / "key")), use)
    assert result.structured_content["state"] == "succeeded"
    assert result.content[1].type == "image"


def test_the_owner_of_this_machine_needs_no_key(tmp_path):
    with serving(tmp_path) as server:
        database = server.store.url.render_as_string(hide_password=False)

        async def use(client):
            return await client.call_tool("quote", BALL)

        result = over_stdio(command(VITASCOPE_DATABASE_URL=database, VITASCOPE_PORT=str(server.port)), use)
        assert not result.is_error, said(result)


def test_a_server_that_is_named_never_gets_the_owners_token(idle):
    async def ask():
        api = mcp_command.asked(config.read({"VITASCOPE_URL": idle.url}), "")
        try:
            await api.get("/v1/models")
        finally:
            await api.close()

    with pytest.raises(Refused, match="No key") as refused:
        asyncio.run(ask())
    assert "VITASCOPE_API_KEY" in refused.value.hint


def test_standard_output_carries_json_alone(tmp_path):
    messages = [
        {"jsonrpc": "2.0", "id": 1, "method": "initialize", "params": {
            "protocolVersion": "2025-06-18", "capabilities": {}, "clientInfo": {"name": "t", "version": "1"}}},
        {"jsonrpc": "2.0", "method": "notifications/initialized"},
        {"jsonrpc": "2.0", "id": 2, "method": "tools/call", "params": {"name": "list_models", "arguments": {}}},
    ]  # fmt: skip
    sent = "".join(json.dumps(message) + "\n" for message in messages) + "no json\n"
    parameters = command("--url", "http://127.0.0.1:9", VITASCOPE_HOME=str(tmp_path))
    with subprocess.Popen(
        [parameters.command, *parameters.args],
        env=parameters.env,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        process.stdin.write(sent)
        process.stdin.flush()
        lines = [json.loads(process.stdout.readline()) for _ in range(2)]
        rest, _ = process.communicate(timeout=LONG)
    lines += [json.loads(line) for line in rest.splitlines()]
    answers = {line["id"]: line for line in lines if "result" in line}
    assert answers[1]["result"]["serverInfo"]["name"] == "vitascope"
    told = answers[2]["result"]["content"][0]["text"]
    assert "No Vitascope answers at http://127.0.0.1:9" in told
    assert "vitascope serve" in told
    assert process.returncode == 0
    assert not list(tmp_path.iterdir()), "it makes no database of its own"


def test_the_key_is_not_shown():
    (setting,) = (one for one in config.TABLE if one.name == "api_key")
    named = config.read({"VITASCOPE_API_KEY": "vs_secret"})
    assert named.shown(setting) == "***"
    assert "vs_secret" not in repr(named)
