"""The tokenizer: a fixed vocabulary of the canonical words, bytes for the rest."""

import numpy as np

from vitascope.smallworld.inference.tokens import FIRST_BYTE, FIRST_WORD, PAD, START, Tokenizer
from vitascope.smallworld.world.captions import canonical, facts_of
from vitascope.smallworld.world.facts import canonical_words
from vitascope.smallworld.world.scene import sample

TOKENIZER = Tokenizer()
WORDS = canonical_words()


def test_a_text_is_start_words_and_padding():
    row = TOKENIZER.encode("red ball, on snow")
    assert row.dtype == np.int64
    assert row.shape == (32,)
    expected = [START] + [FIRST_WORD + WORDS.index(word) for word in ("red", "ball", ",", "on", "snow")]
    assert row[:6].tolist() == expected
    assert (row[6:] == PAD).all()


def test_the_empty_text_is_the_start_alone():
    assert TOKENIZER.encode("").tolist() == [START] + [PAD] * 31


def test_every_canonical_text_of_a_scene_fits_without_bytes():
    for seed in range(1000):
        text = canonical(facts_of(sample(seed)))
        row = TOKENIZER.encode(text)
        used = row[row != PAD]
        assert len(used) == 1 + len(text.replace(",", " ,").split())  # nothing is cut off
        assert (used[1:] >= FIRST_WORD).all()


def test_an_unknown_word_is_its_bytes():
    row = TOKENIZER.encode("red 龙", length=6)
    assert row.tolist() == [START, FIRST_WORD + WORDS.index("red"), *(FIRST_BYTE + b for b in "龙".encode()), PAD]


def test_a_text_that_is_too_long_loses_its_end():
    assert TOKENIZER.encode("red " * 50, length=8).tolist() == [START] + [FIRST_WORD + WORDS.index("red")] * 7


def test_no_number_reaches_the_vocabulary_size():
    assert TOKENIZER.encode(WORDS[-1]).max() == TOKENIZER.vocab_size - 1


def test_the_vocabulary_is_the_one_that_weights_were_trained_on():
    """Weights carry this hash: where it changes, every trained model is refused."""
    assert TOKENIZER.vocab_size == 323
    assert TOKENIZER.vocab_hash == "ac5a875e15971eb04a48224da9d112a925110db129922eba77a6b82073950797"
