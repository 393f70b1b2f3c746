"""Schedulers of flow models, as a preset may change them."""

from __future__ import annotations

from typing import Any


def changed(scheduler: Any, kind: str | None, shift: float | None) -> Any:
    """This scheduler, or another kind of it ("euler", "unipc"), with this shift of its noise levels."""
    import diffusers

    if kind is None and shift is None:
        return scheduler
    config = dict(scheduler.config)
    old = config.get("flow_shift", config.get("shift", 1.0))
    to = type(scheduler)
    if kind:
        to = {"euler": diffusers.FlowMatchEulerDiscreteScheduler, "unipc": diffusers.UniPCMultistepScheduler}[kind]
    if to is type(scheduler):
        return to.from_config(config, **{"flow_shift" if "flow_shift" in config else "shift": shift or old})
    if to is diffusers.UniPCMultistepScheduler:
        return to(prediction_type="flow_prediction", use_flow_sigmas=True, flow_shift=shift or old)
    return to(shift=shift or old)
