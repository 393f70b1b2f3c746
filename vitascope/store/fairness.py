"""Who is served next. Pure: from the first waiting job of every account, and how each account stands, to an order.

The rule: lane first (due before idle-only before relaxed), then priority, then the account with the smallest share of
the machines, then the one whose last start lies longest back, then the older job. An account whose only job has just
come has no share, so of any other account's hundred jobs at most one starts before it. Who waits long rises in
priority, so a flood of high priority delays the others and never starves them.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from fractions import Fraction

PATIENCE_SECONDS = 300.0  # of waiting raise a job by one plan's priority
RISE = 10


@dataclass(frozen=True)
class Head:
    """A job that could start now, the first of its account (in its lane and priority)."""

    job_id: str
    account_id: str
    lane: str  # normal | offpeak | relaxed
    priority: int
    waiting_since: float
    run_after: float = 0.0
    reclaimed: bool = False  # its worker died; it is one of the account's `Standing.gone`


@dataclass(frozen=True)
class Standing:
    """How an account stands at this moment."""

    running: int  # with those that are gone
    limit: int  # jobs its plan lets run at the same time
    weight: int = 1  # running jobs that count as one
    turn: int = 0  # number of its last start, counted over all accounts; 0 for one that never started
    gone: int = 0  # of those that run, how many have lost their worker


Rank = tuple[int, int, Fraction, int, str]


def rank(head: Head, standing: Standing, now: float, *, top: int) -> Rank | None:
    """Lower is earlier. None: it may not start now. `top`: the highest priority that waiting can lift a job to."""
    # To take a job up again never makes more run than did, so also after the plan became smaller none is left behind.
    running = standing.running - (standing.gone if head.reclaimed else 0)
    if running >= standing.limit:
        return None
    if head.lane == "offpeak":
        lane = 0 if head.run_after <= now else 1  # until its hour has come it waits for an idle moment
    elif head.run_after > now:
        return None
    else:
        lane = 2 if head.lane == "relaxed" else 0
    risen = head.priority + RISE * int(max(0.0, now - head.waiting_since) // PATIENCE_SECONDS)
    priority = max(head.priority, min(risen, top))
    return lane, -priority, Fraction(running, standing.weight), standing.turn, head.job_id


def order(
    heads: Iterable[Head], standings: Mapping[str, Standing], now: float, *, top: int | None = None
) -> list[Head]:
    """The heads that may start now, best first. `top`: the highest priority of all that wait, if these are not all."""
    heads = list(heads)
    top = max((head.priority for head in heads), default=0) if top is None else top
    ranked = [(rank(head, standings[head.account_id], now, top=top), head) for head in heads]
    return [head for place, head in sorted((place, head) for place, head in ranked if place is not None)]


@dataclass(frozen=True)
class Group:
    """Jobs of one account that wait in one lane with one priority."""

    account_id: str
    lane: str
    priority: int
    waiting: int


@dataclass(frozen=True)
class Line:
    """All that wait, counted. Good for telling many people their place; one for a second serves thousands."""

    groups: tuple[Group, ...]
    running: dict[str, int]
    turns: dict[str, int]

    def position(self, account_id: str, lane: str, priority: int, own_before: int) -> int:
        """1 = next. Exact for one machine and jobs that are due; with more, nobody waits longer than it says.

        `own_before`: jobs of the same account and lane that go first. An account's jobs are its rounds; a round is
        served across all accounts before the next begins.
        """
        round_, turn = self.running.get(account_id, 0) + own_before, self.turns.get(account_id, 0)
        before = own_before
        for group in self.groups:
            if group.account_id == account_id and group.lane == lane:
                continue
            if _LANES[group.lane] != _LANES[lane]:
                before += group.waiting if _LANES[group.lane] < _LANES[lane] else 0
            elif group.priority != priority:
                before += group.waiting if group.priority > priority else 0
            else:
                earlier = self.turns.get(group.account_id, 0) < turn
                rounds = round_ - self.running.get(group.account_id, 0) + earlier
                before += min(group.waiting, max(0, rounds))
        return before + 1


_LANES = {"normal": 0, "offpeak": 1, "relaxed": 2}
