"""A transformer of one GGUF file. The library unpacks the weights of linear layers whenever they are used, and leaves
everything else that is packed as bytes: biases, embeddings, learned tokens, tables. Those are unpacked here.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import torch


def load(kind: Any, file: Path, dtype: torch.dtype, *, config: str, subfolder: str | None = None) -> Any:
    """`kind`: a class of diffusers; `config`: the folder of its config, never guessed from the file's shapes."""
    import diffusers
    from diffusers.quantizers.gguf.utils import GGUFLinear, GGUFParameter, dequantize_gguf_tensor

    made = kind.from_single_file(
        str(file), config=config, subfolder=subfolder, dtype=dtype, local_files_only=True,
        quantization_config=diffusers.GGUFQuantizationConfig(compute_dtype=dtype),
    )  # fmt: skip
    for module in made.modules():
        for values in (module._parameters, module._buffers):
            for name, value in values.items():
                packed = isinstance(value, GGUFParameter) and not (name == "weight" and isinstance(module, GGUFLinear))
                if packed:
                    plain = dequantize_gguf_tensor(value).to(dtype)
                    values[name] = torch.nn.Parameter(plain) if values is module._parameters else plain
    return made
