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
    "clip.py": {"clip_format_1", "errors", "exact"},
    "clip_format_1.py": set(),
    "engines/card.py": {"clip", "errors"},
    "engines/openweights/lora_match.py": {"engines", "errors"},
    "engines/openweights/memory.py": set(),
    "engines/openweights/price.py": {"engines"},
    "errors.py": {"errors"},
    "exact.py": set(),
    "policy.py": {"clip", "errors"},
    "pricing.py": {"clip", "engines", "errors", "plans"},  # of the plans only a type
    "store/fairness.py": {"store"},
    "workers/switching.py": set(),
    "smallworld/search_terms.py": {"engines", "smallworld"},  # of the engines only the hook's type
    "engines/score.py": set(),
    "store/terms.py": set(),
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


def test_only_training_and_open_models_import_torch():
    heavy = importers("torch", "safetensors", "onnx", "onnxscript")
    assert all(name.startswith(("smallworld/training/", "engines/openweights/")) for name in heavy)
    libraries = importers("diffusers", "transformers", "accelerate", "peft", "greenlet")
    assert all(name.startswith("engines/openweights/") for name in libraries)


def test_the_door_of_open_models_imports_none_of_it():
    """A server finds out here that the extra is missing; only a model's own worker goes further."""
    heavy = "{'torch', 'diffusers', 'transformers', 'numpy'}"
    code = f"import sys, vitascope.engines.openweights.engine; print(sorted({heavy} & set(sys.modules)))"
    done = subprocess.run(
        [sys.executable, "-c", code], env=doubles.environment(), capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "[]"


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


def test_nothing_else_imports_the_small_world():
    """What others need of the built-in model they ask its card's hooks. Two commands exist for it alone: `exam`, and
    `train`, which makes its weights.
    """
    own = "vitascope.smallworld"
    outside = [file for file in FILES if PACKAGE / "smallworld" not in file.parents]
    for file in outside:
        named = {name for name in inner_imports(file) if f"{name}.".startswith(f"{own}.")}
        commands = {f"{own}.exam", f"{own}.training.train"} if file.name == "app.py" and "cli" in file.parts else set()
        assert named <= commands, file.relative_to(PACKAGE)
        assert named or own not in file.read_text("utf-8"), f"{file.relative_to(PACKAGE)} names it in a string"


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
        "engines/openweights/load.py",  # switches the hub off, before its library is imported
        "smallworld/inference/session.py",  # writes the runtime's telemetry switch, before the runtime is imported
    }


def test_importing_the_package_loads_nothing_heavy():
    heavy = "{'torch', 'onnxruntime', 'av', 'numpy'}"
    code = f"import sys, vitascope, vitascope.cli.app; print(sorted({heavy} & set(sys.modules)))"
    done = subprocess.run(
        [sys.executable, "-c", code], env=doubles.environment(), capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "[]"


def test_looking_at_models_loads_neither_torch_nor_the_hub():
    heavy = "{'torch', 'diffusers', 'transformers', 'safetensors', 'gguf', 'huggingface_hub', 'numpy', 'yaml'}"
    modules = ("comfy", "diffusers_folder", "fits", "found_model", "headers", "hub", "identify", "known", "lora_match",
               "memory", "modelscope", "pull", "pull_child", "room", "shelf")  # fmt: skip
    loads = ", ".join(f"vitascope.engines.openweights.{name}" for name in modules)
    code = f"import sys, {loads}; print(sorted({heavy} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_only_the_pull_speaks_to_the_hub():
    hub = {name for name in importers("huggingface_hub", "filelock") if name != "engines/openweights/load.py"}
    assert hub == {"engines/openweights/hub.py", "engines/openweights/pull_child.py"}


def test_nothing_unpickles_what_may_come_from_elsewhere():
    """A pickle runs code when it is read: weights are safetensors, or are read as tensors and plain values alone."""
    for file in FILES:
        text = file.read_text("utf-8")
        for bad in ("weights_only=False", "allow_pickle=True", "pickle.load", "Unpickler(", "yaml.load(", "joblib"):
            assert bad not in text, f"{file.relative_to(PACKAGE)}: {bad}"
        for node in ast.walk(ast.parse(text)):
            if isinstance(node, ast.Call) and ast.unparse(node.func) == "torch.load":
                assert ast.unparse(node).endswith("weights_only=True)"), f"{file.name}: {ast.unparse(node)}"


def test_only_the_way_out_opens_connections():
    """The drivers of the database, of S3 and of Ray have their own, and so has `models pull`, in a process of its own;
    `vitascope studio` asks its own server, and the tools for agents ask the one that their user named.
    """
    outside = {name for name in importers("httpx2", "requests", "aiohttp", "urllib3") if "outbound/" not in name}
    assert outside <= {"cli/studio.py", "mcp/api.py", "engines/openweights/modelscope.py"}


def test_the_sdk_of_the_tools_for_agents_is_an_extra():
    assert importers("mcp", "mcp_types") == {"mcp/server.py"}


def test_clients_of_other_servers_are_pure():
    for file in (PACKAGE / "vendors").rglob("*client.py"):
        assert (IO | {"httpx2", "asyncio", "datetime"}).isdisjoint(imports(file)), file
        known = {module.split(".")[1] for module in inner_imports(file)}
        assert known <= {"clip", "vendors"}, file


def test_the_key_of_another_server_is_read_in_one_place():
    """Who may see it: the session that sends it."""
    users = {str(file.relative_to(PACKAGE)) for file in FILES if "config.secret(" in file.read_text("utf-8")}
    assert users == {"engines/remote/session.py"}
