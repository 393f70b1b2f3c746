"""Films: from a script to a finished cut. START HERE: `document.py` holds what people decide, `take.py` what was made
of it, `state.py` compares both, `timeline.py` says what is shown when. Everything else reads or writes these four.

The package can be called: `v.film("script.fountain")` begins or opens a film in a folder (see `project.py`).
"""

from __future__ import annotations

import sys
from types import ModuleType
from typing import Any


class _Callable(ModuleType):
    """`vitascope.film` is both the package and, as `vitascope.generate` is, a function."""

    def __call__(self, *arguments: Any, **named: Any) -> Any:
        from vitascope.film import project

        return project.film(*arguments, **named)


sys.modules[__name__].__class__ = _Callable
