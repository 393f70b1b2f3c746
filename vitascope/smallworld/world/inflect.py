"""English verb forms and plurals, for captions to write and for the prompt reader to hear."""

from __future__ import annotations

from vitascope.smallworld.world.wording import listed

_DOUBLED = frozenset(listed("drop hop spin hit run skip slip get sit split ram pan zip swim chop put stop skid"))
_IRREGULAR = {
    "spin": "spun", "fall": "fell fallen", "leap": "leapt", "go": "went gone", "hit": "hit", "run": "ran",
    "strike": "struck", "come": "came", "draw": "drew", "get": "got", "blow": "blew", "grow": "grew grown",
    "shrink": "shrank shrunk shrunken", "become": "became", "split": "split", "break": "broke broken",
    "stand": "stood", "sit": "sat", "lie": "lay", "slide": "slid", "swell": "swelled swollen", "rise": "rose risen",
    "sink": "sank", "fly": "flew", "swing": "swung", "hold": "held",
}  # fmt: skip
_UNBENT = frozenset(listed("not do does doesn't towards toward closer away into"))
_ING = {"lie": "lying", "be": "being"}


def verb_forms(phrase: str) -> dict[str, tuple[str, ...]]:
    """The forms of an English verb phrase, its head bent: "base", "s" (bounces), "ing" (bouncing), "ed" (bounced)."""
    head, _, tail = phrase.partition(" ")
    tail = f" {tail}" if tail else ""
    if head == "be":  # "be squashed" is also heard as "gets squashed" and as plain "squashed" before a noun
        return {
            "base": tuple(f"{be}{tail}" for be in ("be", "are", "get")),
            "s": tuple(f"{be}{tail}" for be in ("is", "gets")),
            "ing": tuple(f"{be}{tail}" for be in ("being", "getting")),
            "ed": (*(f"{be}{tail}" for be in ("was", "were", "got")), tail.strip()),
        }
    if head in _UNBENT:
        return {"base": (phrase,), "s": (phrase,), "ing": (phrase,), "ed": ()}
    stem = head + head[-1] if head in _DOUBLED else head
    dumb = stem[:-1] if stem.endswith("e") and not stem.endswith("ee") else stem
    past = _IRREGULAR[head].split() if head in _IRREGULAR else [_past(stem)]
    return {
        "base": (phrase,),
        "s": (_third(head) + tail,),
        "ing": (_ING.get(head, dumb + "ing") + tail,),
        "ed": tuple(form + tail for form in past),
    }


def _third(head: str) -> str:
    if head.endswith(("s", "x", "ch", "sh", "z", "o")):
        return head + "es"
    return head[:-1] + "ies" if head.endswith("y") and head[-2] not in "aeiou" else head + "s"


def _past(stem: str) -> str:
    if stem.endswith("e"):
        return stem + "d"
    return stem[:-1] + "ied" if stem.endswith("y") and stem[-2] not in "aeiou" else stem + "ed"


def plural(noun: str) -> str:
    """The plural of an English noun."""
    if noun in ("dice",) or not noun.isascii():
        return noun
    return noun + ("es" if noun.endswith(("x", "ch", "s")) else "s")
