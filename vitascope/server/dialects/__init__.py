"""The ways of speaking: one file for each vendor's API. A dialect translates, purely: what was asked into our own
words, a job and an error into the vendor's. It has no powers of its own.

To add one, write its file (`speech.py` says what belongs into it) and name it here. The native form is OpenAI's and
has routes of its own; whoever speaks none of these is answered in it.
"""

from __future__ import annotations

from collections.abc import Mapping

from vitascope.server.dialects import (
    ark,
    comfy,
    dashscope,
    fal,
    gemini,
    interactions,
    jimeng,
    kling,
    kling_tasks,
    luma,
    luma_agents,
    minimax,
    minimax_tasks,
    openrouter,
    pika,
    pixverse,
    replicate,
    runway,
    tencent,
    together,
    vertex,
    vidu,
    xai,
)
from vitascope.server.dialects.speech import Dialect

_ALL: tuple[Dialect, ...] = (  # where two claim one path and both match, the first has it; fal takes what is left
    ark.DIALECT,
    comfy.DIALECT,
    dashscope.DIALECT,
    gemini.DIALECT,
    interactions.DIALECT,
    jimeng.DIALECT,
    kling.DIALECT,
    kling_tasks.DIALECT,
    luma.DIALECT,
    luma_agents.DIALECT,
    minimax.DIALECT,
    minimax_tasks.DIALECT,
    openrouter.DIALECT,
    pika.DIALECT,
    pixverse.DIALECT,
    replicate.DIALECT,
    runway.DIALECT,
    tencent.DIALECT,
    together.DIALECT,
    vertex.DIALECT,
    vidu.DIALECT,
    xai.DIALECT,
    fal.DIALECT,
)
DIALECTS = tuple(comfy.mounted(dialect) for dialect in _ALL)


def spoken(path: str, headers: Mapping[str, str]) -> Dialect | None:
    """Whose words to use for an error at a path that no route has; None for our own."""
    under: dict[str, Dialect] = {}
    for dialect in DIALECTS:
        for prefix in (dialect.prefix, *dialect.also_under, *dialect.also_as):
            if path == prefix or path.startswith(f"{prefix}/"):
                if dialect.claims(path.removeprefix(prefix), headers):  # two may share a prefix
                    return dialect
                under.setdefault(prefix, dialect)
    if under:
        return under[max(under, key=len)]
    return next((dialect for dialect in DIALECTS if dialect.claims(path, headers)), None)
