"""Many clips of the owner's, put into a running service's home: rows as the library writes them, with one picture."""

from doubles import recipe_of
from vitascope.clip import ClipSpec
from vitascope.smallworld.search_terms import search_terms
from vitascope.store import ids, library
from vitascope.store.blobs import blobs
from vitascope.store.database import Store

WORDS = ("red ball rolls", "blue cube spins", "green cone", "yellow cylinder jumps", "purple ball drops")
GROUNDS = ("snow", "sand", "grass", "stone")


def add_clips(service, count, poster):
    """The prompt of the oldest. `poster`: the bytes of a JPEG."""
    home = service.folder / "home"
    account = service.get("/v1/account")["id"]
    store, files = Store(f"sqlite:///{home / 'vitascope.db'}"), blobs(str(home / "blobs"))
    try:
        for number in range(count):
            now = 1_700_000_000.0 + number
            clip_id = ids.new_id(ids.CLIP, now)
            prompt = f"Number {number}: a {WORDS[number % 5]} on {GROUNDS[number % 4]} at noon"
            spec = ClipSpec(prompt=prompt, seed=number, seconds=5, aspect="16:9")
            files.put(key := library.key(clip_id, "poster.jpg"), poster)
            with store.begin() as tx:
                library.add(
                    tx,
                    account_id=account,
                    recipe=recipe_of(spec, weights="w", version="0.1"),
                    size_bytes=1000,
                    sha256=clip_id,
                    now=now,
                    clip_id=clip_id,
                    poster_key=key,
                    meaning=search_terms(prompt).terms,
                )
    finally:
        store.close()
    return "Number 0: a red ball rolls on snow at noon"
