"""What a person is shown of a model's licence before it is accepted. What was accepted is kept by the shelf."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from vitascope.errors import NotAllowed

if TYPE_CHECKING:
    from vitascope.engines.openweights.known import Known

_WORDS = {
    "excluded": "not to be used in {}", "revenue_limit": "{}", "notice": "{}", "outputs": "of clips: {}",
    "must_mark": "clips must be marked as generated",
}  # fmt: skip


def accept(licence: Mapping[str, Any], what: str, *, unasked: bool) -> None:
    """Shows the licence of `what` and asks, but for `unasked`. Raises NotAllowed when it is not accepted."""
    _say(f"licence: {licence['id']}  {licence.get('url', '')}")
    for key, text in _WORDS.items():
        if value := licence.get(key):
            _say("  " + text.format(", ".join(value) if isinstance(value, list) else value))
    if unasked:
        return
    if not sys.stdin.isatty():
        raise NotAllowed(f"The licence of {what} was not accepted.", hint="Read it, then give --accept-licence.")
    if not click.confirm("Do you accept it?", err=True):
        raise NotAllowed(f"The licence of {what} was not accepted.", hint="Nothing was changed.")


def of_pull(
    folder: Path, one: Known, listed: Mapping[str, Any], to: Path, progress: Callable[[Mapping[str, Any]], None], *,
    unasked: bool,
) -> dict[str, Any]:  # fmt: skip
    """Brings the text of a licence before it is asked about, and says when it is another than the one that was accepted
    last. `folder`: of the model files; `listed`: as `pull.look` gives it; `to`: where the weights will lie. Returns the
    licence as it was accepted, with the SHA-256 of its text (of several, one over them all; empty: the repository has
    none). Raises NotAllowed, and what `pull.fetch` does.
    """
    from vitascope.engines.openweights import pull, shelf

    texts = pull.licence(listed, to, progress)
    for path, digest in texts.items():
        _say(f"its text: {to / path}  (SHA-256 {digest})")
    if not texts:
        _say("the text of its licence is not in the repository")
    whole = next(iter(texts.values())) if len(texts) == 1 else shelf.over(texts) if texts else ""
    licence, place = {**one.card["licence"], "sha256": whole}, f"{listed['from']}:{listed['repository']}"
    before = shelf.licence_before(folder, place)
    if before and any(before.get(key) != licence[key] for key in ("id", "sha256")):
        _say(f"note: it has changed since {str(before.get('accepted'))[:10]}, when it was accepted: read it again")
    accept(licence, one.title, unasked=unasked)
    accepted = shelf.accepted(licence)
    shelf.keep_licence(folder, place, accepted)
    return accepted


def _say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)
