"""The card that stands where a shot has no picture yet: which shot it is, and what will be seen."""

from __future__ import annotations

import colorsys
import hashlib
from collections.abc import Callable

import numpy as np
from PIL import Image, ImageDraw

from vitascope.film import lettering
from vitascope.film.lettering import Face
from vitascope.frames import Frame

Size = tuple[int, int]
_TOP, _BOTTOM = np.array([38.0, 42.0, 52.0]), np.array([18.0, 20.0, 26.0])
_MOST_LINES = 4


def drawn(label: str, words: str, length: str, size: Size, face: Callable[[str], Face]) -> Frame:
    """`label`: such as "S02-03"; `length`: such as "3.5 s". `face`: the font for a text; may raise MissingFont."""
    width, height = size
    down = np.linspace(0.0, 1.0, height)[:, None, None]
    image = Image.fromarray(
        np.rint(np.broadcast_to(_TOP + (_BOTTOM - _TOP) * down, (height, width, 3))).astype(np.uint8)
    )
    area, unit = lettering.safe_area(size), min(size)
    accent = _colour(label.split("-")[0])  # one colour for each scene
    pixels = lettering.pixels_for(0.075, size)
    small = lettering.pixels_for(0.045, size)
    bar = max(2, unit // 90)
    top = area.top + unit // 30
    pen = ImageDraw.Draw(image)
    pen.rectangle((area.left, top, area.left + bar - 1, top + lettering.line_height(pixels)), fill=accent)
    text_left = area.left + 4 * bar
    bold = face(label)
    middle = top + lettering.line_height(pixels) // 2
    pen.text((text_left, middle), label, font=bold.sized(pixels), fill=(240, 242, 246), anchor="lm")
    pen.text((area.right, middle), length, font=face(length).sized(small), fill=(140, 148, 162), anchor="rm")
    if words.strip():
        plain = face(words)
        body = lettering.pixels_for(0.06, size)
        lines = lettering.wrapped(" ".join(words.split()), plain.sized(body), area.right - text_left)
        if len(lines) > _MOST_LINES:
            lines = [*lines[: _MOST_LINES - 1], lines[_MOST_LINES - 1][:-1].rstrip() + "..."]
        place = top + round(1.7 * lettering.line_height(pixels))
        for number, line in enumerate(lines):
            where = (text_left, place + number * round(1.15 * lettering.line_height(body)))
            pen.text(where, line, font=plain.sized(body), fill=(206, 211, 220))
    return np.asarray(image)


def _colour(text: str) -> tuple[int, int, int]:
    hue = hashlib.sha256(text.encode()).digest()[0] / 256
    red, green, blue = colorsys.hsv_to_rgb(hue, 0.55, 0.9)
    return round(255 * red), round(255 * green), round(255 * blue)
