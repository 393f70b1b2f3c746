"""What the studio's first screen shows: examples that the model draws from the same words in both languages, kept
between builds, and words to click on that its reader knows.
"""

import json
import os
import sys
from pathlib import Path

import numpy as np
import pytest

from test_on_its_own import needs_weights
from vitascope.smallworld.reader import reader

STUDIO = Path(__file__).parent.parent / "studio"
LISTED = json.loads((STUDIO / "src" / "start" / "examples.json").read_text("utf-8"))
SENTENCES = json.loads((STUDIO / "src" / "start" / "sentences.json").read_text("utf-8"))


@pytest.fixture
def examples(monkeypatch):
    monkeypatch.syspath_prepend(str(STUDIO))
    monkeypatch.delitem(sys.modules, "examples", raising=False)
    import examples

    return examples


@pytest.mark.parametrize("example", LISTED["clips"], ids=lambda example: example["name"])
def test_an_example_is_the_same_clip_in_both_languages(example):
    """Then its seed gives the clip that is shown, whichever language the page speaks."""
    english, chinese = reader.read(example["en"]), reader.read(example["zh"])
    assert english.canonical == chinese.canonical
    assert english.unknown == chinese.unknown == ()


def test_the_pictures_of_words_are_asked_for_in_words_that_are_known():
    for word in LISTED["words"]:
        reading = reader.read(word["en"])
        assert reading.unknown == (), word
        assert word["name"] in {reading.facts.things[0].shape, reading.facts.ground, reading.facts.sky}, word


@pytest.mark.parametrize("language", ["en", "zh"])
@pytest.mark.parametrize("sentence", SENTENCES, ids=lambda sentence: sentence["en"])
def test_what_clicks_write_is_read_as_it_was_meant(sentence, language):
    reading = reader.read(sentence[language])
    assert reading.unknown == ()
    facts, last = reading.facts, dict(click.split(":") for click in sentence["clicks"])
    things = [click.split(":")[1] for click in sentence["clicks"] if click.startswith("thing:")]
    assert [thing.shape for thing in facts.things] == things
    assert facts.things[0].motion == last.get("motion", "")
    assert (facts.ground, facts.sky) == (last.get("ground", ""), last.get("sky", ""))
    assert last.get("colour", "") in {colour for thing in facts.things for colour in (thing.colour, thing.material, "")}


def written(folder, *clips, words=()):
    file = folder / "examples.json"
    file.write_text(json.dumps({"clips": list(clips), "words": list(words)}))
    return file


def drawn(examples, folder, monkeypatch):
    """The names of those that are drawn, by a stand-in for the model that writes empty files."""
    names = []

    def draw(missing, into):
        names.extend(example.name for example in missing)
        for example in missing:
            for name in example.files:
                (into / name).touch()

    monkeypatch.setattr(examples, "_draw", draw)
    examples.draw(folder / "examples.json", folder / "drawn", folder / "manifest.json")
    return names


def test_examples_are_drawn_once_and_again_when_their_words_or_the_weights_change(examples, tmp_path, monkeypatch):
    (tmp_path / "manifest.json").write_text("weights")
    one, two = ({"name": name, "seed": 1, "en": f"a {name}", "zh": name} for name in ("ball", "cube"))
    word = {"name": "snow", "seed": 1, "en": "snow", "crop": [0, 0, 1, 1]}
    written(tmp_path, one, two, words=[word])
    assert drawn(examples, tmp_path, monkeypatch) == ["ball", "cube", "snow"]
    files = sorted(os.listdir(tmp_path / "drawn"))
    assert [file.split(".")[0] for file in files] == ["ball", "ball", "cube", "cube", "snow"]
    assert drawn(examples, tmp_path, monkeypatch) == []
    written(tmp_path, one, two | {"seed": 2})
    assert drawn(examples, tmp_path, monkeypatch) == ["cube"]
    left = os.listdir(tmp_path / "drawn")
    assert len(left) == 4
    assert not any(file.startswith("snow") for file in left), "what is not listed any more is removed"
    (tmp_path / "manifest.json").write_text("other weights")
    assert drawn(examples, tmp_path, monkeypatch) == ["ball", "cube"]


@needs_weights
@pytest.mark.slow
def test_the_clip_that_is_shown_is_the_one_that_its_seed_gives(examples, tmp_path):
    """Its file is packed smaller, so the frames are nearly those of the model and unlike those of another seed."""
    import vitascope
    from vitascope.media.video import read_frames

    line = LISTED["clips"][0]
    examples.draw(written(tmp_path, line), tmp_path / "drawn")
    (file,) = (tmp_path / "drawn").glob("*.mp4")
    shown = np.stack(list(read_frames(file)))
    assert file.stat().st_size < 100_000
    for prompt, seed, near in ((line["zh"], line["seed"], True), (line["en"], line["seed"] + 1, False)):
        made = vitascope.generate(prompt, aspect="16:9", seconds=5, seed=seed).frames
        error = float(np.mean((made.astype(float) - shown) ** 2))
        assert (error < 20) == near, f"mean square error {error:.1f}"
