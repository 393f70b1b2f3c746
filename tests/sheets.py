"""Golden pictures: small contact sheets that are committed, so that a change of what is drawn cannot slip in unseen.

`pytest --regolden` draws them anew; look at them before they are committed.
"""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

FOLDER = Path(__file__).parent / "golden"
COLUMNS = 6


def psnr(a, b):
    """Peak signal to noise ratio in dB of two pictures of bytes."""
    error = np.square(np.asarray(a, float) - np.asarray(b, float)).mean() / 255**2
    return 99.0 if error == 0 else float(-10 * np.log10(error))


def sheet(frames):
    """Frames (F, H, W, 3) uint8 side by side, COLUMNS in a row; the last row is filled with black."""
    frames = np.concatenate([frames, np.zeros((-len(frames) % COLUMNS, *frames.shape[1:]), np.uint8)])
    rows = [np.concatenate(list(frames[i : i + COLUMNS]), axis=1) for i in range(0, len(frames), COLUMNS)]
    return np.concatenate(rows)


def compare(name, frames, config, *, least_db):
    """The frames' sheet is that of tests/golden/<name>.png, or becomes it with --regolden."""
    file, drawn = FOLDER / f"{name}.png", sheet(frames)
    if config.getoption("--regolden"):
        FOLDER.mkdir(exist_ok=True)
        Image.fromarray(drawn).save(file)
        pytest.skip(f"{file.name} was drawn anew: look at it before you commit it")
    if not file.exists():
        pytest.fail(f"{file} is missing; draw it with pytest --regolden")
    meant = np.asarray(Image.open(file).convert("RGB"))
    assert meant.shape == drawn.shape
    found = psnr(meant, drawn)
    assert found > least_db, (
        f"{found:.1f} dB from {file.name}; is the change meant? then draw it with pytest --regolden"
    )
