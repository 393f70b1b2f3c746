"""/v1/prompt: how a prompt could be worded better for a model, by rules; and, where the operator has set a language
model, the prompt written anew. Nothing is made, kept or charged.
"""

from __future__ import annotations

from typing import Literal

from fastapi import APIRouter
from pydantic import Field

from vitascope.clip import MAX_PROMPT
from vitascope.engines import prompt_help
from vitascope.errors import NotAllowed, NotSupported
from vitascope.outbound import llm
from vitascope.server import requests
from vitascope.server.auth import Actor, Asking, Here, Who
from vitascope.server.context import Context
from vitascope.server.routes import errors
from vitascope.server.schemas import Answer, Said

router = APIRouter(route_class=Asking, prefix="/v1", tags=["quote"])


class WordPrompt(Said):
    prompt: str = Field("", max_length=MAX_PROMPT)
    negative_prompt: str = Field("", max_length=MAX_PROMPT)
    model: str = Field("", max_length=100, description="For which model; for the default one if not said.")
    rewrite: bool = Field(False, description="Have it written anew by the operator's language model.")
    agreed: bool = Field(False, description="Send it. Without this the answer says what would leave the server.")


class HintView(Answer):
    name: Literal["language", "short", "light", "camera", "negative", "maker"] = Field(
        description="Which rule it is of; maker: how the makers of the model want it."
    )
    text: str


class PromptView(Answer):
    object: Literal["prompt"] = "prompt"
    model: str
    hints: list[HintView]
    can_rewrite: bool = Field(description="A language model is set, and this account may ask it.")
    leaves: str = Field(description="What is sent to whom when it is written anew; empty when that was not asked.")
    prompt: str | None = Field(description="A proposal of other words; null when nothing was sent.")


@router.post("/prompt", responses=errors(403, 404, 422, 429, 502))
def word_prompt(context: Here, actor: Who, said: WordPrompt) -> PromptView:
    """Hints for a prompt, or the prompt in other words. These are a proposal: nothing takes them by itself."""
    card = requests.card_of(context, actor, said.model)
    writer = _writer(context, actor) if said.rewrite and said.prompt.strip() else None
    written = None
    if writer and said.agreed:
        answer = writer.text(prompt_help.messages(said.prompt, card), tokens=prompt_help.TOKENS)
        written = prompt_help.read(answer, said.prompt)
    hints = prompt_help.hints(said.prompt, card, negative_prompt=said.negative_prompt)
    return PromptView(
        model=card.name,
        hints=[HintView(name=hint.name, text=hint.text) for hint in hints],  # type: ignore[arg-type]
        can_rewrite=_may_ask(actor) and bool(context.settings.llm_url and context.settings.llm_model),
        leaves=writer.what_leaves(said.prompt) if writer else "",
        prompt=written,
    )


def _writer(context: Context, actor: Actor) -> llm.Llm:
    found = llm.configured(context.settings)
    if not found:
        raise NotSupported("No language model is set on this server.", hint="The hints need none.")
    if not _may_ask(actor):
        raise NotAllowed("Only the owner and admins may ask the language model.", hint="The hints are for everybody.")
    return found


def _may_ask(actor: Actor) -> bool:
    """Others would spend the operator's key."""
    return actor.account.may_operate
