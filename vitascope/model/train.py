"""`vitascope train STAGE ...`: the stages of a model's making, in their order. Each prints its flags with --help."""

from __future__ import annotations

import importlib
import sys

from vitascope.errors import BadSpec

#: Stage -> the module whose main(args) it is.
STAGES = {
    "data": "vitascope.model.data",  # render shards of clips
    "fit": "vitascope.model.fit",  # solve the codec's linear parts
    "codec": "vitascope.model.train_codec",  # train its detail network
    "layout": "vitascope.model.train_layout",  # train what is where
    "sketch": "vitascope.model.train_sketch",  # train words and what places show of a layout
    "dit": "vitascope.model.train_dit",  # train the diffusion transformer, from words and sketch on
    "drawn": "vitascope.model.drawn",  # draw the clips that the codec learns from, so that it learns to show that too
    "export": "vitascope.model.export",  # write the weights folder
}


def main(args: list[str]) -> None:
    stage = args[0] if args else ""
    if stage not in STAGES:
        raise BadSpec(
            f'Unknown training stage "{stage}".', hint=f"One of {', '.join(STAGES)}; runs/cpu.sh tells the whole way."
        )
    sys.argv[0] = f"vitascope train {stage}"
    importlib.import_module(STAGES[stage]).main(args[1:])
