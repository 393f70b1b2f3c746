"""The ways of speaking: one file for each vendor's API. A dialect translates, purely: what was asked into our own
words, a job and an error into the vendor's. It has no powers of its own.

To add one, write its file (`speech.py` says what belongs into it) and name it here. The native form is OpenAI's and
has routes of its own; a caller that speaks none of these is answered in it.
"""

from __future__ import annotations

from collections.abc import Mapping

from vitascope.vendors.api import Dialect
from vitascope.vendors.ark import dialect as ark
from vitascope.vendors.comfy import dialect as comfy
from vitascope.vendors.dashscope import dialect as dashscope
from vitascope.vendors.fal import dialect as fal
from vitascope.vendors.google import gemini, interactions, vertex
from vitascope.vendors.jimeng import dialect as jimeng
from vitascope.vendors.kling import dialect as kling
from vitascope.vendors.kling import tasks as kling_tasks
from vitascope.vendors.luma import agents as luma_agents
from vitascope.vendors.luma import dialect as luma
from vitascope.vendors.minimax import dialect as minimax
from vitascope.vendors.minimax import tasks as minimax_tasks
from vitascope.vendors.openrouter import dialect as openrouter
from vitascope.vendors.pika import dialect as pika
from vitascope.vendors.pixverse import dialect as pixverse
from vitascope.vendors.replicate import dialect as replicate
from vitascope.vendors.runway import dialect as runway
from vitascope.vendors.tencent import dialect as tencent
from vitascope.vendors.together import dialect as together
from vitascope.vendors.vidu import dialect as vidu
from vitascope.vendors.xai import dialect as xai

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
