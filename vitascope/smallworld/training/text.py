"""The text encoder: word pieces -> states that a transformer attends to, and one pooled vector. Layout and renderer
have one each, trained together with them.

B batch, L tokens (32), D width, H heads. Token 0 is padding; a prompt of padding alone is the unconditional one.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import nn


class TextBlock(nn.Module):
    """What either half adds is normed: unbounded, it drowned the words themselves (10,000 against 8 after 9,000 steps),
    and six of them could no longer be told from padding.
    """

    def __init__(self, width: int, heads: int):
        super().__init__()
        self.heads = heads
        self.qkv, self.out = nn.Linear(width, 3 * width, bias=False), nn.Linear(width, width, bias=False)
        self.up, self.down = nn.Linear(width, 2 * width, bias=False), nn.Linear(2 * width, width, bias=False)

    def forward(self, x):
        b, n, d = x.shape
        q, k, v = self.qkv(rms(x)).reshape(b, n, 3, self.heads, d // self.heads).permute(2, 0, 3, 1, 4)
        x = x + rms(self.out(F.scaled_dot_product_attention(rms(q), rms(k), v).transpose(1, 2).reshape(b, n, d)))
        return x + rms(self.down(F.relu(self.up(rms(x))).square()))


def rms(x):
    """Root-mean-square norm over the last axis, without weights."""
    return x * torch.rsqrt(x.square().mean(-1, keepdim=True) + 1e-6)


class TextEncoder(nn.Module):
    def __init__(self, vocabulary: int, width: int, heads: int, depth: int = 2, length: int = 32):
        super().__init__()
        self.embed = nn.Embedding(vocabulary, width)
        self.position = nn.Parameter(torch.randn(length, width) * 0.02)
        self.blocks = nn.ModuleList(TextBlock(width, heads) for _ in range(depth))
        nn.init.normal_(self.embed.weight, std=0.5)

    def forward(self, tokens):
        """tokens (B, L) int -> states (B, L, D), pooled (B, D)."""
        x = rms(self.embed(tokens)) + self.position
        for block in self.blocks:
            x = block(x)
        x = rms(x)
        return x, x.mean(1)
