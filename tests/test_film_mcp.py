"""Films as an agent makes them, over the Model Context Protocol, against a real server with a drawn model."""

import pytest

pytest.importorskip("mcp")
from test_film_server import FILM
from test_mcp import over_http, said


async def call(client, tool, **asked):
    result = await client.call_tool(tool, asked)
    assert not result.is_error, said(result)
    return result.structured_content


def test_an_agent_makes_a_film_from_its_first_shot_to_the_file(server):
    async def use(client):
        film = await call(client, "new_film", title="The ball", width=352, height=192)
        assert "change_film" in film["next"]
        changes = {name: FILM[name] for name in ("scene_order", "scenes", "shots")}
        film = await call(client, "change_film", id=film["id"], version=film["version"], changes=changes)
        assert [(shot["label"], shot["state"]) for shot in film["shots"]] == [
            ("S01-01", "missing"), ("S01-02", "blocked"), ("S02-01", "missing"),
        ]  # fmt: skip
        told = await client.call_tool("change_film", {"id": film["id"], "version": 1, "changes": {"shots": None}})
        assert told.is_error
        price = await call(client, "film_make", id=film["id"])
        assert (price["ordered"], price["credits"]) == (False, film["missing_credits"])
        order = {"id": film["id"], "max_credits": price["credits"], "name": "film-1"}
        made = await call(client, "film_make", **order)
        assert (made["ordered"], len(made["items"])) == (True, 3)
        while film["summary"].get("running") or film["summary"].get("missing"):
            film = await call(client, "get_film", id=film["id"])
        assert {shot["state"] for shot in film["shots"]} == {"current"}
        assert film["document"]["shots"]["k2"]["start"] == "continue"
        render = await call(client, "film_render", id=film["id"], height=96)
        while render["state"] in ("queued", "running"):
            render = await call(client, "film_render", id=film["id"], render_id=render["id"])
        assert render["state"] == "succeeded", render
        exported = await call(client, "film_export", id=film["id"], format="json")
        assert "The ball" in exported["text"]
        found = await call(client, "find_films")
        assert [one["id"] for one in found["films"]] == [film["id"]]
        refused = await client.call_tool("film_export", {"id": film["id"], "format": "zip"})
        assert refused.is_error
        return True

    assert over_http(server, use)
