"""`vitascope train STAGE ...`: the stages of a model's making, in their order. Each prints its flags with --help."""

from __future__ import annotations

import importlib
import sys

from vitascope.errors import BadSpec

#: Stage -> the module whose main(args) it is.
STAGES = {
    "data": "vitascope.smallworld.training.data",  # render shards of clips
    "fit": "vitascope.smallworld.training.fit_linear",  # solve the codec's linear parts
    "codec": "vitascope.smallworld.training.train_codec",  # train its detail network
    "layout": "vitascope.smallworld.training.train_layout",  # train what is where
    "renderer": "vitascope.smallworld.training.train_renderer",  # train what places show of that
    "drawn": "vitascope.smallworld.training.decoder_pairs",  # draw the clips that the codec learns from
    "export": "vitascope.smallworld.training.export",  # write the weights folder
}


def main(args: list[str]) -> None:
    stage = args[0] if args else ""
    if stage not in STAGES:
        raise BadSpec(
            f'Unknown training stage "{stage}".', hint=f"One of {', '.join(STAGES)}; runs/cpu.sh tells the whole way."
        )
    sys.argv[0] = f"vitascope train {stage}"
    importlib.import_module(STAGES[stage]).main(args[1:])
