"""The engine of Kling's API as it was before version 2.0, by the name that model files had for it before there was a
table of vendors (`vendors.py`). Its key is a pair, "access:secret", or a single key.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from vitascope.engines.remote import vendors
from vitascope.engines.remote.engine import RemoteEngine
from vitascope.outbound import vendor


def engine(name: str, source: Mapping[str, Any], *, carrier: Any = vendor) -> RemoteEngine:
    """Raises BadSettings, which names the line of `[source]` that is wrong."""
    return vendors.engine(name, {"address": "", "key": "", **source, "vendor": "kling"}, carrier=carrier)
