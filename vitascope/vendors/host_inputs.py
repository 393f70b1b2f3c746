"""The free-form inputs of hosts that serve many models (Replicate, fal): each model there has its own names for the
same few things. Pure: whatever names are known become `Asked`; what would change the result and cannot be done is
refused; the rest is kept and ignored, as those hosts do.
"""

from __future__ import annotations

import re
from typing import Any

from vitascope.clip import Size
from vitascope.errors import NotSupported
from vitascope.vendors import host_cameras, size_tiers
from vitascope.vendors.common import echo
from vitascope.vendors.fields import NO, YES, Fields, bad, first, number, structure, text, whole
from vitascope.vendors.request import Asked, SoundFlag

PROMPTS = ("prompt", "text_prompt", "text", "prompt_text")
FIRSTS = (
    "image_url", "start_image_url", "first_frame_url", "first_frame_image_url", "first_image_url", "input_image_url",
    "image", "start_image", "first_frame_image", "first_frame", "input_image", "img_url", "img_cond_path",
)  # fmt: skip
LASTS = (
    "tail_image_url", "end_image_url", "last_frame_url", "last_image_url", "last_frame_image_url", "end_image",
    "tail_image", "last_frame_image", "last_frame", "last_image", "image_tail",
)  # fmt: skip
CLIPS = ("video_url", "video", "input_video", "source_video_url", "source_video")
SOUNDS = ("generate_audio", "enable_audio", "with_audio", "generate_sound", "sound", "audio_switch")
CANNOT = {
    "take a sound": ("audio_url", "audio_file", "input_audio", "voice_ids", "voice_list", "voice_id"),
    "take pictures of characters, things or styles": (
        "reference_image_urls", "reference_images", "reference_image_url", "subject_reference", "elements",
        "subject_reference_image_url", "style_image", "style_reference", "ref_images",
    ),
    "take another clip's motion": ("reference_video_urls", "reference_videos", "motion_video", "control_video",
                                   "control_video_url", "pose_video", "video_urls"),
    "paint over a part of a clip": ("mask_url", "mask_image_url", "mask_video_url", "static_mask_url", "static_mask",
                                    "dynamic_masks", "mask"),
    "take a LoRA": ("loras", "lora", "lora_weights", "lora_url", "replicate_weights", "extra_lora"),
    "make a clip of several shots": ("multi_prompt", "multi_shots", "shots"),
}  # fmt: skip
#: The last words of a model's path that say what it does with a clip that is given.
CHANGES = {
    "extend": "", "extend-video": "", "video-extend": "",
    "edit": "change a given clip", "edit-video": "change a given clip", "remix": "change a given clip",
    "video-to-video": "change a given clip", "modify": "change a given clip", "reframe": "reframe a given clip",
    "upscale": "enlarge a given clip", "upscaler": "enlarge a given clip", "lipsync": "move lips to a sound",
    "lip-sync": "move lips to a sound", "effects": "put on an effect", "motion-control": "take another clip's motion",
    "avatar": "make an avatar speak", "text-to-speech": "make sound", "text-to-audio": "make sound",
    "reference-to-video": "take pictures of characters, things or styles",
    "elements": "take pictures of characters, things or styles", "image-to-image": "change a given picture",
}  # fmt: skip
_STILLS = re.compile(
    r"text-to-image|/flux|imagen|stable-diffusion|sdxl|ideogram|recraft|seedream|nano-banana|qwen-image|-image$"
)
_IMAGE_SIZES = {
    "square_hd": (1024, 1024), "square": (512, 512), "portrait_4_3": (768, 1024), "portrait_16_9": (576, 1024),
    "landscape_4_3": (1024, 768), "landscape_16_9": (1024, 576),
}  # fmt: skip


def read(given: Fields, model: str, **more: Any) -> Asked:
    """What these inputs of the model with this path ask for; `more`: what the host says besides them."""
    extends = _extends(model)
    for what, names in CANNOT.items():
        name, value = first(given, *names)
        if value:
            raise NotSupported(f"No model here can {what} ({name}).", hint=f"Leave {name} out.")
    prompt = text(given, *PROMPTS)
    if not prompt.strip():
        raise bad("prompt", "The prompt is empty.", 'Say what to show, for example "a red ball bounces on snow".')
    image, clip = structure(given, *FIRSTS) or _first_of(given), structure(given, *CLIPS)
    still = bool(_STILLS.search(model)) and not extends
    if still and image:
        raise NotSupported("No model here can change a given picture.", hint="Leave the picture out.")
    if clip and not extends:
        raise NotSupported("No model here can change a given clip.", hint="A model ending in /extend-video goes on.")
    if extends and not clip:
        raise bad("video_url", "The clip to be continued is missing.", "Send it as video_url.")
    size, aspect, notes = _shape(given, pictured=bool(image))
    seconds = None if still else _seconds(given)
    words, camera = host_cameras.read(given, model.lower(), prompt, seconds)
    return Asked(
        prompt=words,
        negative_prompt=text(given, "negative_prompt"),
        model=model,
        seconds=seconds,
        size=size,
        aspect=aspect,
        seed=_seed(given),
        steps=whole(given, "num_inference_steps", "steps", "sampling_steps"),
        guidance=_guidance(given, model),
        camera=camera,
        image=image,
        last_image=structure(given, *LASTS),
        extend=clip,
        n=_takes(given),
        still=still,
        operation="text to image" if still else "extend" if extends else "image to video" if image else "text to video",
        echo=echo(given),
        notes=(*notes, *_notes(given, model)),
        sound_flag=_sound(given),
        **more,
    )


def _extends(model: str) -> bool:
    """Whether the model goes on with a clip. Raises NotSupported for what none here can do."""
    last = model.rstrip("/").rpartition("/")[2].lower()
    if what := CHANGES.get(last):
        raise NotSupported(f"No model here can {what}.", hint="Clips are made from words and pictures, or continued.")
    return last in CHANGES


def _first_of(given: Fields) -> Any:
    """The only picture of a list; more of them would be characters or things."""
    pictures = structure(given, "image_urls", "images")
    if not pictures:
        return None
    if isinstance(pictures, list) and len(pictures) == 1:
        return pictures[0]
    raise NotSupported("No model here can take several pictures of one moment.", hint="Send one as image_url.")


def _shape(given: Fields, *, pictured: bool) -> tuple[Size | None, str, tuple[str, ...]]:
    wanted = structure(given, "image_size", "video_size", "size")
    if isinstance(wanted, str) and wanted in _IMAGE_SIZES:
        return _IMAGE_SIZES[wanted], "", ()
    width, height = whole(wanted if isinstance(wanted, dict) else given, "width"), None
    if width is not None:
        height = whole(wanted if isinstance(wanted, dict) else given, "height")
    if width is not None and height is not None:
        if width < 1 or height < 1:
            raise bad("width", f"{width}x{height} is not a size.", "For example 1280 and 720.")
        return (width, height), "", ()
    tier = wanted if isinstance(wanted, str) else text(given, "resolution", limit=40)
    return size_tiers.read(tier, text(given, "aspect_ratio", "ratio", "aspect", limit=40), pictured=pictured)


def _seconds(given: Fields) -> float | None:
    """ "5", "5s", 5 or a number of frames."""
    name, value = first(given, "duration", "seconds", "video_length", "duration_seconds")
    if isinstance(value, str):
        plain = re.sub(r"\s*(s|sec|seconds)$", "", value.strip().lower())
        return None if plain == "auto" else number({name: plain}, name)
    if value is not None:
        return number(given, name)
    frames = number(given, "num_frames", "frames", "frame_num")
    if frames is None:
        return None
    fps = number(given, "frames_per_second", "fps", "frame_rate") or 16.0
    if fps <= 0:
        raise bad("frames_per_second", f"{fps:g} frames in a second cannot be made.", "For example 16.")
    return max(0.0, (frames - 1) / fps)


def _seed(given: Fields) -> int | None:
    seed = whole(given, "seed", "noise_seed")
    return None if seed is None or seed < 0 else seed


def _takes(given: Fields) -> int:
    n = whole(given, "num_images", "num_outputs", "num_videos", "n")
    if n is not None and not 1 <= n <= 100:
        raise bad("num_images", f"{n} takes cannot be made.", "1 to 100.")
    return 1 if n is None else n


def _guidance(given: Fields, model: str) -> float | None:
    """Kling's own scale goes from 0 to 1, of which 0.5 is what the model does by itself."""
    scale = number(given, "cfg_scale")
    if "kling" in model and scale is not None and 0 <= scale <= 1:
        return None if scale == 0.5 else 2 * scale
    return number(given, "guidance_scale", "guidance", "sample_guide_scale")


def _sound(given: Fields) -> SoundFlag | None:
    """Of what is no flag, nothing: models of many makers have fields of these names."""
    name, value = first(given, *SOUNDS)
    word = str(value).strip().lower()
    return SoundFlag(name, word in YES) if name and word in YES + NO else None


def _notes(given: Fields, model: str) -> tuple[str, ...]:
    notes: tuple[str, ...] = ()
    if number(given, "cfg_scale") is not None and "kling" not in model:
        notes += ("cfg_scale was left out: its scale is that of another model.",)
    return notes
