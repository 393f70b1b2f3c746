"""Words to numbers: the fixed vocabulary of the canonical text, with bytes for anything else.

0 is padding, 1 starts every text, 2 to 257 are the bytes, the words of `canonical_words` follow in their order.
"""

from __future__ import annotations

import hashlib
import re

import numpy as np

from vitascope.smallworld.world.facts import canonical_words

PAD, START, FIRST_BYTE = 0, 1, 2
FIRST_WORD = FIRST_BYTE + 256
LENGTH = 32  # the longest canonical text of a sampled scene takes 29


class Tokenizer:
    """Word-level and stateless: the same text always gives the same numbers."""

    def __init__(self) -> None:
        self._ids = {word: FIRST_WORD + i for i, word in enumerate(canonical_words())}

    @property
    def vocab_size(self) -> int:
        return FIRST_WORD + len(self._ids)

    @property
    def vocab_hash(self) -> str:
        """Weights carry the hash of the vocabulary they were trained on, and are refused by any other."""
        return hashlib.sha256("\n".join(self._ids).encode()).hexdigest()

    def encode(self, text: str, length: int = LENGTH) -> np.ndarray:
        """(length,) int64: start, words, padding; a text that is too long loses its end."""
        ids = [START]
        for word in re.findall(r",|[^\s,]+", text.lower()):
            known = self._ids.get(word)
            ids += [known] if known is not None else [FIRST_BYTE + byte for byte in word.encode()]
        row = np.full(length, PAD, dtype=np.int64)
        row[: len(ids)] = ids[:length]
        return row
