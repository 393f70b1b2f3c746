"""A draft of Jianying (剪映) and CapCut as a ZIP for another computer: media inside, an install script for each system
that needs nothing but the system. No path of this computer is in it; the script writes those of that one.

The app's format is not published. What is written follows what its users found out (docs/handoff.md); the app itself
was never run on it. It encrypts what it saves, so no way leads back.
"""

from __future__ import annotations

import json
import uuid
import zipfile
from pathlib import Path
from typing import Any

from vitascope.errors import NotFound
from vitascope.film.handoff import tracks
from vitascope.film.handoff.form import Job
from vitascope.film.handoff.links import file_names, safe_name
from vitascope.film.handoff.tracks import Caption, Heard, Shown
from vitascope.film.take import Media
from vitascope.media.atomic_write import written_aside

#: Replaced by the install scripts: the draft's folder, its name, its id, and the time in microseconds.
FOLDER, NAME, ID, NOW = "%VITASCOPE_FOLDER%", "%VITASCOPE_NAME%", "%VITASCOPE_ID%", "%VITASCOPE_NOW%"
_SPACE = uuid.UUID("6f0c1c0e-6a5b-4c39-9a51-0f3f2a8de9d1")
_EPOCH = (1980, 1, 1, 0, 0, 0)
_PHOTO = 10_800_000_000  # microseconds that the app gives a still
_HERE = Path(__file__).parent
_EMPTY = (
    "ai_translates", "audio_balances", "audio_effects", "audio_fades", "audio_track_indexes", "audios", "beats",
    "canvases", "chromas", "color_curves", "digital_humans", "drafts", "effects", "flowers", "green_screens",
    "handwrites", "hsl", "images", "log_color_wheels", "loudnesses", "manual_deformations", "masks",
    "material_animations", "material_colors", "multi_language_refs", "placeholders", "plugin_effects",
    "primary_color_wheels", "realtime_denoises", "shapes", "smart_crops", "smart_relights",
    "sound_channel_mappings", "speeds", "stickers", "tail_leaders", "text_templates", "texts", "time_marks",
    "transitions", "video_effects", "video_trackings", "videos", "vocal_beautifys", "vocal_separations",
)  # fmt: skip
_READ_ME = """This is a film for Jianying (剪映) or CapCut.

1. Unpack this ZIP. Quit the app.
2. Windows: double-click install.cmd.
   macOS: open Terminal, type "sh " and a space, drag install.sh into the window, press Enter.
3. Start the app. The draft is in its list.

If the app keeps its drafts elsewhere, name that folder:
   powershell -ExecutionPolicy Bypass -File install.ps1 -Drafts "D:\\Drafts"
   sh install.sh "/Users/me/Drafts"

The scripts copy this folder's "draft" there, write the paths of your computer into it, and add it to the app's list
(root_meta_info.json), of which they keep a copy beside it.
"""


def write(job: Job, target: Path) -> tuple[str, ...]:
    assert job.files is not None
    draft = _Draft(job)
    content = json.dumps(draft.content, ensure_ascii=False, indent=1).encode()
    line = draft.content["id"]
    project = {
        "config": {"color_space": -1, "render_index_track_mode_on": False, "use_float_render": False},
        "create_time": 0, "id": line, "main_timeline_id": line, "update_time": 0, "version": 0,
        "timelines": [
            {"create_time": 0, "id": line, "is_marked_delete": False, "name": "Timeline 01", "update_time": 0}
        ],
    }  # fmt: skip
    texts = {
        "draft/draft_content.json": content,
        "draft/draft_info.json": content,
        f"draft/Timelines/{line}/draft_info.json": content,
        f"draft/Timelines/{line}/draft_content.json": content,
        "draft/Timelines/project.json": json.dumps(project, indent=1).encode(),
        "draft/draft_meta_info.json": json.dumps(draft.meta(), ensure_ascii=False, indent=1).encode(),
        "install/entry.txt": draft.entry().encode(),
        "install/name.txt": safe_name(job.timeline.title).encode(),
        "install.sh": (_HERE / "install.sh").read_bytes(),
        "install.ps1": (_HERE / "install.ps1").read_bytes().replace(b"\r\n", b"\n").replace(b"\n", b"\r\n"),
        "install.cmd": b'@powershell -NoProfile -ExecutionPolicy Bypass -File "%~dp0install.ps1"\r\n@pause\r\n',
        "README.txt": b"\xef\xbb\xbf" + _READ_ME.replace("\n", "\r\n").encode(),
    }
    with written_aside(target) as aside, zipfile.ZipFile(aside, "w") as box:
        for name, data in texts.items():
            box.writestr(_member(name), data, zipfile.ZIP_DEFLATED)
        for media, name in draft.files.values():
            put(box, f"draft/{name}", job.files(media), name)
    return draft.told


def _member(name: str) -> zipfile.ZipInfo:
    """The same film gives the same bytes: no clock."""
    made = zipfile.ZipInfo(name, _EPOCH)
    made.external_attr = (0o755 if name.endswith(".sh") else 0o644) << 16
    return made


def put(box: zipfile.ZipFile, name: str, path: Path, told: str) -> None:
    """A file as it is, uncompressed, in pieces."""
    try:
        with open(path, "rb") as source, box.open(_member(name), "w", force_zip64=True) as into:
            while piece := source.read(2**20):
                into.write(piece)
    except FileNotFoundError as error:
        raise NotFound(f"The file of {told} is gone.", hint="Make the shot anew, or bring the file back.") from error


def _id(*words: object) -> str:
    return str(uuid.uuid5(_SPACE, "\x00".join(str(word) for word in words))).upper()


class _Draft:
    def __init__(self, job: Job):
        self.job, self.rate, self.told = job, job.timeline.rate, ()
        self.names, self.files = file_names(job.timeline), dict[str, tuple[Media, str]]()
        self.materials: dict[str, list[Any]] = {name: [] for name in _EMPTY}
        made = [
            self._row("video", "", [self._picture(one, at) for at, one in enumerate(self.shown) if one.piece.media])
        ]
        for track in tracks.sound_tracks(job.timeline):
            if not track.name.startswith("Takes"):  # they sound in their own clips
                made.append(self._row("audio", track.name, [self._sound(clip) for clip in track.clips]))
        captions = tracks.captions(job.timeline, job.film)
        if captions:
            made.append(self._row("text", "captions", [self._caption(one) for one in captions]))
        self.content = self._content(made)

    @property
    def shown(self) -> list[Shown]:
        return tracks.pictures(self.job.timeline)

    def _time(self, count: int) -> int:
        """Microseconds of a frame's beginning. Lengths are differences of two, so nothing overlaps."""
        return round(count / self.rate * 1_000_000)

    def _span(self, start: int, end: int) -> dict[str, int]:
        return {"start": self._time(start), "duration": self._time(end) - self._time(start)}

    def _path(self, media: Media) -> str:
        self.files.setdefault(media.key, (media, self.names[media.key]))
        return f"{FOLDER}/{self.names[media.key]}"

    def _add(self, kind: str, fields: dict[str, Any]) -> str:
        if all(fields["id"] != known["id"] for known in self.materials[kind]):
            self.materials[kind].append(fields)
        return str(fields["id"])

    def _row(self, kind: str, name: str, segments: list[Any]) -> dict[str, Any]:
        return {
            "attribute": 0, "flag": 0, "id": _id("track", kind, name), "is_default_name": not name, "name": name,
            "segments": segments, "type": kind,
        }  # fmt: skip

    def _segment(self, material: str, start: int, end: int, refs: list[str], **more: Any) -> dict[str, Any]:
        return {
            "common_keyframes": [], "enable_adjust": True, "enable_lut": True, "extra_material_refs": refs,
            "id": _id("segment", material, start), "keyframe_refs": [], "last_nonzero_volume": 1.0,
            "material_id": material, "render_index": 0, "reverse": False, "speed": 1.0,
            "target_timerange": self._span(start, end), "track_attribute": 0, "track_render_index": 0, "visible": True,
            "volume": 1.0, **more,
        }  # fmt: skip

    def _speed(self, speed: float, *words: object) -> str:
        fields = {"curve_speed": None, "id": _id("speed", *words), "mode": 0, "speed": speed, "type": "speed"}
        return self._add("speeds", fields)

    def _clip(self, y: float = 0.0) -> dict[str, Any]:
        return {
            "alpha": 1.0, "flip": {"horizontal": False, "vertical": False}, "rotation": 0.0,
            "scale": {"x": 1.0, "y": 1.0}, "transform": {"x": 0.0, "y": y},
        }  # fmt: skip

    def _picture(self, one: Shown, at: int) -> dict[str, Any]:
        piece, media = one.piece, one.piece.media
        assert media is not None
        corners = ("upper_left", "upper_right", "lower_left", "lower_right")
        crop = {f"{corner}_x": float("right" in corner) for corner in corners}
        crop |= {f"{corner}_y": float("lower" in corner) for corner in corners}
        length = _PHOTO if piece.is_still else round(media.seconds * 1_000_000)
        # The name stands in the material: each name has one of its own, also of one file.
        material = self._add(
            "videos",
            {
                "audio_fade": None, "category_id": "", "category_name": "local", "check_flag": 63487, "crop": crop,
                "crop_ratio": "free", "crop_scale": 1.0, "duration": length, "has_audio": media.sound,
                "height": media.height, "id": _id("video", media.key, piece.name),
                "local_material_id": _id("file", media.key), "material_id": "",
                "material_name": piece.name, "media_path": "", "path": self._path(media),
                "type": "photo" if piece.is_still else "video", "width": media.width,
            },
        )  # fmt: skip
        speed = 1.0 if piece.is_still else float(piece.speed)
        refs = [self._speed(speed, piece.id)]
        following = self.shown[at + 1] if at + 1 < len(self.shown) else None
        if following and following.half and following.piece.media:
            refs.append(
                self._add(
                    "transitions",
                    {
                        "category_id": "", "category_name": "", "duration": self._time(2 * following.half),
                        "effect_id": "322577", "id": _id("transition", piece.id), "is_overlap": True, "name": "叠化",
                        "platform": "all", "resource_id": "6724845717472416269", "type": "transition",
                    },
                )
            )  # fmt: skip
        target = self._span(one.start, one.end)
        begin = 0 if piece.is_still else round(piece.source_in * 1_000_000)
        source = {"start": begin, "duration": target["duration"] if speed == 1 else round(target["duration"] * speed)}
        volume = 0.0 if piece.muted else _linear(piece.gain)
        return self._segment(
            material, one.start, one.end, refs, source_timerange=source, speed=speed, volume=volume, clip=self._clip(),
            hdr_settings={"intensity": 1.0, "mode": 1, "nits": 1000}, uniform_scale={"on": True, "value": 1.0},
        )  # fmt: skip

    def _sound(self, clip: Heard) -> dict[str, Any]:
        made = _id("audio", clip.media.key, clip.name)
        material = self._add(
            "audios",
            {
                "app_id": 0, "category_id": "", "category_name": "local", "check_flag": 3,
                "copyright_limit_type": "none",
                "duration": round(clip.media.seconds * 1_000_000), "effect_id": "", "formula_id": "", "id": made,
                "local_material_id": _id("file", clip.media.key), "music_id": made, "name": clip.name,
                "path": self._path(clip.media), "source_platform": 0, "type": "extract_music", "wave_points": [],
            },
        )  # fmt: skip
        refs = [self._speed(1.0, clip.name, clip.start)]
        if clip.fade_in or clip.fade_out:
            fade = {
                "fade_in_duration": self._time(clip.fade_in), "fade_out_duration": self._time(clip.fade_out),
                "fade_type": 0, "id": _id("fade", clip.name, clip.start), "type": "audio_fade",
            }  # fmt: skip
            refs.append(self._add("audio_fades", fade))
        target = self._span(clip.start, clip.end)
        source = {"start": self._time(clip.source_in), "duration": target["duration"]}
        return self._segment(
            material, clip.start, clip.end, refs, source_timerange=source, volume=_linear(clip.gain), clip=None,
            hdr_settings=None,
        )  # fmt: skip

    def _caption(self, one: Caption) -> dict[str, Any]:
        white = {"alpha": 1.0, "content": {"render_type": "solid", "solid": {"alpha": 1.0, "color": [1.0, 1.0, 1.0]}}}
        black = {"alpha": 1.0, "content": {"render_type": "solid", "solid": {"alpha": 1.0, "color": [0.0, 0.0, 0.0]}}}
        length = len(one.text.encode("utf-16-le")) // 2  # the app counts as Windows does
        style = {
            "bold": False, "fill": white, "italic": False, "range": [0, length], "size": 8.0,
            "strokes": [{**black, "width": 0.08}], "underline": False,
        }  # fmt: skip
        words = {"styles": [style], "text": one.text}
        material = self._add(
            "texts",
            {
                "alignment": 1, "check_flag": 15, "content": json.dumps(words, ensure_ascii=False),
                "force_apply_line_max_width": False, "global_alpha": 1.0, "id": _id("text", one.start, one.text),
                "letter_spacing": 0.0, "line_feed": 1, "line_max_width": 0.82, "line_spacing": 0.02, "type": "subtitle",
                "typesetting": 0,
            },
        )  # fmt: skip
        return self._segment(
            material, one.start, one.end, [self._speed(1.0, "text", one.start)], source_timerange=None,
            clip=self._clip(-0.8), render_index=15_000, uniform_scale={"on": True, "value": 1.0},
        )  # fmt: skip

    def _content(self, rows: list[Any]) -> dict[str, Any]:
        timeline = self.job.timeline
        system = {"app_id": 3704, "app_source": "lv", "app_version": "5.9.0", "os": "windows"}
        keyframes = ("adjusts", "audios", "effects", "filters", "handwrites", "stickers", "texts", "videos")
        return {
            "canvas_config": {"height": timeline.height, "ratio": "original", "width": timeline.width},
            "color_space": 0,
            "config": {
                "adjust_max_index": 1, "attachment_info": [], "combination_max_index": 1, "export_range": None,
                "extract_audio_last_index": 1, "lyrics_sync": True, "maintrack_adsorb": False, "material_save_mode": 0,
                "original_sound_last_index": 1, "record_audio_last_index": 1, "sticker_max_index": 1,
                "subtitle_sync": True, "system_font_list": [], "video_mute": False, "zoom_info_params": None,
            },
            "cover": None, "create_time": 0, "duration": self._time(timeline.frames), "extra_info": None,
            "fps": float(self.rate), "free_render_index_mode_on": False, "group_container": None,
            "id": _id("timeline", timeline.title), "keyframe_graph_list": [],
            "keyframes": {name: [] for name in keyframes}, "last_modified_platform": system, "platform": system,
            "materials": self.materials, "mutable_config": None, "name": "", "new_version": "110.0.0",
            "relationships": [], "render_index_track_mode_on": False, "retouch_cover": None, "source": "default",
            "static_cover_image_path": "", "time_marks": None, "tracks": rows, "update_time": 0, "version": 360000,
        }  # fmt: skip

    def meta(self) -> dict[str, Any]:
        """The draft's own card. The app asks for media that are not in its list to be found again."""
        listed = [
            {
                "create_time": 0, "duration": _PHOTO if _is_still(media) else round(media.seconds * 1_000_000),
                "extra_info": name.rsplit("/", 1)[-1], "file_Path": f"{FOLDER}/{name}", "height": media.height,
                "id": _id("file", media.key), "import_time": 0, "import_time_ms": 0, "item_source": 1, "md5": "",
                "metetype": "photo" if _is_still(media) else "video" if media.rate else "music",
                "roughcut_time_range": {"duration": round(media.seconds * 1_000_000), "start": 0},
                "sub_time_range": {"duration": -1, "start": -1}, "type": 0, "width": media.width,
            }
            for media, name in self.files.values()
        ]  # fmt: skip
        return {
            "draft_cover": "", "draft_fold_path": FOLDER, "draft_id": ID, "draft_is_invisible": False,
            "draft_materials": [{"type": kind, "value": listed if kind == 0 else []} for kind in (0, 1, 2, 3, 6, 7, 8)],
            "draft_materials_copied_info": [], "draft_name": NAME, "draft_new_version": "", "draft_root_path": "",
            "draft_segment_extra_info": [], "draft_type": "", "tm_draft_cloud_completed": "", "tm_draft_removed": 0,
            "tm_duration": self._time(self.job.timeline.frames),
        }  # fmt: skip

    def entry(self) -> str:
        """One line for the app's list of drafts. It becomes JSON when the time is written into it."""
        fields = {
            "draft_cover": "", "draft_fold_path": FOLDER, "draft_id": ID, "draft_is_invisible": False,
            "draft_json_file": f"{FOLDER}/draft_content.json", "draft_name": NAME, "draft_new_version": "",
            "draft_root_path": "%VITASCOPE_ROOT%", "draft_timeline_materials_size": 0, "draft_type": "",
            "tm_draft_cloud_completed": "", "tm_draft_create": NOW, "tm_draft_modified": NOW, "tm_draft_removed": 0,
            "tm_duration": self._time(self.job.timeline.frames),
        }  # fmt: skip
        return json.dumps(fields, ensure_ascii=False).replace(f'"{NOW}"', NOW)


def _is_still(media: Media) -> bool:
    return media.width > 0 and not media.rate


def _linear(gain: float) -> float:
    return round(10 ** (gain / 20), 6)
