"""How a line is bought from a vendor's speech: who may, what it may cost, and one paid request. The row in the book is
committed before the request leaves. What was certainly not bought may be tried again; what was bought, or perhaps,
never is by itself: no vendor here makes one sound under one name, or tells of one that was made before.
"""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from typing import Any

from sqlalchemy import Connection

from vitascope.config import Settings
from vitascope.engines.remote import session as sessions
from vitascope.engines.remote.protocol import NotSent
from vitascope.errors import BadSettings, NotMade, TooMany, Unavailable, VitascopeError
from vitascope.film import voices
from vitascope.film.voices.bought import Bought, Buy, Offer, offers
from vitascope.orders.retry import patiently
from vitascope.outbound import vendor
from vitascope.plans import Plan
from vitascope.store import budgets, purchases, speech
from vitascope.store.accounts import Account
from vitascope.store.database import Store
from vitascope.store.purchase import Purchase
from vitascope.vendors.client import Refused, Unclear
from vitascope.vendors.minimax.speech import MiniMaxSpeech
from vitascope.vendors.speech import SpeechClient, Spoken, Words
from vitascope.vendors.volcano import speech as volcano

_CLIENTS: dict[str, type[MiniMaxSpeech] | type[volcano.VolcanoSpeech]] = {
    "minimax": MiniMaxSpeech, "volcano": volcano.VolcanoSpeech,
}  # fmt: skip


def speakers(settings: Settings, account: Account, plan: Plan, buy: Buy | None = None) -> tuple[voices.Speaker, ...]:
    """Who can speak for this account: the configured service, vendors that it may buy from, programs of the machine."""
    here = voices.speakers(settings)
    paid = tuple(Bought(offer, buy) for offer in offers(settings.speech_vendors) if may_buy(account, plan, offer.name))
    first = [one for one in here if one.sends_to]
    return (*first, *paid, *(one for one in here if not one.sends_to))


def may_buy(account: Account, plan: Plan, model: str) -> bool:
    """It costs the operator money: it is the owner's alone until a plan lists it, as models of other servers are."""
    return account.role == "owner" or any(fnmatchcase(model, pattern) for pattern in plan.remote)


@dataclass(frozen=True)
class Buyer:
    """A `Buy` for one thing of an account: `of` is a take's id, or one made for a request."""

    store: Store
    account_id: str
    of: str
    carrier: Any = vendor
    stopped: threading.Event = field(default_factory=threading.Event)

    def __call__(self, offer: Offer, text: str, voice: str, speed: float, language: str) -> bytes:
        """Raises NotAllowed while buying is stopped, OverSpendingLimit, TooMany, BadSettings for a key that is not
        there, NotMade, Unavailable when it was not sent.
        """
        client, session = _CLIENTS[offer.vendor](offer.model), _session(offer, self.carrier)
        digest = hashlib.sha256(repr((text, voice, speed, language)).encode()).hexdigest()
        estimate = offer.estimate(text)
        with self.store.begin() as tx:
            now = self.store.clock()
            self.store.lock_account(tx, self.account_id)
            purchases.refuse_stopped(tx, offer.name)
            refuse_costs(tx, self.account_id, {offer.name: [estimate]}, now)
            held = speech.begin(
                tx, self.account_id, self.of, now,
                model=offer.name, address=session.address, digest=digest, estimate=estimate,
            )  # fmt: skip
        words = Words(name=held.name, text=text, voice=voice, speed=speed, language=language)
        spoken = self._ask(client, session, words, held, offer)
        self._end(held, "done", billed="yes", cost=_charged(offer, spoken), trace=spoken.trace[:200])
        return spoken.sound

    def _ask(
        self, client: SpeechClient, session: sessions.Session, words: Words, held: Purchase, offer: Offer
    ) -> Spoken:
        try:
            return session.run(client.speak(words))
        except Refused as error:
            self._end(held, "failed", billed="no", cost=0, note=error.message)
            raise _refused(offer, error) from None
        except NotSent as error:
            self._end(held, "failed", billed="no", cost=0, note=error.message)
            raise Unavailable(error.message, hint=error.hint) from None
        except BadSettings as error:
            self._end(held, "failed", billed="no", cost=0, note=error.message)
            raise
        except BaseException as error:  # whatever it was, the request may have gone out
            why = str(error) if isinstance(error, Unclear | VitascopeError) else type(error).__name__
            self._end(held, "lost", billed="unknown", cost=None, note=why)
            if not isinstance(error, Unclear | VitascopeError):
                raise
            raise NotMade(
                f"{offer.title} did not give the sound, and may charge for it: {why}",
                hint="It is not bought twice by itself. Make the voice again to buy it anew.",
            ) from None

    def _end(self, held: Purchase, state: Any, **told: Any) -> None:
        def note() -> None:
            with self.store.begin() as tx:
                speech.end(tx, held, state, self.store.clock(), **told)

        patiently(note, stopped=self.stopped, what="booking a line")


def refuse_costs(tx: Connection, account_id: str, wanted: Mapping[str, Sequence[int | None]], now: float) -> None:
    """Raises OverSpendingLimit when these lines would pass a budget; the account is locked by the caller."""
    lines = [(model, cost) for model, some in wanted.items() for cost in some]
    budgets.refuse(tx, account_id, lines, now, key_id=None, hint="Write its price into a file of its voices.")


def _session(offer: Offer, carrier: Any) -> sessions.Session:
    source = {"address": offer.address, "key": offer.key}
    authorize: sessions.Authorize = sessions.bearer
    if offer.vendor == "volcano":
        authorize = lambda key, _: volcano.authorization(key)  # noqa: E731
    address = sessions.checked_address(offer.address, offer.name)
    return sessions.Session(address, sessions.key_of(source, offer.name), authorize=authorize, carrier=carrier)


def _charged(offer: Offer, spoken: Spoken) -> int | None:
    return None if spoken.characters is None else offer.cost(spoken.characters)


def _refused(offer: Offer, error: Refused) -> VitascopeError:
    if error.reason == "limit":
        return TooMany(f"{offer.title} takes no more now: {error.message}", hint="Make the voice again later.")
    hint = {
        "auth": f"Check its key: vitascope keys vendor add {offer.key} --replace",
        "money": "Its account there has no money left.",
        "moderation": "Change the line.",
    }.get(error.reason, "Change the line or choose another voice.")
    return NotMade(f"{offer.title} refuses the line: {error.message}", hint=hint)
