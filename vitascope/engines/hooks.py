"""What a model may bring besides its engine: pieces of pure code that its file names under `[hooks]` by import paths.
Each is loaded when it is first needed, in the server too, which has neither the model nor torch: a hook needs neither.

A model without a hook has no prompt reading, no search by meaning, no score, no automatic refund for a clip that is
black or frozen, and camera words that nobody checks. A reader, judge or search_terms that raises an error is logged
once and taken for absent.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Protocol, TypeVar, cast

from vitascope.clip import ClipSpec, Recipe, Shape
from vitascope.engines import model_file
from vitascope.engines.card import ModelCard
from vitascope.engines.score import Score
from vitascope.errors import BadSettings, VitascopeError
from vitascope.frames import Frame

T = TypeVar("T")
#: What each must have; the others are functions.
_PARTS = {"judge": ("asks_motion", "score"), "cameras": ("moves", "knows", "path")}


@dataclass(frozen=True, kw_only=True)
class Reading:
    """How a model reads a prompt. Empty: not said. `warning`: a sentence for an order whose prompt names nothing that
    the model knows.
    """

    language: str = "en"
    sentence: str = ""  # one line for people
    phrases: tuple[str, ...] = ()  # what was understood, a few words for each fact
    understood: tuple[str, ...] = ()  # words of the prompt
    unknown: tuple[str, ...] = ()
    left_out: tuple[str, ...] = ()  # what shall not be there
    too_many: tuple[str, ...] = ()  # words of things beyond those that it can make
    suggestions: Mapping[str, str] | None = None  # of unknown words: what may have been meant
    canonical: str = ""  # what its text encoder is given
    things: tuple[Any, ...] = ()  # each with the attributes of the API's ThingRead
    ground: str = ""
    sky: str = ""
    camera: str = ""
    camera_speed: str = ""
    warning: str = ""


@dataclass(frozen=True)
class Terms:
    """What words mean. `terms`: each kind:value without spaces, such as colour:red; a clip keeps those of its prompt.
    `forms`: of what was understood beyond them, all the words for it. `unknown`: words that mean nothing here.
    """

    terms: tuple[str, ...] = ()
    forms: tuple[tuple[str, ...], ...] = ()
    unknown: tuple[str, ...] = ()


class Reader(Protocol):
    def __call__(self, prompt: str, language: str = "") -> Reading:
        """`language`: en or zh, of the sentence and the phrases; empty: that of the prompt. Must never fail."""
        ...


class SearchTerms(Protocol):
    def __call__(self, words: str) -> Terms:
        """Of a prompt, and of a question to the library. Must never fail."""
        ...


class Judge(Protocol):
    def asks_motion(self, spec: ClipSpec) -> bool:
        """Whether something must be seen to move; in doubt not."""
        ...

    def score(self, recipe: Recipe, frames: Iterable[Frame]) -> Score:
        """What the clip shows of what was asked. `frames`: each (H, W, 3) uint8, read only if they are asked for."""
        ...


class Cameras(Protocol):
    moves: Sequence[str]  # for people, such as "push in"

    def knows(self, words: str) -> bool:
        """Whether these are words for a move."""
        ...

    def path(self, spec: ClipSpec, shape: Shape) -> Sequence[Sequence[float]]:
        """The rows of `CameraPath` for every frame of the finished clip, that of a continued one's source included."""
        ...


def reader(card: ModelCard) -> Reader | None:
    """None: the model has none. Raises BadSettings when it cannot be loaded, as all of these do."""
    return cast(Reader | None, _hook(card, "reader"))


def read(card: ModelCard, prompt: str, language: str = "") -> Reading | None:
    """How the model reads it. None: it has no reader, or that one fails."""
    own = reader(card)
    return careful(card, "reader", lambda: own(prompt, language), None) if own else None


def search_terms(card: ModelCard) -> SearchTerms | None:
    """One that gives no terms where the card's own fails."""
    own = cast(SearchTerms | None, _hook(card, "search_terms"))
    return (lambda words: careful(card, "search_terms", lambda: own(words), Terms())) if own else None


def judge(card: ModelCard) -> Judge | None:
    return cast(Judge | None, _hook(card, "judge"))


def asks_motion(card: ModelCard, spec: ClipSpec) -> bool | None:
    """As the model's judge says. None: it has no judge, or that one fails."""
    own = judge(card)
    return careful(card, "judge", lambda: own.asks_motion(spec), None) if own else None


def cameras(card: ModelCard) -> Cameras | None:
    return cast(Cameras | None, _hook(card, "cameras"))


def all_search_terms(cards: Iterable[ModelCard]) -> tuple[SearchTerms, ...]:
    """Of all these models, each once. One that cannot be loaded is logged and left out: the library is still found by
    its words.
    """
    found: dict[str, SearchTerms] = {}
    for card in cards:
        try:
            if hook := search_terms(card):
                found[card.hooks["search_terms"]] = hook
        except VitascopeError as error:
            tell(card.name, error.message)
    return tuple(found.values())


def meaning(card: ModelCard | None, prompt: str) -> tuple[str, ...]:
    """The terms that a clip of this model keeps; none where that cannot be said. `card` None: of no model here."""
    return tuple(term for hook in all_search_terms([card] if card else []) for term in hook(prompt).terms)


def faults(card: ModelCard) -> list[str]:
    """What is wrong with its hooks, a sentence for each."""
    found = []
    for name in card.hooks:
        try:
            _hook(card, name)
        except VitascopeError as error:
            found.append(f"{error.message} {error.hint}")
    return found


def careful(card: ModelCard, name: str, call: Callable[[], T], absent: T) -> T:
    """What a hook of the card says; `absent` when it raises an error, which is logged once."""
    try:
        return call()
    except VitascopeError:
        raise
    except Exception as error:
        _failed(card.name, name, card.hooks[name], type(error).__name__)
        return absent


@lru_cache(maxsize=64)
def _failed(model: str, hook: str, path: str, kind: str) -> None:
    from vitascope import logs

    logs.get(__name__).exception("a hook of a model failed", model=model, hook=hook, path=path, kind=kind)


@lru_cache(maxsize=64)
def tell(model: str, why: str) -> None:
    """Log a hook that cannot be used, once."""
    from vitascope import logs  # the command line makes clips without it

    logs.get(__name__).error("a hook of a model cannot be used", model=model, why=why)


def _hook(card: ModelCard, name: str) -> Any:
    path = card.hooks.get(name)
    if not path:
        return None
    try:
        return _loaded(name, path)
    except BadSettings as error:
        raise BadSettings(f"The hook {name} of {card.name}: {error.message}", hint=error.hint) from error


@lru_cache(maxsize=256)
def _loaded(name: str, path: str) -> Any:
    found = model_file.load(path)
    missing = [part for part in _PARTS.get(name, ()) if not hasattr(found, part)]
    if missing or (name not in _PARTS and not callable(found)):
        what = f"has no {', '.join(missing)}" if missing else "is no function"
        raise BadSettings(f'"{path}" {what}.', hint="docs/models.md says what each hook is.")
    return found
