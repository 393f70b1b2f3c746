"""A ComfyUI folder of a small Wan with random weights, from `models add` to a clip."""

import subprocess
import sys

import pytest

pytest.importorskip("diffusers")

import test_open_comfy as files
from doubles import environment
from vitascope.media import video

pytestmark = [pytest.mark.slow]


def test_a_comfyui_folder_makes_a_clip(tmp_path):
    root = tmp_path / "ComfyUI" / "models"
    for name in ("diffusion_models", "text_encoders", "vae"):
        (root / name).mkdir(parents=True)
    files.transformer_file(root / "diffusion_models" / "wan_small_fp8.safetensors", files.wide(), fp8=True)
    files.encoder_file(root / "text_encoders" / "umt5_fp8_scaled.safetensors", files.umt5(), fp8=True)
    files.vae_file(root / "vae" / "wan_vae.safetensors", files.true_vae())
    own = environment() | {"VITASCOPE_HOME": str(tmp_path / "home")}

    def run(*words):
        command = [sys.executable, "-m", "vitascope", *(str(word) for word in words)]
        return subprocess.run(command, env=own, cwd=tmp_path, capture_output=True, text=True, timeout=300)

    added = run("models", "add", root, "--name", "small", "--accept-licence", "--device", "cpu")
    assert added.returncode == 0, added.stderr
    size = ("--seconds", "0.25", "--steps", "2", "--size", "64x32")
    made = run("generate", "a red ball", "--model", "small", *size, "-o", "a.mp4")
    assert made.returncode == 0, made.stderr
    info = video.probe(tmp_path / "a.mp4")
    assert (info.width, info.height, info.frames, info.fps) == (64, 32, 5, 16)
