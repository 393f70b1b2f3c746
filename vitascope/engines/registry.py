"""The ONE list of models: the shipped model files, those in the home folder's `models`, and engines of the first
edition that are named by an import path. Files are read again when they change, so that a server need not be started
anew. An engine is loaded when it is asked for; listing and pricing need only its card.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, cast

from vitascope.clip import ClipSpec
from vitascope.config import settings
from vitascope.engines import model_file
from vitascope.engines.card import ModelCard
from vitascope.engines.model_file import ModelFile
from vitascope.engines.protocol import StepEngine, at_work
from vitascope.errors import BadEngine, BadSettings, BadSpec, NotSupported, UnknownModel, VitascopeError

BUILT_IN = "vitascope-nano"
SHIPPED = Path(__file__).parent / "models"
VENDORS = SHIPPED / "vendors"  # a folder for each, with its models
METHODS = ("begin", "step", "preview", "sound", "frames")
LOOK_SECONDS = 1.0  # between two looks at the folders


@dataclass
class Registry:
    """The models of these folders; a later folder's file takes the place of an earlier one's of the same name. `extra`:
    cards of engines that have no file. `on_fault` is told when a file is found that cannot be read. `keys`: a folder;
    the shipped models of a vendor are there when a file of the vendor's name is in it.
    """

    folders: tuple[Path, ...]
    extra: tuple[ModelCard, ...] = ()
    keys: Path | None = None
    on_fault: Callable[[str, VitascopeError], None] = lambda name, error: None
    _files: dict[str, ModelFile] = field(default_factory=dict, init=False)
    _faults: dict[str, VitascopeError] = field(default_factory=dict, init=False)
    _read: dict[Path, tuple[tuple[int, int], ModelFile | VitascopeError]] = field(default_factory=dict, init=False)
    _looked_at: float = field(default=float("-inf"), init=False)
    _lock: threading.Lock = field(default_factory=threading.Lock, init=False)

    def cards(self) -> tuple[ModelCard, ...]:
        """All cards, the default model's first."""
        own = {card.name for card in self.extra}
        rest = (file.card for name, file in self.files().items() if name not in own)
        return (*self.extra, *rest)

    def card(self, name: str) -> ModelCard:
        """Raises UnknownModel; the file's own fault when it is there but cannot be read."""
        known = {card.name: card for card in self.cards()}
        if name in known:
            return known[name]
        raise self._faults.get(name) or UnknownModel(name, list(known))

    def load(self, name: str) -> StepEngine[Any]:
        """The engine of this model, ready to draw. Raises UnknownModel, BadSettings, BadWeights, MissingExtra;
        EngineFailed when it raises an error of its own, NotSupported for a model of another server.
        """
        file = self.files().get(name)
        if not file:
            self.card(name)
            raise BadSettings(f'"{name}" has no model file, so it cannot be loaded by name.', hint="Write one.")
        if file.card.needs == model_file.REMOTE:
            raise NotSupported(
                f"{name} is made by another server.", hint="Order it from a server of your own: vitascope serve."
            )
        factory = cast(Callable[[ModelCard, Any], StepEngine[Any]], model_file.load(file.engine))
        with at_work(name):
            engine = factory(file.card, file.source)
        missing = [method for method in METHODS if not callable(getattr(engine, method, None))]
        if missing:
            raise BadEngine(f"The engine {file.engine} of {name} has no {', '.join(missing)}.")
        return engine

    def remote(self) -> dict[str, ModelFile]:
        """The models that other servers make, by name."""
        return {name: file for name, file in self.files().items() if file.card.needs == model_file.REMOTE}

    def files(self) -> dict[str, ModelFile]:
        with self._lock:
            if time.monotonic() - self._looked_at > LOOK_SECONDS:
                self._look()
                self._looked_at = time.monotonic()
            return self._files

    def faults(self) -> dict[str, VitascopeError]:
        """Model files that cannot be read, by their names."""
        self.files()
        return self._faults

    def _look(self) -> None:
        files: dict[str, ModelFile] = {}
        faults: dict[str, VitascopeError] = {}
        for path in (path for folder in self._folders() for path in sorted(folder.glob("*.toml"))):
            try:
                found = self._one(path)
            except OSError:
                continue  # removed since it was listed
            if isinstance(found, ModelFile):
                files[found.card.name] = found
            else:
                faults[path.stem] = found
        self._files, self._faults = files, faults

    def _folders(self) -> tuple[Path, ...]:
        """The operator's own folder comes last."""
        if not self.keys:
            return self.folders
        sold = [folder for folder in sorted(VENDORS.iterdir()) if (self.keys / folder.name).is_file()]
        return (*self.folders[:-1], *sold, *self.folders[-1:])

    def _one(self, path: Path) -> ModelFile | VitascopeError:
        stat = path.stat()
        stamp = (stat.st_mtime_ns, stat.st_size)
        known = self._read.get(path)
        if known and known[0] == stamp and isinstance(known[1], ModelFile):
            return known[1]
        found: ModelFile | VitascopeError
        try:
            found = model_file.read(path)  # a fault may lie elsewhere, such as in a key that is not there yet
        except VitascopeError as error:
            if not known or str(known[1]) != str(error):
                self.on_fault(path.name, error)
            found = error
        self._read[path] = (stamp, found)
        return found


_registries: dict[Path, Registry] = {}


def registry() -> Registry:
    """That of the settings' home folder."""
    own = settings().home / "models"
    return _registries.setdefault(own, Registry((SHIPPED, own), keys=own.parent / "keys"))


def names() -> list[str]:
    return [card.name for card in registry().cards()]


def cards() -> tuple[ModelCard, ...]:
    return registry().cards()


def card(name: str = "") -> ModelCard:
    """The card of this model, or of the settings' one. Raises UnknownModel."""
    return registry().card(name or settings().model)


def load(name: str = "") -> StepEngine[Any]:
    """The engine of this model, or of the settings' one. Raises UnknownModel, BadSettings, BadWeights."""
    return registry().load(name or settings().model)


def build(path: str = "", model: str = "") -> StepEngine[Any]:
    """The engine that a worker runs: this model, else the settings' one; or one named by an import path
    `module:factory`.
    """
    from vitascope.engines import first_edition

    return first_edition.build(path) if path else load(model)


def card_of(path: str = "") -> ModelCard:
    """The card of the same engine, without building it where that is possible."""
    from vitascope.engines import first_edition

    return first_edition.card(path) if path else card()


def others(spec: ClipSpec, chosen: ModelCard, cards: Iterable[ModelCard], given: Collection[str] = ()) -> list[str]:
    """Names of the models that can make this spec, which the chosen one cannot. `given`: as for `ModelCard.resolve`."""
    able = []
    for one in cards:
        try:
            if one.name != chosen.name:
                one.resolve(spec, given=given)
                able.append(one.name)
        except BadSpec:
            continue
    return able
