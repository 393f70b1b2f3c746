"""A first price for an open model, so that it can be ordered for credits as soon as it is added. Pure arithmetic.

What a clip costs to make is nearly its tokens x steps x passes x the parameters that each token passes through. Of two
experts one works at a time; guidance makes two passes. What attention takes beyond that is left out.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from fractions import Fraction
from typing import Any

from vitascope.engines.openweights.memory import Weights, token

#: Tokens x parameters that one unit (1/100 credit) pays for. With it, 5 seconds of Wan 1.3B in its usual settings at
#: 832x480 cost 7.5 credits, so an account of the shipped free plan can have two a day.
WORK = 25 * 10**11
#: Pixels of the smallest size class, for which a model's price is told; larger ones have the factors of the plans file.
SMALLEST = 67_584


def price(weights: Weights, form: Mapping[str, Any]) -> dict[str, int]:
    """The [price] of a model file: whole units for a second and for a still, at `steps` steps. `form`: a card's format,
    whose usual steps and guidance are counted.
    """
    group, side = token(weights)
    steps, passes = int(form["steps"]), 2 if float(form.get("guidance", 0)) > 1 else 1
    frame = Fraction(SMALLEST, side * side) * steps * passes * max(one.parameters for one in weights.experts) / WORK
    second = frame * Fraction(str(form["fps"])) / group
    return {"second": math.ceil(second), "still": math.ceil(frame), "steps": steps}
