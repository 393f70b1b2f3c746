"""Single frames of a clip as pictures: its first one (a still's only one) and its last. Drawn when somebody asks for
them, and kept beside the clip.
"""

from __future__ import annotations

import io
import tempfile
from collections import deque
from itertools import islice
from pathlib import Path

from PIL import Image

from vitascope.errors import BadClip, NotFound
from vitascope.media import video
from vitascope.store.blobs import Blobs

_NAMES = {"first": "first.png", "last": "last.png"}


def key(video_key: str, which: str) -> str:
    """The key of this frame's picture, "first" or "last"."""
    return f"{video_key.rpartition('/')[0]}/{_NAMES[which]}"


def there(blobs: Blobs, wanted: str) -> str:
    """The same key, after its picture was drawn if it is one of ours and was not there. Raises NotFound, BadClip."""
    folder, _, name = wanted.rpartition("/")
    if name not in _NAMES.values() or not folder.startswith("clips/"):
        return wanted
    try:
        blobs.size(wanted)
    except NotFound:
        blobs.put(wanted, _png(blobs, f"{folder}/video.mp4", last=name == _NAMES["last"]), "image/png")
    return wanted


def _png(blobs: Blobs, video_key: str, *, last: bool) -> bytes:
    with tempfile.TemporaryDirectory(prefix="vitascope-") as folder:
        path = Path(folder) / "clip.mp4"
        with open(path, "wb") as file:
            for piece in blobs.read(video_key):
                file.write(piece)
        frames = video.read_frames(path, name="The clip")
        found = list(deque(frames, maxlen=1)) if last else [*islice(frames, 1)]
        if not found:
            raise BadClip("The clip has no frame that can be read.", hint="Make it again.")
        out = io.BytesIO()
        Image.fromarray(found[0]).save(out, "PNG", optimize=True)
        return out.getvalue()
