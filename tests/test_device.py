"""Memory of the devices, measured without their libraries."""

import pytest

from vitascope import config
from vitascope.workers import device
from vitascope.workers.device import Device, Memory


@pytest.fixture
def smi(tmp_path, monkeypatch):
    """A stand-in for nvidia-smi that says this."""

    def say(text, code=0):
        tool = tmp_path / "nvidia-smi"
        tool.write_text(f"#!/bin/sh\necho \"$@\" > {tmp_path}/asked\nprintf '{text}'\nexit {code}\n")
        tool.chmod(0o755)
        monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")

    monkeypatch.delenv("CUDA_VISIBLE_DEVICES", raising=False)
    say.asked = lambda: (tmp_path / "asked").read_text()
    return say


def test_a_gpu_is_found_by_what_nvidia_smi_says(smi, monkeypatch):
    smi("24576, 20480\\n81920, 81920\\n")
    found = device.gpu_memory()
    assert (found.total, found.free) == (pytest.approx(25.77, abs=0.01), pytest.approx(21.47, abs=0.01))
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "1,0")
    device.gpu_memory()
    assert "--id=1" in smi.asked()
    assert list(device.devices(budget=12.0)) == ["cpu", "cuda"]
    assert device.devices(budget=12.0)["cuda"].total == 12
    assert list(device.devices(cuda=False)) == ["cpu"]
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "")
    assert device.gpu_memory() is None


@pytest.mark.parametrize(("text", "code"), [("", 0), ("No devices were found\\n", 6), ("[N/A], [N/A]\\n", 0)])
def test_a_machine_whose_gpu_does_not_answer_has_none(smi, text, code):
    smi(text, code)
    assert list(device.devices()) == ["cpu"]
    assert device.devices(cuda=True)["cuda"].room(10, 0) == float("inf")


def test_the_machine_has_memory_and_a_container_less(tmp_path, monkeypatch):
    whole = device.main_memory()
    assert 0 < whole.free <= whole.total
    for name, text in (("memory.max", "400000000"), ("memory.current", "300000000")):
        (tmp_path / name).write_text(text)
    (tmp_path / "memory.stat").write_text("anon 100000000\ninactive_file 150000000\n")
    monkeypatch.setattr(device, "_CGROUP", tmp_path)
    assert device.main_memory() == Memory(pytest.approx(0.4), pytest.approx(0.25))
    (tmp_path / "memory.max").write_text("max")
    assert device.main_memory().total == whole.total


def test_room_is_what_is_free_and_not_promised():
    measured = Device("cpu", lambda: Memory(16, 10))
    assert measured.room(held=0, loading=0) == 10
    assert measured.room(held=4, loading=4) == 6  # those four may not be taken yet
    assert measured.room(held=12, loading=0) == 4
    assert Device("cpu", lambda: Memory(16, 1), budget=8).room(held=5, loading=5) == 3


def test_only_the_settings_know_which_gpus_may_be_seen(monkeypatch):
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", " 2, GPU-1 ,")
    assert config.visible_gpus() == ["2", "GPU-1"]
