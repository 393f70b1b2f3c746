"""Whether a card promises no more than the loaded weights can do."""

from __future__ import annotations

from vitascope.engines.card import ModelCard
from vitascope.engines.openweights.family import Family, Parts
from vitascope.errors import BadSettings


def check(card: ModelCard, family: Family, parts: Parts) -> None:
    """Raises BadSettings where the card says what these weights cannot do."""
    takes = family.references(parts)
    can = family.modes(parts) | ({"references"} if takes else set())
    more = sorted(set(card.modes) - can)
    name, rule, form = card.name, family.rule(parts), card.format
    if more:
        raise BadSettings(
            f"The card of {name} says {', '.join(more)}; its weights cannot.",
            hint=f"They take {', '.join(sorted(can))}.",
        )
    many = next((kind for kind, most in card.references.items() if most > takes.get(kind, 0)), "")
    if many:
        raise BadSettings(
            f"The card of {name} says {card.references[many]} references of the kind {many}.",
            hint=f"Its weights take {takes.get(many, 0)}.",
        )
    strange = next((one.name for one in card.options if one.name not in family.options(parts)), "")
    if strange:
        raise BadSettings(f'The card of {name} has the option "{strange}", which is not known.', hint="Leave it out.")
    wrong = next((size for size in form.sizes if any(side % rule.side for side in size)), None)
    if wrong:
        raise BadSettings(
            f"The card of {name} has the size {wrong[0]}x{wrong[1]}.", hint=f"Sides are multiples of {rule.side}."
        )
    if not form.steps:
        raise BadSettings(f"The card of {name} has no steps.", hint="[format]\nsteps = 50")
    if not form.longest:
        return
    if form.group % rule.group or (form.first - rule.first) % rule.group:
        raise BadSettings(
            f"The card of {name} has {form.first} + {form.group}k frames.",
            hint=f"Its weights make {rule.first} + {rule.group}k.",
        )
