"""The only place that imports the CPU runtime. Opens one ONNX file; all else sees `run(inputs) -> outputs`."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

os.environ["ORT_DISABLE_TELEMETRY"] = "1"  # newer wheels phone home unless this is set before the import

import onnxruntime

from vitascope.config import cores
from vitascope.errors import BadWeights, NoMemory, is_memory

Array = npt.NDArray[Any]


class Session:
    """One graph, ready to run. `threads` 0: as many as there are cores."""

    def __init__(self, file: Path, threads: int = 0):
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = min(threads, 4 * cores())  # many more cost memory and bring nothing
        options.inter_op_num_threads = 1
        options.log_severity_level = 3
        # idle threads leave the cores to others
        options.add_session_config_entry("session.intra_op.allow_spinning", "0")
        try:
            self._session = onnxruntime.InferenceSession(
                str(file), options, providers=["CPUExecutionProvider"], enable_fallback=False
            )
        except Exception as error:  # the runtime raises its own kinds, for damaged files and for memory alike
            if is_memory(error):
                raise NoMemory from error
            raise BadWeights(
                f"The model file {file.name} cannot be opened.", hint="Install Vitascope again."
            ) from error
        self.outputs = [output.name for output in self._session.get_outputs()]
        self.inputs = [given.name for given in self._session.get_inputs()]

    def run(self, **inputs: Array) -> dict[str, Array]:
        wanted = {name: np.ascontiguousarray(inputs[name]) for name in self.inputs}
        try:
            return dict(zip(self.outputs, self._session.run(None, wanted), strict=True))
        except Exception as error:
            if is_memory(error):
                raise NoMemory from error
            raise


def version() -> str:
    return str(onnxruntime.__version__)
