"""A ComfyUI workflow in API format whose node titles say which inputs an order fills: `$prompt`, `$seed`, `$width` ...
A title may have several marks ("$width $height $frames"), and may name an input: `$seed.noise_seed`. Pure.
"""

from __future__ import annotations

import copy
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from vitascope.errors import BadSettings

Graph = dict[str, dict[str, Any]]
_TEXT: tuple[type, ...] = (str,)
_WHOLE: tuple[type, ...] = (int,)
_NUMBER: tuple[type, ...] = (int, float)
#: Mark -> what its input holds, and what such inputs are usually called, the likeliest first.
MARKS: dict[str, tuple[tuple[type, ...], tuple[str, ...]]] = {
    "prompt": (_TEXT, ("text", "prompt", "positive_prompt", "value", "string")),
    "negative": (_TEXT, ("text", "negative_prompt", "negative", "prompt", "value", "string")),
    "seed": (_WHOLE, ("seed", "noise_seed", "value")),
    "width": (_WHOLE, ("width", "value")),
    "height": (_WHOLE, ("height", "value")),
    "frames": (_WHOLE, ("length", "num_frames", "frames", "frame_count", "video_length", "batch_size", "value")),
    "fps": (_NUMBER, ("fps", "frame_rate", "value")),
    "steps": (_WHOLE, ("steps", "value")),
    "guidance": (_NUMBER, ("cfg", "guidance", "guidance_scale", "value")),
    "image": (_TEXT, ("image",)),
    "last_image": (_TEXT, ("image",)),
}
OUT = "out"
_MARK = re.compile(r"\$([A-Za-z]\w*)(?:\.([A-Za-z_]\w*))?")
_EXPORT = "In ComfyUI choose Workflow > Export (API); older ones: Save (API Format), with the dev mode on."
_KNOWN = ", ".join(f"${name}" for name in (*MARKS, OUT))


@dataclass(frozen=True)
class Slot:
    """An input that an order fills."""

    mark: str
    node: str
    input: str


@dataclass(frozen=True)
class Workflow:
    graph: Graph
    slots: tuple[Slot, ...]
    out: str = ""  # the node titled $out

    @property
    def marks(self) -> frozenset[str]:
        return frozenset(slot.mark for slot in self.slots)

    def value(self, mark: str) -> Any:
        """What the workflow itself has there; None when no input is marked so."""
        slot = self.slot(mark)
        return self.graph[slot.node]["inputs"][slot.input] if slot else None

    def slot(self, mark: str) -> Slot | None:
        return next((slot for slot in self.slots if slot.mark == mark), None)

    def filled(self, values: Mapping[str, Any]) -> Graph:
        """A copy with these values; what has no mark, or no value, stays as it is."""
        graph = copy.deepcopy(self.graph)
        for slot in self.slots:
            if values.get(slot.mark) is not None:
                graph[slot.node]["inputs"][slot.input] = values[slot.mark]
        return graph

    def before(self, node: str) -> set[str]:
        """The nodes that this one depends on, and itself."""
        found, left = set(), [node]
        while left:
            one = left.pop()
            if one not in found:
                found.add(one)
                left += [source for source, _ in links(self.graph[one])]
        return found


def links(node: Mapping[str, Any]) -> Iterator[tuple[str, int]]:
    """(node, output) for each input that comes from another node."""
    for value in node["inputs"].values():
        if isinstance(value, list) and len(value) == 2 and isinstance(value[0], str) and type(value[1]) is int:
            yield value[0], value[1]


def read(text: str) -> Workflow:
    """Raises BadSettings for what is no workflow in API format, and for marks that cannot be followed."""
    try:
        data = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise BadSettings("The workflow is no JSON.", hint=_EXPORT) from error
    if isinstance(data, dict) and isinstance(data.get("nodes"), list):
        raise BadSettings("The workflow is in the format of ComfyUI's page, which cannot be ordered.", hint=_EXPORT)
    if not isinstance(data, dict) or not data:
        raise BadSettings("The workflow has no nodes.", hint=_EXPORT)
    for id, node in data.items():
        if not (isinstance(node, dict) and isinstance(node.get("class_type"), str)):
            raise BadSettings(f'"{id[:40]}" in the workflow is no node with a class_type.', hint=_EXPORT)
        if not isinstance(node.setdefault("inputs", {}), dict):
            raise BadSettings(f"The inputs of {called(data, id)} are no table.", hint=_EXPORT)
    for id, node in data.items():
        for source, _ in links(node):
            if source not in data:
                raise BadSettings(f"{called(data, id)} needs node {source[:40]}, which is not there.", hint=_EXPORT)
    slots, outs = [], []
    for id, node in data.items():
        for mark, named in _marks(node):
            if mark == OUT:
                outs.append(id)
            elif mark in MARKS:
                slots.append(Slot(mark, id, _input(data, id, mark, named)))
            else:
                raise BadSettings(f"${mark[:40]} in the title of {called(data, id)} is unknown.", hint=_KNOWN)
    if len(outs) > 1:
        raise BadSettings(f"{len(outs)} nodes are titled $out.", hint="Title the one that saves the clip.")
    return Workflow(data, tuple(slots), outs[0] if outs else "")


def called(graph: Mapping[str, Any], id: str) -> str:
    """As errors call a node: "KSampler (node 3)"."""
    node = graph.get(id)
    kind = node.get("class_type") if isinstance(node, dict) else None
    return f"{kind} (node {id})"[:120] if kind else f"node {id}"[:120]


def _marks(node: Mapping[str, Any]) -> list[tuple[str, str]]:
    meta = node.get("_meta")
    title = meta.get("title") if isinstance(meta, dict) else None
    return _MARK.findall(title) if isinstance(title, str) else []


def _input(graph: Graph, id: str, mark: str, named: str) -> str:
    kinds, usual = MARKS[mark]
    inputs = graph[id]["inputs"]
    fitting = [name for name, value in inputs.items() if isinstance(value, kinds) and not isinstance(value, bool)]
    if named and named not in inputs:
        raise BadSettings(f"{called(graph, id)} has no input {named[:40]}.", hint=f"It has {', '.join(inputs)[:200]}.")
    if named and named not in fitting:
        what = "another node gives it" if isinstance(inputs[named], list) else f"it is {str(inputs[named])[:40]!r}"
        raise BadSettings(f"${mark} cannot fill {named} of {called(graph, id)}: {what}.", hint="Mark another input.")
    found = [named] if named else [name for name in usual if name in fitting] or fitting
    if not found or (len(found) > 1 and found[0] not in usual):
        why = f"{len(found)} inputs could be it" if found else "no input of it could be filled so"
        raise BadSettings(
            f"${mark} in the title of {called(graph, id)}: {why}.", hint=f"Name the input, such as ${mark}.INPUT."
        )
    return found[0]
