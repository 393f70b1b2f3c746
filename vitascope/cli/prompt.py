"""The command that helps with a prompt: hints by rules, and by a language model where one is set."""

from __future__ import annotations

import sys

import click

from vitascope.config import settings
from vitascope.errors import NotAllowed


@click.command("prompt")
@click.argument("prompt", help="The words, as they would be given to generate.")
@click.option("--model", help="For which model. [default: the usual one]")
@click.option("--negative-prompt", default="", help="What shall not be there.")
@click.option("--rewrite", is_flag=True, help="Have it written anew by the language model that is set.")
@click.option("--yes", is_flag=True, help="Send the words without asking.")
def prompt(prompt: str, model: str | None, negative_prompt: str, rewrite: bool, yes: bool) -> None:
    """Say how a prompt could be better, or have it rewritten; nothing is made."""
    from vitascope.engines import prompt_help, registry

    card = registry.card(model or settings().model)
    for hint in prompt_help.hints(prompt, card, negative_prompt=negative_prompt):
        print(f"hint: {hint.text}", file=sys.stderr)
    if not rewrite:
        return
    from vitascope.outbound import llm

    model_there = llm.needed(settings())
    told = model_there.what_leaves(prompt).rstrip(".")
    print(told, file=sys.stderr)
    if not yes:
        if not sys.stdin.isatty():
            raise NotAllowed(f"{told}, which was not agreed to.", hint="Give --yes to send them.")
        if not click.confirm("Send them?", err=True):
            raise NotAllowed("Nothing was sent.", hint="The hints above need nobody else.")
    answer = model_there.text(prompt_help.messages(prompt, card), tokens=prompt_help.TOKENS)
    print(prompt_help.read(answer, prompt), flush=True)
