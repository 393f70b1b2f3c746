"""The walls of the house: who may import what, read from the sources themselves."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

import doubles

PACKAGE = Path(__file__).parent.parent / "vitascope"
FILES = sorted(PACKAGE.rglob("*.py"))
#: Files that touch no file, clock or chance, and what of the house they may know.
PURE = {
    "clip.py": {"errors"},
    "errors.py": {"errors"},
    "policy.py": {"clip", "errors"},
    "pricing.py": {"clip", "errors", "plans"},  # of the plans only a type
    "store/fairness.py": {"store"},
    "smallworld/search_terms.py": {"smallworld"},  # only the prompt reader and its facts, which are pure too
    "smallworld/score.py": set(),
}
IO = {"os", "io", "pathlib", "tempfile", "shutil", "subprocess", "socket", "urllib", "time", "random", "secrets"}


def imports(file):
    """Top-level names of all modules this file imports, also inside functions."""
    for node in ast.walk(ast.parse(file.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name.split(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield node.module.split(".")[0]


def inner_imports(file):
    """Full names of the package's own modules this file imports."""
    for node in ast.walk(ast.parse(file.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names if alias.name.startswith("vitascope"))
        elif isinstance(node, ast.ImportFrom) and node.module.startswith("vitascope"):
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def importers(*names):
    return {str(file.relative_to(PACKAGE)) for file in FILES if set(names) & set(imports(file))}


def test_only_the_model_imports_torch():
    outside = {
        name
        for name in importers("torch", "safetensors", "onnx", "onnxscript")
        if not name.startswith("smallworld/training/")
    }
    assert outside == set()


def test_only_one_file_imports_the_runtime():
    assert importers("onnxruntime", "openvino") <= {"smallworld/inference/session.py"}


def test_training_needs_neither_the_runtime_nor_the_video_library():
    """A GPU that is lent for an hour has torch and little else."""
    stages = (
        "data",
        "fit_linear",
        "train_codec",
        "train_layout",
        "train_renderer",
        "train_dit",
        "decoder_pairs",
        "pack",
    )
    blocked = "import sys; sys.modules.update(dict.fromkeys(('onnxruntime', 'onnx', 'av'))); "
    loads = "; ".join(f"import vitascope.smallworld.training.{stage}" for stage in stages)
    subprocess.run([sys.executable, "-c", blocked + loads], check=True)


def test_only_the_media_files_import_the_video_library():
    assert {name for name in importers("av") if not name.startswith("media/")} <= {"doctor.py"}


@pytest.mark.parametrize("name", PURE)
def test_the_nouns_touch_no_file_clock_or_chance(name):
    assert IO.isdisjoint(imports(PACKAGE / name))
    assert {module.split(".")[1] for module in inner_imports(PACKAGE / name)} <= PURE[name]


def test_the_world_knows_nothing_of_the_rest():
    for file in (PACKAGE / "smallworld" / "world").glob("*.py"):
        assert all(module.startswith("vitascope.smallworld.world") for module in inner_imports(file)), file.name


def test_only_the_settings_read_the_environment():
    def reads(file):
        for node in ast.walk(ast.parse(file.read_text("utf-8"))):
            if (
                isinstance(node, ast.Attribute)
                and node.attr in ("environ", "getenv")
                and ast.unparse(node.value) == "os"
            ):
                yield ast.unparse(node)

    assert {str(file.relative_to(PACKAGE)) for file in FILES if any(reads(file))} <= {
        "config.py",
        "smallworld/inference/session.py",  # writes the runtime's telemetry switch, before the runtime is imported
    }


def test_importing_the_package_loads_nothing_heavy():
    heavy = "{'torch', 'onnxruntime', 'av', 'numpy'}"
    code = f"import sys, vitascope, vitascope.cli.app; print(sorted({heavy} & set(sys.modules)))"
    done = subprocess.run(
        [sys.executable, "-c", code], env=doubles.environment(), capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "[]"


def test_nothing_unpickles_what_may_come_from_elsewhere():
    """A pickle runs code when it is read: weights are safetensors, or are read as tensors and plain values alone."""
    for file in FILES:
        text = file.read_text("utf-8")
        for bad in ("weights_only=False", "allow_pickle=True", "pickle.load", "Unpickler(", "yaml.load(", "joblib"):
            assert bad not in text, f"{file.relative_to(PACKAGE)}: {bad}"
        for node in ast.walk(ast.parse(text)):
            if isinstance(node, ast.Call) and ast.unparse(node.func) == "torch.load":
                assert ast.unparse(node).endswith("weights_only=True)"), f"{file.name}: {ast.unparse(node)}"
