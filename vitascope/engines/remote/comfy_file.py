"""The model file of a ComfyUI workflow: the workflow is checked against what the ComfyUI there knows, and sizes, rate
and length are read from its nodes.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from vitascope.engines.remote.engine import session_of
from vitascope.engines.remote.protocol import Unclear
from vitascope.errors import BadSettings, Unavailable
from vitascope.outbound import vendor
from vitascope.vendors.client import Request, Steps
from vitascope.vendors.comfy import workflow as workflows
from vitascope.vendors.comfy.workflow import MARKS, Workflow, called

ENGINE = "vitascope.engines.remote.comfy:engine"
_LEAST_SIDE = 16  # where no node tells by what a side must be divisible


@dataclass(frozen=True, kw_only=True)
class Told:
    """What is said besides the workflow; empty or None: its nodes must tell. `price`: units a second."""

    key: str = ""
    fps: float | None = None
    size: str = ""
    seconds: float | None = None
    price: int | None = None


@dataclass(frozen=True)
class Found:
    """`table`: the model file. `fills`: which inputs an order fills. `notes`: what may be wrong with it."""

    table: dict[str, Any]
    version: str
    fills: tuple[str, ...]
    notes: tuple[str, ...]


def look(name: str, text: str, address: str, told: Told, *, carrier: Any = vendor) -> Found:
    """Raises BadSettings for a workflow that cannot be ordered there, Unavailable when nobody answers there."""
    workflow = workflows.read(text)
    if "prompt" not in workflow.marks:
        raise BadSettings(
            "No node of the workflow is titled $prompt.", hint="Title the node that takes the words so, in ComfyUI."
        )
    source = {"address": address, **({"key": told.key} if told.key else {})}
    session = session_of(source, name, carrier)
    classes = sorted({node["class_type"] for node in workflow.graph.values()})
    try:
        version, known = session.run(_ask(classes))
    except Unclear as error:
        raise Unavailable(f"{address} is no ComfyUI that answers: {error}.", hint="Is it the right address?") from None
    _check_classes(workflow, known)
    out = workflow.out or _only_output(workflow, known)
    used = workflow.before(out)
    graph = json.dumps(workflow.graph, ensure_ascii=False, separators=(",", ":"))
    modes = ["image" if "image" in workflow.marks else "text", *(["last_image"] * ("last_image" in workflow.marks))]
    table: dict[str, Any] = {
        "name": name,
        "engine": ENGINE,
        "title": f"{name} (a ComfyUI workflow)",
        "modes": modes,
        "sound": "always" if _has_sound(workflow, used) else "never",
        "languages": ["en", "zh"],
        "limits": "As the workflow and its models are.",
        "format": _format(workflow, used, known, told),
        "licence": {"id": "unknown"},
        "source": {**source, "out": out, "workflow": graph},
    }
    if told.price is not None:
        table["price"] = {"second": told.price}
    fills = tuple(f"${slot.mark} fills {slot.input} of {called(workflow.graph, slot.node)}" for slot in workflow.slots)
    fills += (f"the clip is what {called(workflow.graph, out)} saves",)
    return Found(table, version, fills, _notes(workflow, used, known))


def _ask(classes: list[str]) -> Steps[tuple[str, dict[str, Any]]]:
    """(version, class -> what it takes); an unknown class is left out."""
    answer = yield Request(method="GET", path="/system_stats")
    told = answer.json()
    system = told.get("system") if isinstance(told, dict) else None
    if not answer.is_good or not isinstance(system, dict):
        raise Unclear(f"it answered {answer.status}")
    known = {}
    for name in classes:
        quoted = "".join(
            one if one.isascii() and one.isalnum() else f"%{byte:02X}" for one in name for byte in _utf8(one)
        )
        answer = yield Request(method="GET", path=f"/object_info/{quoted}")
        told = answer.json()
        if not answer.is_good or not isinstance(told, dict):
            raise Unclear(f"it answered {answer.status} when a node class was asked for")
        if isinstance(told.get(name), dict):
            known[name] = told[name]
    return str(system.get("comfyui_version") or "unknown"), known


def _check_classes(workflow: Workflow, known: Mapping[str, Any]) -> None:
    graph = workflow.graph
    missing = [called(graph, id) for id, node in graph.items() if node["class_type"] not in known]
    if missing:
        raise BadSettings(
            f"The ComfyUI there does not know {len(missing)} of the nodes: {', '.join(missing[:8])}.",
            hint="Install the custom nodes that the workflow needs there.",
        )
    paid = [called(graph, id) for id, node in graph.items() if known[node["class_type"]].get("api_node") is True]
    if paid:
        raise BadSettings(
            f"{', '.join(paid[:8])} buys from another vendor, by an account that is not ours to use.",
            hint="Order from that vendor by a key of your own, see docs/gateway.md.",
        )


def _only_output(workflow: Workflow, known: Mapping[str, Any]) -> str:
    graph = workflow.graph
    outs = [id for id, node in graph.items() if known[node["class_type"]].get("output_node") is True]
    if len(outs) == 1:
        return outs[0]
    which = ", ".join(called(graph, id) for id in outs[:8])
    raise BadSettings(
        f"{len(outs)} nodes save something: {which}." if outs else "No node of the workflow saves anything.",
        hint="Title the node that saves the clip $out.",
    )


def _has_sound(workflow: Workflow, used: set[str]) -> bool:
    return any(isinstance(workflow.graph[id]["inputs"].get("audio"), list) for id in used)


def _format(workflow: Workflow, used: set[str], known: Mapping[str, Any], told: Told) -> dict[str, Any]:
    fps = told.fps or workflow.value("fps") or _one(workflow, used, MARKS["fps"][1][:-1])
    if not fps:
        raise BadSettings("No node tells how many frames a second the clip has.", hint="Give --fps.")
    form: dict[str, Any] = {"fps": fps, **_sizes(workflow, used, known, told), **_lengths(workflow, known, told, fps)}
    for mark, line in (("steps", "steps"), ("guidance", "guidance")):
        if mark in workflow.marks:
            form[line] = workflow.value(mark)
    return form


def _sizes(workflow: Workflow, used: set[str], known: Mapping[str, Any], told: Told) -> dict[str, Any]:
    free = {"width", "height"} <= workflow.marks
    size = told.size
    if not size:
        pairs = {(workflow.value("width"), workflow.value("height"))} if free else _pairs(workflow, used)
        if len(pairs) != 1:
            raise BadSettings(
                f"{len(pairs)} sizes are in the workflow." if pairs else "No node tells the clip's size.",
                hint="Give --size, such as 832x480.",
            )
        width, height = pairs.pop()
        size = f"{width}x{height}"
    sizes = [size]
    if not free:
        return {"sizes": sizes}
    sides = [_number(_range(workflow, known, mark), "step", _LEAST_SIDE) for mark in ("width", "height")]
    turned = "x".join(reversed(size.split("x")))
    return {"side": max(2, *map(int, sides)), "sizes": list(dict.fromkeys([size, turned])), "any_size": True}


def _lengths(workflow: Workflow, known: Mapping[str, Any], told: Told, fps: float) -> dict[str, Any]:
    """Seconds from frames are cut off after the third digit, so that they don't come to one frame more."""
    frames = workflow.value("frames")
    if frames is None:
        if not told.seconds:
            raise BadSettings("No node is titled $frames, so the clip's length is unknown.", hint="Give --seconds.")
        return {"lengths": [told.seconds], "max_seconds": told.seconds}
    group = max(1, int(_number(_range(workflow, known, "frames"), "step", 1)))
    longest = told.seconds or math.floor((frames - 1) / fps * 1000) / 1000
    if longest <= 0:
        raise BadSettings(f"The workflow makes {frames} frame.", hint="Give --seconds: how long clips may be.")
    return {"first": (frames - 1) % group + 1, "group": group, "max_seconds": longest}


def _range(workflow: Workflow, known: Mapping[str, Any], mark: str) -> Mapping[str, Any]:
    """What the input's class says of it: min, max, step."""
    slot = workflow.slot(mark)
    about = _about(known, workflow.graph[slot.node]["class_type"], slot.input) if slot else []
    return about[1] if len(about) > 1 and isinstance(about[1], dict) else {}


def _about(known: Mapping[str, Any], kind: str, name: str) -> list[Any]:
    takes = known[kind].get("input")
    for group in takes.values() if isinstance(takes, dict) else ():
        if isinstance(group, dict) and isinstance(group.get(name), list):
            return list(group[name])
    return []


def _number(table: Mapping[str, Any], key: str, default: float) -> float:
    value = table.get(key)
    return float(value) if isinstance(value, int | float) and not isinstance(value, bool) and value > 0 else default


def _one(workflow: Workflow, used: set[str], names: tuple[str, ...]) -> Any:
    """The number that inputs of these names have, when they agree."""
    found = {
        value
        for id in used
        for name, value in workflow.graph[id]["inputs"].items()
        if name in names and isinstance(value, int | float) and not isinstance(value, bool)
    }
    return found.pop() if len(found) == 1 else None


def _pairs(workflow: Workflow, used: set[str]) -> set[tuple[int, int]]:
    inputs = [workflow.graph[id]["inputs"] for id in used]
    pairs = [(one.get("width"), one.get("height")) for one in inputs]
    return {(wide, high) for wide, high in pairs if type(wide) is int and type(high) is int}


def _notes(workflow: Workflow, used: set[str], known: Mapping[str, Any]) -> tuple[str, ...]:
    graph, notes = workflow.graph, []
    if "seed" not in workflow.marks:
        notes.append("no node is titled $seed, so the same words give the same clip")
    idle = [called(graph, slot.node) for slot in workflow.slots if slot.node not in used]
    notes += [f"{node} is filled, but the clip does not depend on it" for node in dict.fromkeys(idle)]
    filled = {(slot.node, slot.input) for slot in workflow.slots}
    for id, node in graph.items():
        for name, value in node["inputs"].items():
            choices = _choices(_about(known, node["class_type"], name))
            if isinstance(value, str) and choices and value not in choices and (id, name) not in filled:
                notes.append(f'{called(graph, id)}: {name} is "{value[:80]}", which is not there; it would be refused')
    return tuple(notes)


def _choices(about: list[Any]) -> list[Any]:
    """Of a list to choose from, in its old form and its new one."""
    if about and isinstance(about[0], list):
        return list(about[0])
    options = about[1].get("options") if len(about) > 1 and isinstance(about[1], dict) else None
    return list(options) if about and about[0] == "COMBO" and isinstance(options, list) else []


def _utf8(letter: str) -> bytes:
    return letter.encode("utf-8", "replace")
