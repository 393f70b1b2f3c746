"""The models here as Replicate describes models. Whatever the name, the model that answers to it is described: a client
asks for the version that it has just used, to learn what comes out of it. Pure.
"""

from __future__ import annotations

from typing import Any

from vitascope.engines.card import ModelCard
from vitascope.vendors.api import Call, Cards, Reply, Route
from vitascope.vendors.common import iso


def model(call: Call, cards: Cards) -> Reply:
    """The model of this name; of a name that is another's, the usual one that answers to it."""
    card = _card(call, cards)
    return Reply(200, _described(call, card, call.params["owner"], call.params["name"]))


def models(call: Call, cards: Cards) -> Reply:
    results = [_described(call, card, "vitascope", card.name) for card in cards]
    return Reply(200, {"previous": None, "next": None, "results": results})


def version(call: Call, cards: Cards) -> Reply:
    card = _card(call, cards)
    return Reply(200, _version(card, call.params["version"]))


def versions(call: Call, cards: Cards) -> Reply:
    card = _card(call, cards)
    return Reply(200, {"previous": None, "next": None, "results": [_version(card, card.name)]})


def _card(call: Call, cards: Cards) -> ModelCard:
    name = call.params["name"]
    return next((card for card in cards if card.name in (name, f"{call.params['owner']}/{name}")), cards[0])


def _described(call: Call, card: ModelCard, owner: str, name: str) -> dict[str, Any]:
    return {
        "url": f"{call.base}/v1/models/{owner}/{name}",
        "owner": owner,
        "name": name,
        "description": f"{card.title}. {card.limits}".strip(),
        "visibility": "public",
        "github_url": None,
        "paper_url": None,
        "license_url": None,
        "run_count": 0,
        "cover_image_url": None,
        "default_example": None,
        "latest_version": _version(card, card.name),
    }


def _version(card: ModelCard, id: str) -> dict[str, Any]:
    """A version as the SDK wants it: what goes in and what comes out."""
    sides = ", ".join(f"{width}x{height}" for width, height in card.format.sizes)
    properties = {
        "prompt": {"type": "string", "title": "Prompt", "description": "What to show."},
        "negative_prompt": {"type": "string", "title": "Negative prompt"},
        "image": {"type": "string", "format": "uri", "title": "First picture"},
        "last_image": {"type": "string", "format": "uri", "title": "Last picture"},
        "duration": {"type": "number", "title": "Seconds", "maximum": float(card.format.longest)},
        "aspect_ratio": {"type": "string", "title": "Shape", "description": f"The nearest of {sides} is made."},
        "seed": {"type": "integer", "title": "Seed"},
    }
    entry = {"type": "object", "title": "Input", "required": ["prompt"], "properties": properties}
    output = {"type": "string", "format": "uri", "title": "Output"}
    schema = {
        "openapi": "3.0.2",
        "info": {"title": card.title, "version": "1"},
        "paths": {},
        "components": {"schemas": {"Input": entry, "Output": output}},
    }
    return {"id": id, "created_at": iso(0.0), "cog_version": "0.9.0", "openapi_schema": schema}


_ONE = "/v1/models/{owner}/{name}"
ROUTES = (
    Route(method="GET", path="/v1/models", does="models", name="models", show=models, root=False),
    Route(method="GET", path=_ONE, does="models", name="model", show=model),
    Route(method="GET", path=f"{_ONE}/versions", does="models", name="versions", show=versions),
    Route(method="GET", path=f"{_ONE}/versions/{{version}}", does="models", name="version", show=version),
)
