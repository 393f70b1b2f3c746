"""A script becomes a proposal for a film: by rules, or by a language model where the operator has set one."""

from __future__ import annotations

from typing import Any

from vitascope.errors import NotAllowed, NotSupported
from vitascope.film import edit
from vitascope.film.document import Film
from vitascope.film.script import breakdown, with_shots
from vitascope.film.script.adapt import adapt, break_down
from vitascope.film.script.again import again
from vitascope.film.script.verify import verify
from vitascope.outbound.llm import Llm, configured
from vitascope.server.auth import Actor
from vitascope.server.context import Context

_KEPT = ("rate", "width", "height", "style", "negative", "model", "still_model", "budget", "dissolve", "loudness")
_UNTITLED = Film().title


def proposal(
    film: Film, source: str, form: str, used: set[str], llm: Llm | None, *, seconds: int = 60
) -> dict[str, Any]:
    """The document that the script comes to, the patch that accepts it, and what was not understood. `used`: ids of
    shots and lines that have takes; `llm`: breaks the script down into shots, whatever was there before; of the form
    "idea" it writes the script first, of about so many `seconds`. Raises NotMade, TooLarge, and BadSpec for a script
    without a shot.
    """
    if film.source.text and not llm:
        found = again(film, source, form=form, used=used)
        proposed = found.film
    else:
        told = film.model_fields_set
        language = film.language if "language" in told else ""
        title = film.title if film.title != _UNTITLED else ""
        if llm and form == "idea":
            found = adapt(llm, source, language=language, seconds=seconds, title=title)
        elif llm:
            found = break_down(llm, source, form=form, language=language, title=title)
        else:
            found = breakdown(source, form=form, language=language, title=title)
        proposed = with_shots(found).film.model_copy(
            update={name: getattr(film, name) for name in _KEPT if name in told}
        )
    return {
        "form": found.form,
        "document": proposed.to_dict(),
        "changes": edit.between(film, proposed),
        "warnings": [{"line": one.line, "text": one.text} for one in found.warnings],
        "unsaid": list(verify(proposed)),
        "sent": [llm.what_leaves(source)] if llm else [],
    }


def model(context: Context, actor: Actor) -> Llm:
    """The operator's language model, for who may run the server: others would spend its key. Raises NotSupported,
    NotAllowed.
    """
    found = configured(context.settings)
    if not found:
        raise NotSupported("No language model is set on this server.", hint='Break it down by rules: by="rules".')
    if not actor.account.may_operate:
        raise NotAllowed("Only the owner and admins may ask the language model.", hint='Use by="rules".')
    return found
