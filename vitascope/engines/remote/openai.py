"""The engine of inference servers: those with OpenAI's `/v1/videos` (vLLM-Omni, SGLang, LiteLLM, another Vitascope),
and LightX2V, whose tasks have a form of their own. A model file names `vitascope.engines.remote.openai:engine`, and in
`[source]` the server's address, the name of its key, its own name of the model, and which kind of server it is.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from vitascope.engines.remote.engine import RemoteEngine, check_lines, facts_of, micros, session_of
from vitascope.errors import BadSettings
from vitascope.outbound import vendor
from vitascope.vendors.lightx2v import client as lightx2v
from vitascope.vendors.openai.client import PROFILES, Client

LIGHTX2V = "lightx2v"


def engine(name: str, source: Mapping[str, Any], *, carrier: Any = vendor) -> RemoteEngine:
    """Raises BadSettings, which names the line of `[source]` that is wrong. The key is read when it is needed."""
    check_lines(source, name, "profile")
    kind = str(source.get("profile", "openai"))
    if kind == LIGHTX2V:
        facts = facts_of(source, name, cancels="always", names=True, unique_seconds=3600.0)  # it forgets when restarted
        return RemoteEngine(lightx2v.Client(str(source.get("model", ""))), session_of(source, name, carrier), facts)
    if kind not in PROFILES:
        known = ", ".join((*PROFILES, LIGHTX2V))
        raise BadSettings(f'profile of {name} is "{kind[:40]}".', hint=f"One of {known}.")
    profile = PROFILES[kind]
    facts = facts_of(
        source,
        name,
        cancels="always" if profile.cancel else "never",
        names=profile.names,
        unique_seconds=6 * 86_400.0,  # ours keeps names for a week
    )
    client = Client(str(source.get("model", "")), profile, micros(source, "cost_per_credit", name))
    return RemoteEngine(client, session_of(source, name, carrier), facts)
