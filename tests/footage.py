"""Clips as cameras, phones and other programs write them, made small: any rate, size, matrix, depth, turn and sound."""

from pathlib import Path

import av
import numpy as np
from av.video.reformatter import ColorRange

CASES = Path(__file__).parent / "cases"
RED, GREEN = (200, 40, 40), (40, 180, 60)


def halves(width=64, height=48):
    """Red on the left, green on the right."""
    frame = np.full((height, width, 3), RED, np.uint8)
    frame[:, width // 2 :] = GREEN
    return frame


def tone(seconds, rate=44100, channels=1, hertz=440.0):
    """(samples, channels) float32."""
    wave = 0.4 * np.sin(2 * np.pi * hertz * np.arange(round(seconds * rate)) / rate)
    return np.repeat(wave[:, None], channels, 1).astype(np.float32)


def film(
    path,
    frames,
    *,
    fps=16,
    times=None,
    codec="libx264",
    pix_fmt="yuv420p",
    matrix=1,
    primaries=1,
    transfer=1,
    full_range=False,
    pixel=None,
    turn=None,
    sound=None,
    rate=44100,
    sound_codec="aac",
    options=None,
):
    """`frames`: (H, W, 3) uint8 each, or arrays in `pix_fmt` itself; `times`: when each is shown, in 1/1000 s; `turn`:
    degrees by which a player turns it against the clock; `sound`: (samples, channels).
    """
    with av.open(str(path), "w") as box:
        given = {"crf": "4", "preset": "fast"} if codec == "libx264" else {}
        stream = box.add_stream(codec, rate=1000 if times else fps, options={**given, **(options or {})})
        first = frames[0]
        high, wide = (first.height, first.width) if isinstance(first, av.VideoFrame) else first.shape[:2]
        stream.width, stream.height, stream.pix_fmt = wide, high, pix_fmt
        context = stream.codec_context
        context.colorspace, context.color_primaries, context.color_trc = matrix, primaries, transfer
        context.color_range = ColorRange.JPEG if full_range else ColorRange.MPEG
        if pixel:
            context.sample_aspect_ratio = pixel
        if turn is not None:
            stream.set_display_rotation(turn)
        track = None
        if sound is not None:
            track = box.add_stream(sound_codec, rate=rate, layout="mono" if sound.shape[1] == 1 else "stereo")
        for number, frame in enumerate(frames):
            if isinstance(frame, av.VideoFrame):
                picture = frame
            else:
                picture = av.VideoFrame.from_ndarray(np.ascontiguousarray(frame), format="rgb24").reformat(
                    format=pix_fmt,
                    dst_colorspace={9: 9, 6: 5, 5: 5, 2: 5}.get(matrix, 1),
                    src_color_range=ColorRange.JPEG,
                    dst_color_range=context.color_range,
                )
            picture.pts = times[number] if times else number
            box.mux(stream.encode(picture))
        box.mux(stream.encode(None))
        if track is not None:
            piece = av.AudioFrame.from_ndarray(
                np.ascontiguousarray(sound.reshape(1, -1)), format="flt", layout=track.layout.name
            )
            piece.sample_rate = rate
            box.mux(track.encode(piece))
            box.mux(track.encode(None))
    return path
