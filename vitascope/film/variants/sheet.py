"""The contact sheet: one HTML file that shows every variant of a batch and takes a verdict by a key. It needs no server
and sends nothing; verdicts stay in the browser until they are exported. Pure.
"""

from __future__ import annotations

import html
import json
import re
from collections.abc import Mapping
from pathlib import PurePosixPath
from typing import Any
from urllib.parse import quote

_WORDS = {
    "en": {
        "keys": "Arrow keys or J K: move. A: accept. R: reject. U: undecided. Enter: play. E: export.",
        "export": "Export verdicts", "accept": "Accept", "reject": "Reject", "left": "undecided",
        "accepted": "accepted", "rejected": "rejected", "planned": "planned", "made": "made", "failed": "failed",
        "skipped": "Left out", "seconds": "s", "credits": "credits",
    },
    "zh": {
        "keys": "方向键或 J K：移动。A：通过。R：不通过。U：未定。回车：播放。E：导出。",
        "export": "导出结果", "accept": "通过", "reject": "不通过", "left": "未定", "accepted": "通过",
        "rejected": "不通过", "planned": "待制作", "made": "已完成", "failed": "失败", "skipped": "未包含",
        "seconds": "秒", "credits": "积分",
    },
}  # fmt: skip
_DATA_PICTURE = re.compile(r"data:image/(?:png|jpeg|webp);base64,[A-Za-z0-9+/=]+")


def contact_sheet(listed: Mapping[str, Any], *, title: str, language: str = "en") -> str:
    """The page of a manifest. Films and pictures are shown from where the manifest says, beside the page."""
    said = _WORDS["zh" if language.startswith("zh") else "en"]
    cards = "\n".join(_card(number, film, said) for number, film in enumerate(listed["films"]))
    out = [*listed.get("skipped", ()), *listed.get("duplicates", ())]
    left_out = "".join(f"<li><b>{_e(one['name'])}</b> {_e(one['why'])}</li>" for one in out)
    known = {film["name"]: film["verdict"] for film in listed["films"] if film["verdict"]}
    facts = {"known": known, "words": {key: said[key] for key in ("accepted", "rejected", "left")}, "title": title}
    parts = {
        "LANG": _e(language), "TITLE": _e(title), "KEYS": _e(said["keys"]), "EXPORT": _e(said["export"]),
        "STYLE": _STYLE, "SCRIPT": _SCRIPT.replace("@FACTS@", _script_safe(facts)),
        "CARDS": cards, "OUT": f"<h2>{_e(said['skipped'])}</h2><ul>{left_out}</ul>" if left_out else "",
    }  # fmt: skip
    return re.sub(r"@([A-Z]+)@", lambda mark: parts.get(mark[1], mark[0]), _PAGE)


def _card(number: int, film: Mapping[str, Any], said: Mapping[str, str]) -> str:
    name, shown = _e(film["name"]), film["pictures"]
    ratio = f"aspect-ratio:{int(film['width'])}/{int(film['height'])}"
    if film["file"]:
        poster = f' poster="{_url(shown[0])}"' if shown else ""
        picture = f'<video src="{_url(film["file"])}"{poster} controls preload="none" style="{ratio}"></video>'
    else:
        picture = f'<div class="empty" style="{ratio}"></div>'
    frames = "".join(f'<img src="{_url(one)}" alt="" loading="lazy">' for one in shown)
    values = "".join(f"<dt>{_e(key)}</dt><dd>{_e(value)}</dd>" for key, value in film["values"].items())
    size = f"{int(film['width'])}x{int(film['height'])}"
    facts = [f"{film['seconds']:g} {said['seconds']}", size, film["error"] or said[film["state"]]]
    if film["credits"]:
        facts.append(f"{film['credits']:g} {said['credits']}")
    buttons = "".join(f'<button data-do="{act}">{_e(said[act])}</button>' for act in ("accept", "reject"))
    return (
        f'<article tabindex="{0 if number == 0 else -1}" data-name="{name}" aria-label="{name}">'
        f'{picture}<div class="frames">{frames}</div><h2>{name}</h2><p>{_e(" · ".join(facts))}</p>'
        f'<dl>{values}</dl><p class="verdict">{buttons}</p></article>'
    )


def _e(text: object) -> str:
    return html.escape(str(text), quote=True)


def _script_safe(facts: Mapping[str, Any]) -> str:
    return json.dumps(facts, ensure_ascii=False).replace("<", "\\u003c")


def _url(path: str) -> str:
    """A file beside the page, or a picture in the page itself; nothing that leads elsewhere."""
    if _DATA_PICTURE.fullmatch(path):
        return path
    parts = [part for part in PurePosixPath(path).parts if part not in ("..", "/", ".")]
    return "./" + "/".join(quote(part) for part in parts)


_PAGE = """<!doctype html>
<html lang="@LANG@">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; img-src 'self' data: file:;
 media-src 'self' file:; style-src 'unsafe-inline'; script-src 'unsafe-inline'">
<title>@TITLE@</title>
<style>@STYLE@</style>
</head>
<body>
<header><h1>@TITLE@</h1><p id="count" role="status"></p><button id="export">@EXPORT@</button><p>@KEYS@</p></header>
<main>
@CARDS@
</main>
<footer>@OUT@</footer>
<script>@SCRIPT@</script>
</body>
</html>
"""
_STYLE = """
:root { color-scheme: light dark; font: 15px/1.45 system-ui, sans-serif }
body { margin: 0 }
header { position: sticky; top: 0; z-index: 1; padding: .6rem 1rem; background: Canvas }
header h1 { font-size: 1.1rem; margin: 0 }
header p { margin: .2rem 0 }
main { display: grid; grid-template-columns: repeat(auto-fill, minmax(15rem, 1fr)) }
main { gap: 1rem; padding: 1rem; align-items: start }
article { border: 2px solid GrayText; border-radius: .5rem; padding: .5rem; scroll-margin-top: 8rem }
article:focus { outline: 3px solid Highlight; outline-offset: 2px }
article[data-verdict=accept] { border-color: #1a7f37 }
article[data-verdict=reject] { border-color: #b3261e; opacity: .6 }
article h2 { font-size: 1rem; margin: .4rem 0 0; overflow-wrap: anywhere }
video, .empty { width: 100%; max-height: 22rem; object-fit: contain; background: #111 }
.frames { display: flex; gap: 2px; overflow: hidden }
.frames img { height: 3rem }
dl { display: grid; grid-template-columns: auto 1fr; gap: 0 .6rem; margin: .3rem 0 }
dt { color: GrayText }
dd { margin: 0; overflow-wrap: anywhere }
button { font: inherit; padding: .3rem .8rem; margin-right: .4rem; min-height: 2.2rem }
button[aria-pressed=true] { font-weight: 700; outline: 2px solid currentColor }
"""
_SCRIPT = """
"use strict";
const facts = @FACTS@;
const cards = [...document.querySelectorAll("article")];
const store = "contact sheet: " + facts.title;
let verdicts = facts.known;
try { verdicts = Object.assign({}, facts.known, JSON.parse(localStorage.getItem(store) || "{}")); } catch { /* none */ }
let at = 0;
function show() {
  const count = { accept: 0, reject: 0 };
  for (const card of cards) {
    const verdict = verdicts[card.dataset.name] || "";
    card.dataset.verdict = verdict;
    if (verdict) count[verdict]++;
    for (const button of card.querySelectorAll("button"))
      button.setAttribute("aria-pressed", String(button.dataset.do === verdict));
  }
  const left = cards.length - count.accept - count.reject;
  document.getElementById("count").textContent =
    `${count.accept} ${facts.words.accepted} · ${count.reject} ${facts.words.rejected} · ${left} ${facts.words.left}`;
}
function go(to) {
  if (!cards.length) return;
  cards[at].tabIndex = -1;
  at = Math.max(0, Math.min(cards.length - 1, to));
  cards[at].tabIndex = 0;
  cards[at].focus();
}
function decide(card, verdict) {
  if (verdict) verdicts[card.dataset.name] = verdict; else delete verdicts[card.dataset.name];
  try { localStorage.setItem(store, JSON.stringify(verdicts)); } catch { /* kept until the page is left */ }
  show();
}
function columns() {
  const top = cards.length ? cards[0].offsetTop : 0;
  return Math.max(1, cards.filter((card) => card.offsetTop === top).length);
}
function exported() {
  const known = new Set(cards.map((card) => card.dataset.name));
  const mine = Object.fromEntries(Object.entries(verdicts).filter(([name]) => known.has(name)));
  return JSON.stringify(mine, null, 2);
}
function save() {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob([exported()], { type: "application/json" }));
  link.download = "verdicts.json";
  link.click();
}
document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || !cards.length) return;
  const key = event.key.length === 1 ? event.key.toLowerCase() : event.key;
  const card = cards[at];
  const video = card.querySelector("video");
  const acts = {
    ArrowRight: () => go(at + 1), j: () => go(at + 1), ArrowLeft: () => go(at - 1), k: () => go(at - 1),
    ArrowDown: () => go(at + columns()), ArrowUp: () => go(at - columns()),
    a: () => { decide(card, "accept"); go(at + 1); }, r: () => { decide(card, "reject"); go(at + 1); },
    u: () => decide(card, ""), e: save,
  };
  if (event.target === card && video) acts.Enter = () => (video.paused ? video.play() : video.pause());
  if (acts[key]) { event.preventDefault(); acts[key](); }
});
document.addEventListener("focusin", (event) => {
  const card = event.target.closest("article");
  if (card) { cards[at].tabIndex = -1; at = cards.indexOf(card); card.tabIndex = 0; }
});
document.addEventListener("click", (event) => {
  const button = event.target.closest("button");
  if (!button) return;
  if (button.id === "export") return save();
  const card = button.closest("article");
  decide(card, verdicts[card.dataset.name] === button.dataset.do ? "" : button.dataset.do);
});
show();
"""
