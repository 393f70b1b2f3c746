"""OpenTimelineIO, as JSON of its own schema. Written here, because the library is a binary of megabytes and all of it
that is needed is this shape. Sound levels have no place in the schema: they stand in our metadata.
"""

from __future__ import annotations

import json
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from typing import Any

from vitascope.errors import BadSpec
from vitascope.film.handoff import tracks
from vitascope.film.handoff.edited import EditedCut, EditedItem, cut_of, known_rate, near
from vitascope.film.handoff.form import Job
from vitascope.film.handoff.identity import mark, marked
from vitascope.film.handoff.links import uri
from vitascope.film.handoff.tracks import Heard, Shown
from vitascope.film.take import Media
from vitascope.media.atomic_write import written_aside

MAX_DEPTH = 40


def write(job: Job, target: Path) -> tuple[str, ...]:
    with written_aside(target) as aside:
        aside.write_text(json.dumps(_timeline(job), ensure_ascii=False, indent=1), encoding="utf-8")
    return ()


def _timeline(job: Job) -> dict[str, Any]:
    shown, rate = tracks.pictures(job.timeline), job.timeline.rate
    made = [_track("Picture", "Video", _picture_items(job, shown))]
    made += [_track(track.name, "Audio", _sound_items(job, track.clips)) for track in tracks.sound_tracks(job.timeline)]
    markers = [
        {
            "OTIO_SCHEMA": "Marker.2",
            "metadata": {},
            "name": marker.name,
            "color": "GREEN",
            "marked_range": _range(int(marker.at * rate), 1, rate),
        }
        for marker in job.timeline.markers
    ]
    ours = {"width": job.timeline.width, "height": job.timeline.height, "rate": str(rate), "film": mark(job.film)}
    return {
        "OTIO_SCHEMA": "Timeline.1",
        "metadata": {"vitascope": ours},
        "name": job.timeline.title,
        "global_start_time": None,
        "tracks": {**_item("Stack.1", "tracks", None), "markers": markers, "children": made},
    }


def _item(schema: str, name: str, source_range: Any, *effects: Any, **metadata: Any) -> dict[str, Any]:
    return {
        "OTIO_SCHEMA": schema,
        "metadata": {"vitascope": metadata} if metadata else {},
        "name": name,
        "source_range": source_range,
        "effects": list(effects),
        "markers": [],
        "enabled": True,
    }


def _track(name: str, kind: str, children: list[Any]) -> dict[str, Any]:
    return {**_item("Track.1", name, None), "children": children, "kind": kind}


def _time(value: int | Fraction, rate: Fraction) -> dict[str, Any]:
    return {"OTIO_SCHEMA": "RationalTime.1", "rate": float(rate), "value": float(value)}


def _range(start: int | Fraction, length: int | Fraction, rate: Fraction) -> dict[str, Any]:
    return {"OTIO_SCHEMA": "TimeRange.1", "start_time": _time(start, rate), "duration": _time(length, rate)}


def _gap(length: int, rate: Fraction) -> dict[str, Any]:
    return _item("Gap.1", "", _range(0, length, rate))


def _picture_items(job: Job, shown: list[Shown]) -> list[Any]:
    rate, made = job.timeline.rate, []
    for one in shown:
        if one.gap:
            made.append(_gap(one.gap, rate))
        if one.half:
            made.append(
                {
                    "OTIO_SCHEMA": "Transition.1",
                    "metadata": {},
                    "name": "Cross Dissolve",
                    "transition_type": "SMPTE_Dissolve",
                    "in_offset": _time(one.half, rate),
                    "out_offset": _time(one.half, rate),
                }
            )
        piece = one.piece
        span = _range(one.source_in, one.length, rate)
        clip = _item("Clip.2", piece.name, span, *_warp(piece.speed), item=piece.id, take=piece.take, text=piece.text)
        made.append({**clip, **_reference(job, piece.media, piece.name)})
    return made


def _sound_items(job: Job, clips: tuple[Heard, ...]) -> list[Any]:
    rate, made, end = job.timeline.rate, [], 0
    for one in clips:
        if one.start > end:
            made.append(_gap(one.start - end, rate))
        span = _range(one.source_in, one.length, rate)
        levels = {"gain_db": one.gain, "fade_in_frames": one.fade_in, "fade_out_frames": one.fade_out}
        clip = _item("Clip.2", one.name, span, *_warp(one.speed), **levels)
        made.append({**clip, **_reference(job, one.media, one.name)})
        end = one.end
    return made


def _warp(speed: Fraction) -> list[Any]:
    if speed == 1:
        return []
    return [
        {
            "OTIO_SCHEMA": "LinearTimeWarp.1",
            "metadata": {},
            "name": "Speed",
            "effect_name": "LinearTimeWarp",
            "enabled": True,
            "time_scalar": float(speed),
        }
    ]


def _reference(job: Job, media: Media | None, name: str) -> dict[str, Any]:
    if media is None:
        found: dict[str, Any] = {
            "OTIO_SCHEMA": "MissingReference.1", "metadata": {}, "name": name, "available_range": None,
            "available_image_bounds": None,
        }  # fmt: skip
    else:
        rate = media.rate or job.timeline.rate
        is_picture = media.width > 0 and not media.rate
        found = {
            "OTIO_SCHEMA": "ExternalReference.1",
            "metadata": {},
            "name": name,
            "available_range": None if is_picture else _range(0, media.seconds * rate, rate),
            "available_image_bounds": None,
            "target_url": uri(job.media(media)),
        }
    return {"media_references": {"DEFAULT_MEDIA": found}, "active_media_reference_key": "DEFAULT_MEDIA"}


# Reading


def read(data: bytes, name: str = "") -> EditedCut:
    """Nested stacks and tracks are laid out flat. Sound is not read: it follows from the film."""
    try:
        found = json.loads(data)
        if not str(found["OTIO_SCHEMA"]).startswith("Timeline."):
            raise ValueError("it holds no timeline")
        rate = _rate(found)
        items = _stack(found["tracks"], Fraction(0), None, 0, 0)
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError, OverflowError, ZeroDivisionError) as error:
        raise BadSpec(
            f"This OTIO file cannot be read: {str(error)[:100] or 'it is not in order'}.",
            hint="Export the timeline again, as .otio and not as .otioz.",
        ) from error
    return cut_of(rate, items, _film(found))


def _film(found: Any) -> tuple[str, str]:
    metadata = found.get("metadata")
    ours = metadata.get("vitascope") if isinstance(metadata, dict) else None
    return marked(str(ours.get("film") or "")) if isinstance(ours, dict) else ("", "")


def _seconds(time: Any) -> Fraction:
    return near(float(time["value"]), 1000) / known_rate(Fraction(float(time["rate"])))


def _rate(found: Any) -> Fraction:
    """The first rate of a clip's place in the film."""
    todo = [found]
    while todo:
        one = todo.pop(0)
        if isinstance(one, dict):
            if one.get("OTIO_SCHEMA", "").startswith(("Clip.", "Gap.")) and one.get("source_range"):
                return known_rate(Fraction(float(one["source_range"]["duration"]["rate"])))
            todo += [*one.get("children", []), *([one["tracks"]] if "tracks" in one else [])]
    return Fraction(24)


def _length(one: Any) -> Fraction:
    schema = one["OTIO_SCHEMA"].split(".")[0]
    if one.get("source_range"):
        return _seconds(one["source_range"]["duration"])
    if schema == "Track":
        return sum((_length(child) for child in one["children"] if not _is_transition(child)), Fraction(0))
    if schema == "Stack":
        return max((_length(child) for child in one["children"]), default=Fraction(0))
    ranges = [reference.get("available_range") for reference in _references(one) if reference]
    return _seconds(ranges[0]["duration"]) if ranges and ranges[0] else Fraction(0)


def _is_transition(one: Any) -> bool:
    return str(one["OTIO_SCHEMA"]).startswith("Transition.")


def _references(clip: Any) -> list[Any]:
    if "media_references" in clip:
        key = clip.get("active_media_reference_key", "DEFAULT_MEDIA")
        return [clip["media_references"].get(key)]
    return [clip.get("media_reference")]


def _stack(
    stack: Any, at: Fraction, window: tuple[Fraction, Fraction] | None, level: int, depth: int
) -> list[EditedItem]:
    found: list[EditedItem] = []
    for child in stack["children"]:
        found += _any(child, at, window, level, depth + 1)
        level += 1
    return found


def _any(one: Any, at: Fraction, window: tuple[Fraction, Fraction] | None, level: int, depth: int) -> list[EditedItem]:
    """What lies in `one`, which begins at `at` in the film and shows only in `window`."""
    if depth > MAX_DEPTH:
        raise ValueError(f"it is nested more than {MAX_DEPTH} deep")
    schema = one["OTIO_SCHEMA"].split(".")[0]
    if one.get("enabled") is False or schema == "Gap" or one.get("kind", "Video") != "Video":
        return []
    if one.get("source_range") and schema != "Clip":
        inside = _seconds(one["source_range"]["start_time"])
        own = (at, at + _length(one))
        window = (max(window[0], own[0]), min(window[1], own[1])) if window else own
        at -= inside
    if schema == "Stack":
        return _stack(one, at, window, level, depth)
    if schema == "Track":
        return _sequence(one, at, window, level, depth)
    if schema != "Clip":
        return []
    clip = _clip(one, at, level)
    if clip and window:
        clip = clip.within(*window)
    return [clip] if clip else []


def _clip(one: Any, at: Fraction, level: int) -> EditedItem | None:
    reference = next(iter(_references(one)), None) or {}
    kind = str(reference.get("OTIO_SCHEMA", "")).split(".")[0]
    if kind == "GeneratorReference":  # titles and colours of the editor
        return None
    available = reference.get("available_range")
    place = one.get("source_range") or available
    speed = Fraction(1)
    for effect in one.get("effects") or []:
        if str(effect.get("OTIO_SCHEMA", "")).startswith("LinearTimeWarp"):
            speed *= near(float(effect["time_scalar"]), 1000)
        elif str(effect.get("OTIO_SCHEMA", "")).startswith("FreezeFrame"):
            speed = Fraction(0)
    source_in = _seconds(place["start_time"]) if place else Fraction(0)
    if available:  # cameras count from their clock, not from 0
        source_in -= _seconds(available["start_time"])
    return EditedItem(
        name=str(one.get("name") or "")[:300], place=str(reference.get("target_url") or "")[:2000], start=at,
        seconds=_length(one), source_in=source_in, speed=speed, track=level,
    )  # fmt: skip


def _sequence(
    track: Any, at: Fraction, window: tuple[Fraction, Fraction] | None, level: int, depth: int
) -> list[EditedItem]:
    found: list[EditedItem] = []
    dissolve = Fraction(0)
    for child in track["children"]:
        if _is_transition(child):
            dissolve = _seconds(child["in_offset"]) + _seconds(child["out_offset"])
            continue
        inside = _any(child, at, window, level, depth + 1)
        if inside and dissolve and child["OTIO_SCHEMA"].startswith("Clip."):
            inside[0] = replace(inside[0], dissolve=dissolve)
        found += inside
        at, dissolve = at + _length(child), Fraction(0)
    return found
