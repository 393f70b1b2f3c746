"""The committed model still draws the clip that was looked at when it was committed."""

import numpy as np
import pytest

import sheets
from vitascope.clip import ClipSpec
from vitascope.smallworld.engine import EmbeddedEngine
from vitascope.smallworld.inference.bundle import weights_folder

PROMPT = "a large red ball bounces on snow at sunset"


@pytest.fixture(scope="module")
def engine():
    if not (weights_folder() / "manifest.json").exists():
        pytest.skip("no model has been trained and exported yet")
    return EmbeddedEngine(weights_folder())


@pytest.mark.parametrize(("name", "more"), [("clip", {}), ("wide", {"aspect": "16:9"})])
def test_the_committed_model_draws_the_golden_clip(engine, request, name, more):
    """A second of it, six frames, at half size."""
    spec = ClipSpec(prompt=PROMPT, seed=7, seconds=1.0, **more)
    draft = engine.begin(spec, engine.card.resolve(spec))
    while not draft.done:
        engine.step([draft])
    frames = np.stack(list(engine.frames(draft)))[::3]
    halves = frames.reshape(len(frames), frames.shape[1] // 2, 2, frames.shape[2] // 2, 2, 3).mean((2, 4))
    sheets.compare(name, (halves + 0.5).astype(np.uint8), request.config, least_db=30)
