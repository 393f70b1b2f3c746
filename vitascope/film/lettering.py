"""Drawn words: a font that has all their letters, lines that fit, and where on the picture they may stand.

Fonts are looked for in the system's usual folders; none comes with Vitascope but Pillow's own, which has English.
A letter that no font has is refused, and never drawn as an empty box.
"""

from __future__ import annotations

import functools
import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Literal

from PIL import Image, ImageDraw, ImageFont

from vitascope.errors import BadSettings, MissingFont

Style = Literal["outline", "box", "plain"]
Align = Literal["left", "center", "right"]
Size = tuple[int, int]
_MOST_SHRUNK = 0.7
LEAST_PIXELS = 12  # of a letter's height; smaller ones can't be read
_FOLDERS = (
    "/usr/share/fonts", "/usr/local/share/fonts", "~/.fonts", "~/.local/share/fonts",
    "/System/Library/Fonts", "/Library/Fonts", "~/Library/Fonts",
    "C:/Windows/Fonts", "~/AppData/Local/Microsoft/Windows/Fonts",
)  # fmt: skip
# By the start of their files' names, the best first: easy to read, and heavy enough on a moving picture.
_LATIN = ("Inter-Bold", "NotoSans-Bold", "DejaVuSans-Bold", "LiberationSans-Bold", "arialbd", "Arial Bold", "segoeuib",
          "Helvetica", "Arial", "DejaVuSans")  # fmt: skip
_CJK = ("NotoSansCJK-Bold", "NotoSansCJK-Medium", "NotoSansCJK", "NotoSansCJKsc", "NotoSansSC", "SourceHanSans",
        "wqy-microhei", "wqy-zenhei", "PingFang", "Hiragino Sans GB", "STHeiti", "msyhbd", "msyh", "simhei",
        "DroidSansFallback")  # fmt: skip
_FIRST = {
    "ja": ("NotoSansJP", "YuGothB", "meiryob", "meiryo", "Hiragino Sans", "ヒラギノ角ゴシック W6"),
    "ko": ("NotoSansKR", "malgunbd", "malgun", "AppleSDGothicNeo", "NanumGothicBold"),
}
_REGIONS = {"ja": "JP", "ko": "KR", "zh-TW": "TC", "zh-HK": "HK", "zh-Hant": "TC"}  # else SC
_NO_LETTER = "\uffff"  # no font has it
_UNSEEN = {"Cc", "Cf", "Mn", "Me", "Zs", "Zl", "Zp"}
_WIDE = re.compile(r"[\u2e80-\u9fff\uac00-\ud7af\uf900-\ufaff\ufe30-\ufe4f\uff00-\uffef\U00020000-\U0003ffff]")
_NOT_FIRST = "，。、；：？！）》」』】〕”’…—·,.;:?!)]}%々ーぁぃぅぇぉっゃゅょァィゥェォッャュョ"
_NOT_LAST = "（《「『【〔“‘([{$¥￥"


@dataclass(frozen=True)
class Face:
    """One font of a file. An empty path: Pillow's own."""

    path: str
    index: int = 0

    def sized(self, pixels: int) -> ImageFont.FreeTypeFont:
        return _sized(self, pixels)

    def lacks(self, text: str) -> str:
        """The letters of a text that it doesn't have."""
        return "".join(letter for letter in dict.fromkeys(text) if not _has(self, letter))


@functools.lru_cache(64)
def _sized(face: Face, pixels: int) -> ImageFont.FreeTypeFont:
    if not face.path:
        made = ImageFont.load_default(pixels)
        assert isinstance(made, ImageFont.FreeTypeFont)  # Pillow's wheels all have FreeType
        return made
    return ImageFont.truetype(face.path, pixels, index=face.index)


@functools.lru_cache(20_000)
def _has(face: Face, letter: str) -> bool:
    if unicodedata.category(letter) in _UNSEEN:
        return True
    font = face.sized(32)
    drawn = font.getmask(letter)
    return drawn.getbbox() is not None and bytes(drawn) != bytes(font.getmask(_NO_LETTER))


def face_for(text: str, *, language: str = "en", font: Path | None = None) -> Face:
    """The best font here that has all letters of the text. `font`: the file that was asked for, which comes first.
    Raises MissingFont, BadSettings.
    """
    least = ""
    for face in _candidates(language, font):
        try:
            lacks = face.lacks(text)
        except OSError as error:
            if font and face.path == str(font):
                raise BadSettings(
                    f"{font.name} is no font that can be read.", hint="Look at VITASCOPE_FONT."
                ) from error
            continue
        if not lacks:
            return face
        least = lacks if not least or len(lacks) < len(least) else least
    raise MissingFont(least)


def without_symbols(text: str) -> str:
    """Without emoji and other pictures among letters, and the spaces beside them."""
    pictures, joints = ("So", "Sk", "Cs", "Co", "Cn"), "\ufe0f\u200d"
    kept = "".join(letter for letter in text if unicodedata.category(letter) not in pictures and letter not in joints)
    return "\n".join(" ".join(line.split()) for line in kept.split("\n")).strip()


def _candidates(language: str, font: Path | None) -> Iterator[Face]:
    if font:
        yield Face(str(font))
    short = language.split("-")[0]
    wanted = (*_LATIN, *_FIRST.get(short, ()), *_CJK)
    files = _files()
    named = [path for start in wanted for path in files if Path(path).stem.startswith(start)]
    for path in dict.fromkeys(named):
        yield _face(path, _REGIONS.get(language, _REGIONS.get(short, "SC")))
    yield Face("")
    for path in files:
        yield Face(path)


@functools.cache
def _files() -> tuple[str, ...]:
    """All font files in the usual folders, plain ones before slanted and narrow ones."""
    found = []
    for folder in _FOLDERS:
        try:
            root = Path(folder).expanduser()
            found += [path for path in root.rglob("*") if path.suffix.lower() in (".ttf", ".otf", ".ttc")]
        except (OSError, RuntimeError):  # no right to look there; no home
            continue
    odd = re.compile("italic|oblique|condensed|mono|emoji|symbol|math", re.IGNORECASE)
    return tuple(str(path) for path in sorted(found, key=lambda path: (bool(odd.search(path.stem)), path.stem, path)))


@functools.cache
def _face(path: str, region: str) -> Face:
    """In a collection the one for this region, where it is named."""
    if path.lower().endswith(".ttc"):
        for index in range(12):
            try:
                name = str(ImageFont.truetype(path, 12, index=index).getname()[0])
            except OSError:
                break
            if name.endswith(f" {region}"):
                return Face(path, index)
    return Face(path)


@dataclass(frozen=True)
class Area:
    """Where words may stand, in pixels."""

    left: int
    top: int
    right: int
    bottom: int

    @property
    def width(self) -> int:
        return self.right - self.left

    @property
    def height(self) -> int:
        return self.bottom - self.top


def safe_area(size: Size) -> Area:
    """On upright pictures phones' apps draw their own signs over the lowest 18 % and the right 12 %; words keep clear
    of as much on the left, so that they stand in the middle.
    """
    width, height = size
    if width < height:
        return Area(round(0.12 * width), round(0.08 * height), round(0.88 * width), round(0.82 * height))
    return Area(round(0.06 * width), round(0.06 * height), round(0.94 * width), round(0.93 * height))


def wrapped(text: str, font: ImageFont.FreeTypeFont, width: int) -> list[str]:
    """Lines no wider than this, as even as they can be. Line feeds stay; Chinese, Japanese and Korean break between
    letters, other words at spaces.
    """
    return [line for part in text.split("\n") for line in _even(part.strip(), font, width)]


def _even(text: str, font: ImageFont.FreeTypeFont, width: int) -> list[str]:
    lines = _filled(text, font, width)
    if len(lines) < 2:
        return lines
    low, high = width // 2, width
    while high - low > max(2, width // 50):
        middle = (low + high) // 2
        low, high = (low, middle) if len(_filled(text, font, middle)) <= len(lines) else (middle, high)
    return _filled(text, font, high)


def _filled(text: str, font: ImageFont.FreeTypeFont, width: int) -> list[str]:
    lines, line = [], ""
    for piece in _pieces(text):
        if font.getlength((line + piece).rstrip()) <= width:
            line += piece
            continue
        if line.strip():
            lines.append(line.rstrip())
        line = piece.lstrip()
        while font.getlength(line.rstrip()) > width and len(line) > 1:  # one word wider than all there is
            count = next(at for at in range(len(line) - 1, 0, -1) if at == 1 or font.getlength(line[:at]) <= width)
            lines.append(line[:count])
            line = line[count:]
    return [*lines, line.rstrip()] if line.strip() else lines


def _pieces(text: str) -> list[str]:
    """What is never broken: a word with the space behind it, or one wide letter with its signs."""
    found: list[str] = []
    for letter in text:
        last = found[-1][-1] if found else ""
        held = (last and letter in _NOT_FIRST) or last in _NOT_LAST
        parts = (last.isspace() and not letter.isspace()) or _WIDE.match(letter) or _WIDE.match(last)
        if found and (held or not parts):
            found[-1] += letter
        else:
            found.append(letter)
    return found


def fitted(
    text: str, face: Face, pixels: int, width: int, height: int, *, whole: bool = False
) -> tuple[list[str], int]:
    """The lines and the size of letters, made smaller where the text is too long for this room. Lines that are a little
    too wide get smaller letters and stay as they were broken. `whole`: no word is broken as long as letters can get
    smaller.
    """
    if whole:
        longest = max(face.sized(pixels).getlength(piece.rstrip()) for piece in _pieces(text))
        if longest > width:
            pixels = max(LEAST_PIXELS, int(pixels * width / longest))
    widest = max(face.sized(pixels).getlength(line) for line in text.split("\n"))
    if width < widest <= width / _MOST_SHRUNK:
        pixels = max(LEAST_PIXELS, int(pixels * width / widest))
    while True:
        lines = wrapped(text, face.sized(pixels), width)
        if pixels <= LEAST_PIXELS or len(lines) * line_height(pixels) <= height:
            return lines, pixels
        pixels = max(LEAST_PIXELS, pixels * 9 // 10)


def line_height(pixels: int) -> int:
    return round(1.28 * pixels)


def drawn(lines: Sequence[str], face: Face, pixels: int, *, style: Style, align: Align = "center") -> Image.Image:
    """RGBA, as large as the words with their outline or box; white on what the style puts behind them."""
    font, pitch = face.sized(pixels), line_height(pixels)
    stroke, room = _edge(pixels, style)
    widths = [round(font.getlength(line)) for line in lines]
    wide, high = max(widths, default=1) + 2 * (room + stroke), pitch * len(lines) + 2 * (room + stroke)
    image = Image.new("RGBA", (wide, high), (0, 0, 0, 0))
    pen = ImageDraw.Draw(image)
    if style == "box":
        pen.rounded_rectangle((0, 0, wide - 1, high - 1), radius=room // 2, fill=(12, 12, 14, 190))
    ascent, descent = font.getmetrics()
    rest = (pitch - ascent - descent) // 2
    for number, line in enumerate(lines):
        free = wide - widths[number]
        left = {"left": room + stroke, "center": free // 2, "right": free - room - stroke}[align]
        place = (left, room + stroke + number * pitch + rest)
        if style == "plain":  # a shade alone, so that white words can be told from a white sky
            shade = max(1, round(pixels / 18))
            pen.text((place[0] + shade, place[1] + shade), line, font=font, fill=(0, 0, 0, 170))
            over = Image.new("RGBA", image.size, (0, 0, 0, 0))
            ImageDraw.Draw(over).text(place, line, font=font, fill=(255, 255, 255, 255))
            image.alpha_composite(over)
        else:
            pen.text(place, line, font=font, fill=(255, 255, 255, 255), stroke_width=stroke, stroke_fill=(0, 0, 0, 255))
    return image


def edge(pixels: int, style: Style) -> int:
    """How much wider than its words a drawn text is, on each side."""
    return sum(_edge(pixels, style))


def _edge(pixels: int, style: Style) -> tuple[int, int]:
    """(the outline, the room around it)"""
    stroke = max(1, round(pixels / 11)) if style == "outline" else 0
    return stroke, max(2, round(pixels * (0.4 if style == "box" else 0.2)))


def pixels_for(share: float, size: Size) -> int:
    """The height of letters that take this share of the short side."""
    return max(LEAST_PIXELS, round(Fraction(share) * min(size)))
