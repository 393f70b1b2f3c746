"""What will be made, how often, for how much at most, and what came before it: all that `submit` needs."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from vitascope.clip import ClipSpec, Shape
from vitascope.engines.card import ModelCard
from vitascope.store.inputs import File


@dataclass(frozen=True, kw_only=True)
class Order:
    """`shape` is what the card resolves the spec to; raises BadSpec when it cannot."""

    spec: ClipSpec
    card: ModelCard
    n: int = 1
    lane: str = "normal"
    draft: bool = False
    drafted: int = 0  # units paid for the draft that is being finished
    max_units: int | None = None  # it is refused when it costs more; None: whatever it costs
    run_after: float = 0.0
    project_id: str | None = None
    parent_clip_id: str | None = None
    relation: str | None = None
    request: dict[str, Any] = field(default_factory=dict)  # of the caller's dialect, to be shown again
    files: tuple[File, ...] = ()  # that were given for it and that its spec names
    coming: tuple[str, ...] = ()  # modes of the card whose picture or clip is not there yet; another job makes it
    shape: Shape = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "shape", self.card.resolve(self.spec, given=self.coming))

    @property
    def expected_cost(self) -> int | None:
        """What another server takes for each clip, in micro-dollars; None: unknown."""
        return self.card.cost.of(self.shape) if self.card.cost else None
