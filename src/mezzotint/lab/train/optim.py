# SPDX-License-Identifier: Apache-2.0
"""Optimisers: Muon for the matrices inside the networks, AdamW for everything else.

Muon (Jordan et al. 2024) replaces a matrix's momentum by its nearest orthogonal matrix, through a few Newton-
Schulz steps. A 1x1 convolution is a matrix; depthwise kernels, vectors, priors and the linear shortcut are not
treated so.
"""

from __future__ import annotations

from collections.abc import Iterable

import torch
from torch import Tensor, nn


def orthogonalise(g: Tensor, steps: int = 5) -> Tensor:
    """The quintic Newton-Schulz iteration: singular values of g go to about 1, its vectors stay."""
    a, b, c = 3.4445, -4.7750, 2.0315  # tuned by Jordan for a steep slope at zero; lands in 0.7..1.2
    wide = g if g.shape[0] <= g.shape[1] else g.T
    x: Tensor = wide / (wide.norm() + 1e-7)
    for _ in range(steps):
        gram = x @ x.T
        x = torch.addmm(x, torch.addmm(gram, gram, gram, beta=b, alpha=c), x, beta=a)
    return x if g.shape[0] <= g.shape[1] else x.T


class Muon(torch.optim.Optimizer):
    """Nesterov momentum, orthogonalised; a step moves a weight matrix by about lr in every direction it has."""

    def __init__(
        self,
        params: Iterable[nn.Parameter],
        lr: float = 0.01,
        momentum: float = 0.95,
        weight_decay: float = 0.0,
    ) -> None:
        super().__init__(params, {"lr": lr, "momentum": momentum, "weight_decay": weight_decay})

    @torch.no_grad()
    def step(self, closure: None = None) -> None:  # type: ignore[override]
        for group in self.param_groups:
            for p in group["params"]:
                if p.grad is None:
                    continue
                g = p.grad.flatten(1)
                buffer = self.state[p].setdefault("momentum", torch.zeros_like(g))
                buffer.lerp_(g, 1 - group["momentum"])
                update = orthogonalise(g.lerp(buffer, group["momentum"]))
                # A (rows, cols) update of unit singular values changes outputs by sqrt(rows / cols): hold that at lr.
                scale = max(1.0, update.shape[0] / update.shape[1]) ** 0.5
                p.mul_(1 - group["lr"] * group["weight_decay"])
                p.add_(update.view_as(p), alpha=-group["lr"] * scale)


def build(model: nn.Module, lr: float, muon_lr: float | None) -> list[torch.optim.Optimizer]:
    """[AdamW] or [Muon, AdamW]; the group "initial_lr" is what the schedule scales."""
    matrices: list[nn.Parameter] = []
    rest: list[nn.Parameter] = []
    linear: list[nn.Parameter] = []
    for name, p in model.named_parameters():
        if (
            "shortcut" in name
        ):  # starts as a good transform of small entries: at the full rate it would only jitter
            linear.append(p)
            continue
        inner = any(
            part in name for part in (".fine.", ".coarse.", ".body.", ".steps.", "down.weight", "up.weight")
        )
        matrix = (
            p.ndim >= 2
            and min(p.shape[0], p.flatten(1).shape[1]) >= 16
            and "taps" not in name
            and "linear" not in name
        )
        (matrices if muon_lr is not None and inner and matrix and "conv" not in name else rest).append(p)
    # Fused, the step takes 6 ms instead of 21 on a CPU, of 370 (dev/LOG.md).
    groups = [{"params": rest, "lr": lr}, {"params": linear, "lr": 0.1 * lr}]
    optimisers: list[torch.optim.Optimizer] = [
        torch.optim.AdamW(groups, betas=(0.9, 0.98), eps=1e-9, weight_decay=0.0, fused=True)
    ]
    if matrices:
        optimisers.append(Muon(matrices, lr=muon_lr or 0.0))
    for optimiser in optimisers:
        for group in optimiser.param_groups:
            group["initial_lr"] = group["lr"]
    return optimisers
