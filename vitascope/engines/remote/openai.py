"""The engine of servers with OpenAI's `/v1/videos`: vLLM-Omni, SGLang, LiteLLM, another Vitascope. A model file names
`vitascope.engines.remote.openai:engine`, and in `[source]` the server's address, the name of its key, its own name of
the model, and which kind of server it is.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from vitascope.engines.remote.engine import RemoteEngine, check_lines, facts_of, micros, session_of
from vitascope.errors import BadSettings
from vitascope.outbound import vendor
from vitascope.vendors.openai.client import PROFILES, Client


def engine(name: str, source: Mapping[str, Any], *, carrier: Any = vendor) -> RemoteEngine:
    """Raises BadSettings, which names the line of `[source]` that is wrong. The key is read when it is needed."""
    check_lines(source, name, "profile")
    kind = str(source.get("profile", "openai"))
    if kind not in PROFILES:
        raise BadSettings(f'profile of {name} is "{kind[:40]}".', hint=f"One of {', '.join(PROFILES)}.")
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
