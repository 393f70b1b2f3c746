"""The tools for films: a script becomes a film, what it lacks is priced and made, the cut is rendered and handed on.
Nothing is ordered without a limit.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from anyio import to_thread

from vitascope.errors import BadSpec, Conflict, NotAllowed
from vitascope.mcp import film_shapes as shapes
from vitascope.mcp.api import Api
from vitascope.mcp.tools import Given, Tell, Tool, checked_id
from vitascope.media.atomic_write import check_place, written_aside

_TEXTS = ("otio", "fcpxml", "edl", "mlt", "kdenlive", "csv", "srt", "vtt", "json")
MOST_TEXT = 200_000  # characters that an agent is given


async def new_film(api: Api, asked: shapes.FilmNew, _: Tell) -> Given:
    document = asked.model_dump(exclude={"script"}, exclude_none=True)
    film = await api.post("/v1/films", {"document": document})
    if asked.script:
        found = await api.post(f"/v1/films/{film['id']}/breakdown", {"source": asked.script})
        film = await api.patch(f"/v1/films/{film['id']}", {"version": film["version"], "changes": found["changes"]})
        told = [f"Line {one['line']}: {one['text']}" for one in found["warnings"]]
        film["warnings"] = [*told, *film["warnings"]]
    return Given(_film(film))


async def find_films(api: Api, asked: shapes.FilmsSought, _: Tell) -> Given:
    found = await api.get("/v1/films", limit=asked.limit, after=asked.after)
    names = tuple(shapes.FilmLine.model_fields)
    lines = [shapes.FilmLine(**{name: one[name] for name in names}) for one in found["data"]]
    return Given(shapes.Films(films=lines, next=found["last_id"] if found["has_more"] else None))


async def get_film(api: Api, asked: shapes.FilmMeant, _: Tell) -> Given:
    return Given(_film(await api.get(_path(asked)), whole=True))


async def change_film(api: Api, asked: shapes.FilmChanged, _: Tell) -> Given:
    said = {"version": asked.version, "changes": asked.changes, "by": "an agent"}
    return Given(_film(await api.patch(_path(asked), said)))


async def film_quote(api: Api, asked: shapes.FilmWish, _: Tell) -> Given:
    return Given(await _quoted(api, asked))


async def film_make(api: Api, asked: shapes.FilmOrdered, _: Tell) -> Given:
    if asked.max_credits is None:
        return Given(await _quoted(api, asked))
    said = {**asked.body(), "max_credits": asked.max_credits}
    made = await api.post(f"{_path(asked)}/make", said, once=asked.name)
    return Given(
        shapes.FilmQuote(
            ordered=bool(made["items"]),
            credits=made["credits"],
            available=None,
            budget_left=None,
            items=[_item(one) for one in made["items"]],
            refused=[],
            notes=[],
            sent=[],
            next="Call get_film until nothing is running." if made["items"] else "Nothing was missing.",
        )
    )


async def film_render(api: Api, asked: shapes.FilmRendered, _: Tell) -> Given:
    if asked.render_id:
        found = await api.get(f"{_path(asked)}/renders/{checked_id(asked.render_id)}")
    else:
        said = {"captions": asked.captions, "height": asked.height, "animatic": asked.animatic}
        found = await api.post(f"{_path(asked)}/renders", said)
    done = found["finished_at"] is not None
    names = ("id", "state", "progress", "url", "captions_url", "seconds", "notes", "error")
    told = "It is done." if done else f'Call film_render with render_id="{found["id"]}" in a few seconds.'
    return Given(shapes.Render(**{name: found[name] for name in names}, next=told))


async def film_export(api: Api, asked: shapes.FilmExported, _: Tell) -> Given:
    if asked.path is not None and not api.local:
        raise NotAllowed("A path means nothing over HTTP.", hint="Leave it out, or use `vitascope mcp`.")
    if asked.path is None and asked.format not in _TEXTS:
        raise BadSpec(f"{asked.format} is no text.", hint="Say with `path` where to write it, over `vitascope mcp`.")
    data, headers = await api.file(f"{_path(asked)}/export", format=asked.format)
    losses = json.loads(headers.get("x-vitascope-losses") or "[]")
    if asked.path is not None:
        path = Path(asked.path).expanduser()
        await to_thread.run_sync(_write, path, data)
        return Given(shapes.Exported(text=None, path=str(path), losses=losses))
    text = data.decode("utf-8", "replace")
    if len(text) > MOST_TEXT:
        raise BadSpec(f"The file has {len(text):,} characters.", hint="Say with `path` where to write it.")
    return Given(shapes.Exported(text=text, path=None, losses=losses))


async def _quoted(api: Api, asked: shapes.FilmWish) -> shapes.FilmQuote:
    told = await api.post(f"{_path(asked)}/quote", asked.body())
    price = told["credits"]
    again = f"Order it with film_make and max_credits={price:g}." if told["items"] else "Nothing is to be made."
    names = ("of", "kind", "label", "message", "hint")
    return shapes.FilmQuote(
        ordered=False,
        items=[_item(one) for one in told["items"]],
        refused=[shapes.FilmRefused(**{name: one[name] for name in names}) for one in told["refused"]],
        next=again,
        **{name: told[name] for name in ("credits", "available", "budget_left", "notes", "sent")},
    )


def _write(path: Path, data: bytes) -> None:
    if path.exists():
        raise Conflict(f"{path.name} is there already.", hint="Give a name that is free.")
    check_place(path)
    with written_aside(path) as aside:
        aside.write_bytes(data)


def _path(asked: shapes.FilmMeant) -> str:
    return f"/v1/films/{checked_id(asked.id)}"


def _item(one: dict[str, Any]) -> shapes.FilmItem:
    names = ("of", "kind", "label", "credits", "model", "mode", "after", "notes")
    return shapes.FilmItem(takes=one["n"], **{name: one[name] for name in names})


def _film(film: dict[str, Any], *, whole: bool = False) -> shapes.Film:
    states = {one["of"]: one for one in film["states"] if one["kind"] == "clip"}
    document, money = film["document"], film["estimate"]
    shots = []
    for scene_id in document.get("scene_order", ()):
        for shot_id in document["scenes"][scene_id].get("shots", ()):
            shot, state = document["shots"][shot_id], states[shot_id]
            made = [take["id"] for take in film["takes"] if (take["of"], take["kind"]) == (shot_id, "clip")]
            shots.append(
                shapes.ShotSeen(
                    id=shot_id,
                    label=state["label"],
                    action=shot.get("action", ""),
                    seconds=shot.get("seconds"),
                    state=state["state"],
                    why=state["why"],
                    takes=made,
                )
            )
    return shapes.Film(
        **{name: film[name] for name in ("id", "version", "title", "seconds", "summary", "gates", "warnings")},
        shots=shots,
        missing_credits=money["missing"]["credits"],
        stale_credits=money["stale"]["credits"],
        **{name: money[name] for name in ("spent", "running", "budget")},
        document=document if whole else None,
        next=_next(film),
    )


def _next(film: dict[str, Any]) -> str:
    summary = film["summary"]
    if summary.get("running"):
        return "Call get_film again in a few seconds, until nothing is running."
    if summary.get("missing") or summary.get("blocked"):
        return "Call film_quote, and then film_make with max_credits."
    return "Call film_render." if film["document"].get("shots") else "Call change_film to add scenes and shots."


TOOLS = (
    Tool("new_film", "Begin a film, of a script or empty. Costs nothing.", shapes.FilmNew, shapes.Film, new_film),
    Tool("find_films", "The films of the account, the newest first.", shapes.FilmsSought, shapes.Films, find_films,
         reads=True),
    Tool("get_film", "A film: its document, its shots and their states, what it has cost and will.", shapes.FilmMeant,
         shapes.Film, get_film, reads=True),
    Tool("change_film", "Change a film's document by a JSON merge patch. Nothing is made or paid by it.",
         shapes.FilmChanged, shapes.Film, change_film),
    Tool("film_quote", "What it costs to make what a film lacks, and what cannot be made.", shapes.FilmWish,
         shapes.FilmQuote, film_quote, reads=True),
    Tool("film_make", "Make what a film lacks: all of it or nothing, for at most max_credits. Without max_credits "
         "nothing is ordered and the price is told.", shapes.FilmOrdered, shapes.FilmQuote, film_make),
    Tool("film_render", "Render a film to an mp4, or say how far a render is. Costs nothing.", shapes.FilmRendered,
         shapes.Render, film_render),
    Tool("film_export", "A film's cut for another program, captions or shot list.", shapes.FilmExported,
         shapes.Exported, film_export, reads=True),
)  # fmt: skip
