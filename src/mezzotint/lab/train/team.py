# SPDX-License-Identifier: Apache-2.0
"""The processes that share one training run, as torchrun starts them: who we are, our share of a batch, the mean.

Plain data parallelism: all draw the same batch, each computes its share of it, and gradients are averaged in one
all-reduce a step, so that weights, optimiser state and average stay equal everywhere without being sent. What is said
beside the gradients (losses, the wish to stop) travels in the same all-reduce and costs no other.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import torch
import torch.distributed as dist
from torch import Tensor

NOISE_STRIDE = 0x9E3779B1  # between the seeds of two ranks; the CPU's generator reads 32 bits of a seed


@dataclass(frozen=True)
class Team:
    """Process ``rank`` of ``size``."""

    rank: int = 0
    size: int = 1

    @property
    def leads(self) -> bool:
        """Whether this is the one process that logs, validates and saves."""
        return self.rank == 0

    def share(self, batch: int) -> slice:
        """Our part of a batch; ValueError when it cannot be cut into equal parts."""
        if batch % self.size:
            raise ValueError(
                f"a batch of {batch} does not divide among {self.size} processes: give --nproc-per-node"
                f" {_next_divisor(batch, self.size)}, or the recipe another batch"
            )
        part = batch // self.size
        return slice(self.rank * part, (self.rank + 1) * part)

    def noise_seed(self, seed: int) -> int:
        """A seed of our own, from one that all have; the same one where we are alone."""
        return (seed + self.rank * NOISE_STRIDE) % 2**32

    def mean(self, gradients: list[Tensor], facts: Tensor) -> Tensor:
        """Replace gradients in place by their mean over all processes, and return the mean of ``facts`` (N,)."""
        if self.size == 1:
            return facts
        flat = torch.cat([*(g.flatten() for g in gradients), facts])
        dist.all_reduce(flat)
        flat /= self.size
        means = torch.split(flat, [*(g.numel() for g in gradients), len(facts)])
        parts = [mean.view(g.shape) for mean, g in zip(means[:-1], gradients, strict=True)]
        torch._foreach_copy_(gradients, parts)
        return means[-1]

    def agree(self, step: int, device: str) -> None:
        """ValueError unless all processes start at this step, as they do when all see the same checkpoint."""
        if self.size == 1:
            return
        ends = torch.tensor([step, -step], device=device)
        dist.all_reduce(ends, dist.ReduceOp.MAX)
        if ends[0] != -ends[1]:
            raise ValueError(
                f"processes would start at steps {-int(ends[1])} to {int(ends[0])}: give an --out that all share"
            )


ALONE = Team()


def started() -> Team:
    """The team that torchrun's environment tells of; `ALONE` without one."""
    if "RANK" not in os.environ or "WORLD_SIZE" not in os.environ:
        return ALONE
    return Team(int(os.environ["RANK"]), int(os.environ["WORLD_SIZE"]))


@contextmanager
def joined(team: Team, device: str) -> Iterator[str]:
    """Connect the processes while the block runs; gives our own device, a GPU each where ``device`` is cuda.

    ValueError where the machine has fewer GPUs than processes.
    """
    if team.size == 1:
        yield device
        return
    cuda = device.startswith("cuda")
    if cuda:
        local, count = int(os.environ.get("LOCAL_RANK", team.rank)), torch.cuda.device_count()
        if local >= count:
            raise ValueError(f"more processes than the {count} GPUs here: give --nproc-per-node {count}")
        device = f"cuda:{local}"
        torch.cuda.set_device(device)
    dist.init_process_group("nccl" if cuda else "gloo")
    yield device
    dist.destroy_process_group()  # not after an error: it would wait for those that wait for us


def _next_divisor(batch: int, size: int) -> int:
    return next(n for n in range(min(size, batch), 0, -1) if batch % n == 0)
