"""The engine of a ComfyUI. A model file names `vitascope.engines.remote.comfy:engine`, and in `[source]` the address,
the whole workflow in API format as a text, and the node whose file is the clip. `vitascope models add --comfy` writes
such a file, see `comfy_file`. The workflow is in the model file, so that an order keeps the one it was made with.
"""

from __future__ import annotations

import tempfile
from collections.abc import Mapping
from fractions import Fraction
from pathlib import Path
from typing import Any

from vitascope.engines.remote.engine import RemoteEngine, check_lines, facts_of, session_of
from vitascope.engines.remote.protocol import Ticket
from vitascope.errors import BadSettings
from vitascope.media import finished
from vitascope.outbound import vendor
from vitascope.vendors.comfy import workflow as workflows
from vitascope.vendors.comfy.client import Client


class ComfyEngine(RemoteEngine):
    def fetch(self, ticket: Ticket, path: Path) -> None:
        """As an mp4, without the workflow that ComfyUI writes into it. Raises also BadClip."""
        with tempfile.TemporaryDirectory(dir=path.parent) as folder:
            first = Path(folder) / "part"
            self.session.run(self.client.fetch(ticket), to=first)
            rest = sorted(first.parent.glob("part.*"), key=lambda file: int(file.suffix[1:]))
            finished.bring([first, *rest], path, fps=Fraction(str(ticket.facts.get("fps", "16"))))


def engine(name: str, source: Mapping[str, Any], *, carrier: Any = vendor) -> ComfyEngine:
    """Raises BadSettings, which names the line of `[source]` that is wrong."""
    check_lines(source, name, "workflow", "out")
    for line in ("model", "cost_per_credit"):
        if line in source:
            raise BadSettings(f"[source] of {name} has {line}, which a ComfyUI does not know.", hint="Take it out.")
    workflow = workflows.read(str(source.get("workflow", "")))
    out = str(source.get("out", workflow.out))
    if out not in workflow.graph:
        raise BadSettings(f"The workflow of {name} has no node {out[:40]!r}.", hint="[source] out names the node.")
    facts = facts_of(source, name, cancels="always", names=True, poll_seconds=2.0)
    return ComfyEngine(Client(workflow, out), session_of(source, name, carrier), facts)
