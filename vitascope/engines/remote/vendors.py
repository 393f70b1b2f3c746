"""The engine of every vendor's models: which client speaks to it, how its key is shown, and how it handles its tasks.
A model file names `vitascope.engines.remote.vendors:engine` and in `[source]` the vendor and the vendor's own name of
the model. The key is that of the vendor's name in `keys`, unless the file names another.

No vendor was ever called from here: what stands in this table is written by documentation, and what is known second
hand says so in the vendor's model files.
"""

from __future__ import annotations

import time
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from vitascope.engines.remote import google_token
from vitascope.engines.remote import session as sessions
from vitascope.engines.remote.engine import RemoteEngine, check_lines, facts_of, micros, session_of
from vitascope.engines.remote.session import Authorize, Outgoing
from vitascope.errors import BadSettings
from vitascope.outbound import addresses, vendor
from vitascope.vendors import field_names, signatures
from vitascope.vendors.api import Call
from vitascope.vendors.ark import client as ark
from vitascope.vendors.client import Client
from vitascope.vendors.dashscope import client as dashscope
from vitascope.vendors.fal import client as fal
from vitascope.vendors.field_names import FieldNames
from vitascope.vendors.google import client as gemini
from vitascope.vendors.google import vertex_client as vertex
from vitascope.vendors.jimeng import client as jimeng
from vitascope.vendors.kling import client as kling
from vitascope.vendors.kling import tasks_client as kling_tasks
from vitascope.vendors.luma import client as luma
from vitascope.vendors.minimax import client as minimax
from vitascope.vendors.openrouter import client as openrouter
from vitascope.vendors.pixverse import client as pixverse
from vitascope.vendors.replicate import client as replicate
from vitascope.vendors.runway import client as runway
from vitascope.vendors.task_client import TaskClient
from vitascope.vendors.tencent import client as tencent
from vitascope.vendors.together import client as together
from vitascope.vendors.vidu import client as vidu
from vitascope.vendors.xai import client as xai

ENGINE = "vitascope.engines.remote.vendors:engine"
_LINES = ("vendor", "sound_switch")
DAY, HOUR = 86_400.0, 3600.0


@dataclass(frozen=True)
class Asked:
    """What a model file says to the client."""

    model: str
    micros: int | None
    sound: bool
    more: Mapping[str, str]
    names: FieldNames


Make = Callable[[Asked], Client]


def plain(kind: type[TaskClient], *lines: str) -> Make:
    """A client that needs the model's name and these lines of the file."""
    return lambda asked: kind(
        asked.model, asked.micros, asked.sound, **{line: asked.more[line] for line in lines if line in asked.more}
    )


def named(kind: type[fal.Client] | type[replicate.Client]) -> Make:
    return lambda asked: kind(
        asked.model, asked.micros, asked.sound, names=asked.names, image_model=asked.more.get("image_model", "")
    )


def in_header(name: str, scheme: str = "") -> Authorize:
    return lambda key, request: {name: f"{scheme} {key}".strip()}


def _kling(key: str, _request: Outgoing) -> Mapping[str, str]:
    return {"authorization": kling.authorization(key, time.time())}


def _pixverse(key: str, _request: Outgoing) -> Mapping[str, str]:
    return {"api-key": key, "ai-trace-id": str(uuid.uuid4())}


def _signed(sign: Callable[[Call, str, tuple[str, str]], Mapping[str, str]], service: str) -> Authorize:
    """By a pair "ACCESS:SECRET". A result's address is signed by whoever gave it."""

    def authorize(key: str, request: Outgoing) -> Mapping[str, str]:
        if request.download:
            return {}
        access, _, secret = key.partition(":")
        parts, place = urlsplit(request.url), addresses.place_of(request.url)
        headers = {"host": place.authority, "content-type": request.headers.get("content-type", "")}
        call = Call(
            method=request.method,
            target=parts.path or "/",
            search=parts.query,
            headers=headers,
            raw=request.body,
            now=time.time(),
        )
        return sign(call, service, (access, secret))

    return authorize


@dataclass(frozen=True, kw_only=True)
class Vendor:
    """`address`: where its API lies; `place`: the same from the key and the model file, where it depends on them.
    `lines`: what `[source]` may say besides. `pair`: its key may be ACCESS:SECRET; `only_pair`: it must be.
    """

    title: str
    address: str
    make: Make
    authorize: Authorize = sessions.bearer
    facts: Mapping[str, Any] = field(default_factory=dict)
    lines: tuple[str, ...] = ()
    pair: bool = False
    only_pair: bool = False
    place: Callable[[str, Mapping[str, Any]], str] | None = None


VENDORS: Mapping[str, Vendor] = {
    "kling": Vendor(
        title="Kling (API before 2.0)",
        address="https://api-singapore.klingai.com",
        make=plain(kling.Client),
        authorize=_kling,
        facts={"names": True, "poll_seconds": 10.0, "keeps_seconds": 30 * DAY, "usual_seconds": 60.0},
        pair=True,
    ),
    "kling2": Vendor(
        title="Kling (API 2.0)",
        address="https://api-singapore.klingai.com",
        make=plain(kling_tasks.Client),
        facts={"poll_seconds": 10.0, "keeps_seconds": 30 * DAY, "usual_seconds": 60.0},
    ),
    "ark": Vendor(
        title="Volcano Ark (Seedance)",
        address="https://ark.cn-beijing.volces.com/api/v3",
        make=plain(ark.Client),
        facts={"cancels": "queued", "poll_seconds": 10.0, "keeps_seconds": DAY, "usual_seconds": 60.0},
    ),
    "byteplus": Vendor(
        title="BytePlus ModelArk (Seedance)",
        address="https://ark.ap-southeast.bytepluses.com/api/v3",
        make=plain(ark.Client),
        facts={"cancels": "queued", "poll_seconds": 10.0, "keeps_seconds": DAY, "usual_seconds": 60.0},
    ),
    "minimax": Vendor(
        title="MiniMax",
        address="https://api.minimax.io",
        make=lambda asked: plain(minimax.Client if "H3" in asked.model else minimax.HailuoClient)(asked),
        facts={"poll_seconds": 10.0, "keeps_seconds": HOUR, "usual_seconds": 90.0},
    ),
    "dashscope": Vendor(
        title="Alibaba DashScope (Wan)",
        address="https://dashscope-intl.aliyuncs.com/api/v1",
        make=plain(dashscope.Client),
        facts={"cancels": "queued", "poll_seconds": 15.0, "keeps_seconds": DAY, "usual_seconds": 120.0},
    ),
    "gemini": Vendor(
        title="Google Veo (Gemini API)",
        address="https://generativelanguage.googleapis.com",
        make=plain(gemini.Client),
        authorize=in_header("x-goog-api-key"),
        facts={"poll_seconds": 10.0, "keeps_seconds": 2 * DAY, "usual_seconds": 60.0},
    ),
    "vertex": Vendor(
        title="Google Veo (Vertex AI)",
        address="https://aiplatform.googleapis.com/v1",
        make=plain(vertex.Client),
        authorize=google_token.authorize,
        facts={"poll_seconds": 15.0, "keeps_seconds": DAY, "usual_seconds": 60.0},
        lines=("location",),
        place=google_token.address,
    ),
    "fal": Vendor(
        title="fal",
        address="https://queue.fal.run",
        make=named(fal.Client),
        authorize=in_header("authorization", "Key"),
        facts={"cancels": "queued", "keeps_seconds": 7 * DAY, "usual_seconds": 60.0},
        lines=("image_model", "fields"),
    ),
    "runway": Vendor(
        title="Runway",
        address="https://api.dev.runwayml.com",
        make=plain(runway.Client),
        facts={"cancels": "always", "poll_seconds": 6.0, "keeps_seconds": DAY, "usual_seconds": 60.0},
    ),
    "luma": Vendor(
        title="Luma (Agents)",
        address="https://agents.lumalabs.ai/v1",
        make=plain(luma.Client),
        facts={"keeps_seconds": DAY, "usual_seconds": 60.0},
    ),
    "dream-machine": Vendor(
        title="Luma Dream Machine",
        address="https://api.lumalabs.ai/dream-machine/v1",
        make=plain(luma.DreamMachineClient),
        facts={"cancels": "always", "keeps_seconds": DAY, "usual_seconds": 60.0},
    ),
    "vidu": Vendor(
        title="Vidu",
        address="https://api.vidu.com/ent/v2",
        make=plain(vidu.Client),
        authorize=in_header("authorization", "Token"),
        facts={"cancels": "queued", "keeps_seconds": DAY, "usual_seconds": 60.0},
    ),
    "pixverse": Vendor(
        title="PixVerse",
        address="https://app-api.pixverse.ai/openapi/v2",
        make=plain(pixverse.Client),
        authorize=_pixverse,
        facts={"keeps_seconds": DAY, "usual_seconds": 60.0},
    ),
    "replicate": Vendor(
        title="Replicate",
        address="https://api.replicate.com",
        make=named(replicate.Client),
        facts={"cancels": "always", "keeps_seconds": HOUR, "usual_seconds": 60.0},
        lines=("image_model", "fields"),
    ),
    "together": Vendor(
        title="Together",
        address="https://api.together.xyz",
        make=plain(together.Client),
        facts={"keeps_seconds": DAY, "usual_seconds": 60.0},
    ),
    "xai": Vendor(
        title="xAI",
        address="https://api.x.ai/v1",
        make=plain(xai.Client),
        facts={"keeps_seconds": HOUR, "usual_seconds": 30.0},
    ),
    "openrouter": Vendor(
        title="OpenRouter",
        address="https://openrouter.ai/api/v1",
        make=plain(openrouter.Client),
        facts={"poll_seconds": 30.0, "keeps_seconds": DAY, "usual_seconds": 90.0},
    ),
    "tencent": Vendor(
        title="Tencent Cloud (vclm)",
        address="https://vclm.tencentcloudapi.com",
        make=plain(tencent.Client),
        authorize=_signed(signatures.sign_tc3, "vclm"),
        facts={"poll_seconds": 10.0, "keeps_seconds": DAY, "usual_seconds": 120.0},
        pair=True,
        only_pair=True,
    ),
    "jimeng": Vendor(
        title="Jimeng (Volcano visual service)",
        address="https://visual.volcengineapi.com",
        make=plain(jimeng.Client, "image_model", "last_model"),
        authorize=_signed(signatures.sign_v4, "cv"),
        facts={"poll_seconds": 5.0, "keeps_seconds": HOUR, "usual_seconds": 60.0},
        lines=("image_model", "last_model"),
        pair=True,
        only_pair=True,
    ),
}


def of(name: str) -> Vendor:
    """Raises BadSettings."""
    if name not in VENDORS:
        raise BadSettings(f'There is no vendor "{name[:40]}" here.', hint=f"One of {', '.join(VENDORS)}.")
    return VENDORS[name]


def engine(name: str, source: Mapping[str, Any], *, carrier: Any = vendor) -> RemoteEngine:
    """Raises BadSettings, which names the line of `[source]` that is wrong."""
    word = str(source.get("vendor") or name.partition("/")[0])
    found = of(word)
    check_lines(source, name, *_LINES, *found.lines)
    if not source.get("model"):
        raise BadSettings(f"{name} does not say which model of {found.title} it is.", hint='[source] model = "..."')
    told = {"address": found.address, "key": word, **source}
    if found.place and "address" not in source:
        told["address"] = found.place(sessions.key_of(told, name)(), source)
    asked = Asked(
        model=str(source["model"]),
        micros=micros(source, "cost_per_credit", name),
        sound=_flag(source, "sound_switch", name),
        more={line: str(source[line]) for line in found.lines if line in source and line != "fields"},
        names=_names(source, name),
    )
    return RemoteEngine(
        found.make(asked),
        session_of(told, name, carrier, found.authorize),
        facts_of(source, name, **found.facts),
    )


def _flag(source: Mapping[str, Any], line: str, name: str) -> bool:
    value = source.get(line, False)
    if not isinstance(value, bool):
        raise BadSettings(f"{line} of {name} must be true or false, got {str(value)[:40]}.", hint="true or false.")
    return value


def _names(source: Mapping[str, Any], name: str) -> FieldNames:
    table = source.get("fields", {})
    try:
        return field_names.read(table)
    except (ValueError, AttributeError) as error:
        known = ", ".join(FieldNames.__dataclass_fields__)
        raise BadSettings(f'[source.fields] of {name} has a wrong "{error}".', hint=f"Known: {known}.") from error
