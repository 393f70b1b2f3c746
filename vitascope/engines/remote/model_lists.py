"""Models by the vendor's own list: the list is asked for with the operator's key, and becomes model files in the home
folder. All of it or nothing: what cannot be read whole changes no file, and files of the operator's own are let be.
"""

from __future__ import annotations

import tempfile
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from vitascope.engines import model_file
from vitascope.engines.remote import key_files, vendors
from vitascope.errors import BadSettings, NotSupported, Unavailable
from vitascope.media.atomic_write import written_aside

LISTED = ("openrouter",)
_LATER = "Nothing was changed. Try again later."
_MARK = "# Read from the list of {vendor}. `vitascope keys vendor models {vendor}` writes and removes this file.\n"


@dataclass(frozen=True)
class Read:
    """`models`: names of those that are there now. `own`: of those that are in a file of the operator's own, which was
    let be. `left_out`: the vendor's names of those that cannot be ordered, with the reason.
    """

    models: tuple[str, ...]
    own: tuple[str, ...] = ()
    left_out: Mapping[str, str] = field(default_factory=dict)


def renew(folder: Path, vendor: str, now: float, *, address: str = "") -> Read:
    """Read the vendor's list into model files of this folder; those of models that it does not name any more go.

    Raises NotSupported when there is no list of this vendor, Unavailable when it cannot be used, NotAllowed for a key
    that is not taken, BadSettings; then nothing is changed.
    """
    if vendor not in LISTED:
        known = ", ".join(LISTED)
        raise NotSupported(f"{vendor[:40]} has no list of models that is read here.", hint=f"Known: {known}.")
    more = {"address": address} if address else {}
    engine: Any = vendors.engine(f"{vendor}/list", {"vendor": vendor, "model": "list", **more})
    with key_files.for_people(vendor):
        told = engine.session.run(engine.client.models())
    mark, date = _MARK.format(vendor=vendor), datetime.fromtimestamp(now, UTC).strftime("%Y-%m-%d")
    here = {path: path.read_text("utf-8", "replace") for path in sorted(folder.glob("*.toml"))}
    written = {path for path, text in here.items() if text.startswith(mark)}
    taken = {_name(text) for path, text in here.items() if path not in written}
    listed = {f"{vendor}/{one.name}": one for one in told.models}
    files = {
        folder / f"{vendor}-{one.name}.toml": mark + one.toml(date, address)
        for name, one in listed.items()
        if name not in taken
    }
    _check(files.values(), vendor)
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    for path, text in files.items():
        with written_aside(path) as aside:
            aside.write_text(text, "utf-8")
    for path in written - set(files):
        path.unlink(missing_ok=True)
    return Read(tuple(sorted(set(listed) - taken)), tuple(sorted(set(listed) & taken)), told.left_out)


def _name(text: str) -> str:
    """Of the model in a file; empty when it cannot be read."""
    try:
        return str(tomllib.loads(text).get("name", ""))
    except ValueError:
        return ""


def _check(texts: Iterable[str], vendor: str) -> None:
    with tempfile.TemporaryDirectory(prefix="vitascope-list-") as place:
        for text in texts:
            path = Path(place) / "listed.toml"
            path.write_text(text, "utf-8")
            try:
                model_file.read(path)
            except BadSettings as error:
                raise Unavailable(f"The list of {vendor} cannot be used: {error.message}", hint=_LATER) from error
