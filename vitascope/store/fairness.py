"""Who is served next. Pure: from the first waiting job of every account, and how each account stands, to an order.

The rule: lane first (due before idle-only before relaxed), then priority, then the account with the smallest share of
the machines, then the one whose last start lies longest back, then the older job. An account whose only job has just
come has no share, so of any other account's hundred jobs at most one starts before it. Who waits long rises in
priority, and every fourth start leaves priority out: so a flood of high priority takes at most three starts of four,
and of any number of such jobs at most three go before the first of an account that has none running.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction

PATIENCE_SECONDS = 300.0  # of waiting raise a job by one plan's priority
RISE = 10
SHARE_EVERY = 4  # of so many starts one goes by share alone


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


def is_by_share(starts: int) -> bool:
    """Whether the next start leaves priority out, after so many."""
    return (starts + 1) % SHARE_EVERY == 0


def rank(head: Head, standing: Standing, now: float, *, top: int, by_share: bool = False) -> Rank | None:
    """Lower is earlier. None: it may not start now. `top`: the highest priority that waiting can lift a job to.
    `by_share`: priority is left out.
    """
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
    priority = 0 if by_share else max(head.priority, min(risen, top))
    return lane, -priority, Fraction(running, standing.weight), standing.turn, head.job_id


def order(
    heads: Iterable[Head],
    standings: Mapping[str, Standing],
    now: float,
    *,
    top: int | None = None,
    by_share: bool = False,
) -> list[Head]:
    """The heads that may start now, best first. `top`: the highest priority of all that wait, if these are not all."""
    heads = list(heads)
    top = max((head.priority for head in heads), default=0) if top is None else top
    ranked = [(rank(head, standings[head.account_id], now, top=top, by_share=by_share), head) for head in heads]
    return [head for place, head in sorted((place, head) for place, head in ranked if place is not None)]


@dataclass(frozen=True)
class Group:
    """Jobs of one account that wait with one priority in one of the ranks of lanes (see `tier`)."""

    account_id: str
    tier: int
    priority: int
    waiting: int
    first: str = ""  # id of the oldest; decides between accounts that never started


def tier(lane: str, run_after: float, now: float) -> int:
    """How the lanes follow each other: what is due, what waits for its hour or an idle moment, what is relaxed."""
    if lane == "offpeak":
        return 0 if run_after <= now else 1
    return 2 if lane == "relaxed" else 0


@dataclass(frozen=True)
class QueueView:
    """All that wait, counted at the moment `at`. Good for telling many people their place; one for a second serves
    thousands.
    """

    at: float
    groups: tuple[Group, ...]
    running: dict[str, int]
    turns: dict[str, int]
    starts: int = 0  # counted over all accounts
    own: dict[str, list[tuple[int, int, str]]] = field(default_factory=dict)  # (tier, -priority, id) of who has asked

    def before(self, account_id: str, tier: int, priority: int, job_id: str) -> int:
        """Jobs of the same account that go before this one. `own` has the account's jobs, in order."""
        mine = self.own[account_id]
        return bisect_left(mine, (tier, -priority, job_id)) - bisect_left(mine, (tier,))

    def position(self, account_id: str, tier: int, priority: int, own_before: int) -> int:
        """1 = next. Exact for one machine and jobs that are due, while one priority waits; with several priorities and
        with more machines, no job waits longer than it says. What is relaxed or not yet due is told within a few.

        `own_before`: jobs of the same account and tier that go first. An account's jobs are its rounds; a round is
        served across all accounts before the next begins.
        """
        others = [one for one in self.groups if one.tier == tier and one.account_id != account_id]
        own_first = min(
            (one.first for one in self.groups if one.account_id == account_id and one.tier == tier), default="~"
        )
        mine = (self.turns.get(account_id, 0), own_first)
        equal = [one for one in others if one.priority == priority]
        higher = sum(one.waiting for one in others if one.priority > priority)
        lower = sum(one.waiting for one in self.groups if one.tier == tier and one.priority < priority)
        earlier = sum(one.waiting for one in self.groups if one.tier < tier)
        first_share = SHARE_EVERY - (self.starts + earlier) % SHARE_EVERY  # number of the first start by share
        by_share = first_share + SHARE_EVERY * self._rounds(account_id, own_before, mine, others)
        place = by_priority = higher + self._rounds(account_id, own_before, mine, equal) + 1
        while place < by_share:  # starts by share that go to lower priorities come on top
            shares = 0 if place < first_share else 1 + (place - first_share) // SHARE_EVERY
            if place == by_priority + min(lower, shares):
                break
            place = by_priority + min(lower, shares)
        return earlier + min(place, by_share)

    def _rounds(self, account_id: str, own_before: int, turn: tuple[int, str], groups: Sequence[Group]) -> int:
        """Jobs that go before the account's next but `own_before`, when these groups take turns with it."""
        rounds_of_mine = self.running.get(account_id, 0) + own_before
        rounds = {
            one.account_id: rounds_of_mine
            - self.running.get(one.account_id, 0)
            + ((self.turns.get(one.account_id, 0), one.first) < turn)
            for one in groups
        }
        waiting: dict[str, int] = {}
        for one in groups:
            waiting[one.account_id] = waiting.get(one.account_id, 0) + one.waiting
        return own_before + sum(min(waiting[other], max(0, number)) for other, number in rounds.items())
