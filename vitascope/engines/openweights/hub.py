"""The hub of Hugging Face, spoken to by huggingface_hub. `HF_ENDPOINT`, `HF_TOKEN` and `HF_HOME` are the library's own,
so a mirror, a token and files in its cache are used. Its `hf_hub_download` begins a file anew when it broke off, so its
`http_get` is called with a file that stays.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from vitascope.errors import NotAllowed, NotFound, Unavailable, VitascopeError

NAME = "the hub"
SETTINGS = ("HF_ENDPOINT", "HF_TOKEN")
#: What is fetched of a part's folder. Pickles, pictures and variants in other precisions are not.
KINDS = (".json", ".safetensors", ".model", ".txt", ".jinja")
_VARIANTS = ("fp16", "bf16", "fp32", "non_ema", "ema")
_LICENCE = {"license", "licence", "copying"}


def wanted(path: str, folders: Iterable[str]) -> bool:
    """Whether a file of the repository belongs to one of these parts."""
    folder, _, name = path.partition("/")
    if path == "model_index.json" or is_licence(path):
        return True
    variant = any(f".{word}." in name or f".{word}-" in name for word in _VARIANTS)
    return folder in folders and "/" not in name and name.endswith(KINDS) and not variant


def is_licence(path: str) -> bool:
    """Whether a file of the repository is the text of its licence, such as LICENSE.md or model-v2.license.txt."""
    return not re.search(r"[/\\]", path) and not _LICENCE.isdisjoint(re.split(r"[\W_\d]+", path.lower()))


def host() -> str:
    from huggingface_hub import constants

    return urlsplit(constants.ENDPOINT).netloc.rpartition("@")[2][:120]


def listing(repository: str, folders: Iterable[str]) -> dict[str, Any]:
    from huggingface_hub import HfApi

    _quiet()
    info = HfApi().model_info(repository, files_metadata=True)
    files = [
        {
            "path": one.rfilename,
            "size": one.size or 0,
            "sha256": one.lfs.sha256 if one.lfs else "",
            "blob": one.blob_id or "",
        }
        for one in info.siblings or ()
        if wanted(one.rfilename, folders)
    ]
    return {"files": files, "commit": info.sha, "gated": bool(info.gated)}


def at_hand(repository: str, commit: str, path: str) -> str | None:
    from huggingface_hub import try_to_load_from_cache

    cached = try_to_load_from_cache(repository, path, revision=commit)
    return cached if isinstance(cached, str) else None


def download(repository: str, commit: str, told: Mapping[str, Any], part: Path) -> None:
    from huggingface_hub import get_hf_file_metadata, hf_hub_url
    from huggingface_hub.file_download import http_get
    from huggingface_hub.utils import build_hf_headers

    _quiet()
    url, headers = hf_hub_url(repository, told["path"], revision=commit), build_hf_headers()
    about = get_hf_file_metadata(url)
    place = url if about.xet_file_data else about.location
    if urlsplit(place).netloc != urlsplit(url).netloc:  # a token is for the hub alone
        headers.pop("authorization", None)
    with open(part, "ab") as file:
        http_get(place, file, resume_size=file.tell(), headers=headers, expected_size=int(told["size"]) or None)


def _quiet() -> None:
    """Else the library tells the hub what else is installed and who calls, and draws bars."""
    import huggingface_hub
    from huggingface_hub.utils import disable_progress_bars

    huggingface_hub.constants.HF_HUB_DISABLE_TELEMETRY = True
    huggingface_hub.logging.set_verbosity_error()
    disable_progress_bars()


def explained(error: Exception, repository: str) -> VitascopeError | None:
    from huggingface_hub import errors

    if isinstance(error, errors.GatedRepoError):
        return NotAllowed(
            f"{repository} is gated: its authors want its terms accepted first.",
            hint="Accept them on the model's page with your account, make a token there, and set HF_TOKEN to it.",
        )
    if isinstance(error, errors.RepositoryNotFoundError | errors.RevisionNotFoundError):
        return NotFound(
            f"The hub has no {repository}, or does not show it to you.", hint="Is HF_TOKEN right, if it is private?"
        )
    if isinstance(error, errors.EntryNotFoundError):
        return NotFound(
            f"A file of {repository} is gone from the hub.", hint="Pull again, for the newest list of files."
        )
    if isinstance(error, errors.HfHubHTTPError) and error.response is not None:
        said = f"The hub ({host()}) answered {error.response.status_code}."
        return Unavailable(said, hint="Try again later. If it stays so, is HF_ENDPOINT right?")
    return None
