"""Several processes that train one model: each draws its own part of a batch, gradients are averaged, all else is done
by all alike. torchrun starts them; without it a run is one process, and nothing here does anything.
"""

from __future__ import annotations

import torch
import torch.distributed as dist


class Crew:
    """Who this process is among those of its run. `device` is its own, where "cuda" leaves that open."""

    def __init__(self, device: str):
        if dist.is_torchelastic_launched():
            dist.init_process_group("nccl" if device.startswith("cuda") else "gloo")
        together = dist.is_initialized()
        self.rank: int = dist.get_rank() if together else 0
        self.size: int = dist.get_world_size() if together else 1
        self.device = f"cuda:{dist.get_node_local_rank()}" if together and device == "cuda" else device
        if self.device.startswith("cuda:"):
            torch.cuda.set_device(self.device)

    def agree(self, tensors: list[torch.Tensor]) -> None:
        """Everyone's tensors become those of the first process."""
        if self.size > 1:
            for tensor in tensors:
                dist.broadcast(tensor, 0)

    def average(self, tensors: list[torch.Tensor]) -> None:
        """Everyone's tensors become the mean of all."""
        if self.size > 1:
            flat = torch.cat([tensor.flatten() for tensor in tensors])
            dist.all_reduce(flat)
            parts = (flat / self.size).split([tensor.numel() for tensor in tensors])
            torch._foreach_copy_(tensors, [part.view_as(to) for part, to in zip(parts, tensors, strict=True)])

    def any(self, mine: bool) -> bool:
        """Whether anyone says so."""
        said = torch.tensor([float(mine)], device=self.device)
        self.average([said])
        return bool(said.item())

    def leave(self) -> None:
        if self.size > 1:
            dist.destroy_process_group()
