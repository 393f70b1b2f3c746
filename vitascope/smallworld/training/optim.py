"""Optimisers: Muon for the matrices of the blocks, AdamW for everything else.

Our own Muon instead of torch's because torch's runs its iteration in bfloat16, which a CPU without bfloat16 units
emulates; here it runs in float32 there and in bfloat16 elsewhere. Source of the iteration and of the scale 0.2 sqrt(max
side): Jordan et al. 2024 and arXiv 2502.16982.
"""

from __future__ import annotations

import torch
from torch import nn

_A, _B, _C = 3.4445, -4.7750, 2.0315


def halves(device: str) -> bool:
    """Whether arithmetic in bfloat16 is the faster one there."""
    return device.startswith("cuda") or getattr(torch.cpu, "_is_avx512_bf16_supported", lambda: False)()


def orthogonal(g):
    """The nearest (semi-)orthogonal matrices to g (..., rows, columns), roughly: five quintic Newton-Schulz steps."""
    x = g.bfloat16() if halves(g.device.type) else g
    tall = x.shape[-2] > x.shape[-1]
    x = x.mT if tall else x
    x = x / (x.norm(dim=(-2, -1), keepdim=True) + 1e-7)
    for _ in range(5):
        a = x @ x.mT
        x = _A * x + (_B * a + _C * (a @ a)) @ x
    return (x.mT if tall else x).to(g.dtype)


class Muon(torch.optim.Optimizer):
    """Momentum, made orthogonal, at a size that matches AdamW's updates. Parameters of one shape are updated in one
    batch.
    """

    def __init__(self, params, lr: float = 3e-3, momentum: float = 0.95, weight_decay: float = 0.1):
        super().__init__(params, {"lr": lr, "momentum": momentum, "weight_decay": weight_decay})

    @torch.no_grad()
    def step(self, closure=None):
        for group in self.param_groups:
            shapes: dict[tuple, list] = {}
            for p in group["params"]:
                if p.grad is not None:
                    shapes.setdefault(tuple(p.shape), []).append(p)
            for shape, params in shapes.items():
                moments = []
                for p in params:
                    m = self.state[p].setdefault("momentum", torch.zeros_like(p))
                    m.lerp_(p.grad, 1 - group["momentum"])
                    # a convolution is a matrix from patches
                    moments.append(torch.lerp(p.grad, m, group["momentum"]).flatten(1))
                updates = orthogonal(torch.stack(moments))
                for p, update in zip(params, updates, strict=True):
                    p.mul_(1 - group["lr"] * group["weight_decay"])
                    p.add_(update.view(shape), alpha=-group["lr"] * 0.2 * max(update.shape) ** 0.5)


def optimisers(
    model: nn.Module, muon_lr: float, adam_lr: float, inside: str = "blocks."
) -> list[torch.optim.Optimizer]:
    """Muon on the matrices and convolutions whose names contain `inside`, AdamW on the rest."""
    matrices = [p for name, p in model.named_parameters() if p.ndim >= 2 and inside in name]
    chosen = {id(p) for p in matrices}
    rest = [p for p in model.parameters() if id(p) not in chosen]
    return [Muon(matrices, lr=muon_lr), torch.optim.AdamW(rest, lr=adam_lr, betas=(0.9, 0.97), weight_decay=0.0)]
