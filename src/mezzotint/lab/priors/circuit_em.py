# SPDX-License-Identifier: Apache-2.0
"""Expectation maximisation for a circuit: expected counts of hidden states batch by batch, then tables of them.

    tokens --- up: what each subtree says of its node --- down: what the rest says --- expected counts --- tables

The paper trains by mini-batch EM; this is its stepwise form ("Online EM for Unsupervised Models", Liang and Klein,
NAACL 2009): counts fade by (step + 1)^-POWER, and each step's tables are those of the faded counts. The trap is the
start: with equal states nothing ever parts them, so state k begins as a Laplace density that is wider than that of
state k - 1.
"""

from __future__ import annotations

import math

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from mezzotint.entropy import TOTAL
from mezzotint.lab.priors import buckets
from mezzotint.lab.priors.circuit import Circuit

POWER = 0.6
TRUST = 0.02  # weight of the starting leaves, in expected visits a block to a state
SPREAD = 16.0  # the narrowest and the widest state, against a variable's mean magnitude
LEAST = 1e-30  # of a state against the likeliest: keeps float32 from losing it
STAY = 0.5  # at the start, how much likelier a child's neighbouring state is than the one beyond


class Learner:
    """Tables of a tree with ``parent`` (D,) and ``states`` hidden states; ``mean`` (D,): magnitudes of the values."""

    def __init__(self, parent: NDArray[np.int64], mean: NDArray[np.float64], states: int) -> None:
        self.parent, self.step = parent, 0
        factors = SPREAD ** np.linspace(-1, 1, states) if states > 1 else np.ones(1)
        leaves = buckets.laplace(np.maximum(mean, 0.05)[:, None] * factors) + 1e-6
        near = torch.arange(states)
        kernel = STAY ** (near[:, None] - near[None]).abs().float()
        self.start = _rows(torch.from_numpy(leaves).float())  # (D, K, T)
        self.root = _rows(torch.ones(states))
        self.edges = _rows(kernel).repeat(len(parent), 1, 1)
        self.leaves = self.start.clone()
        self.counts = [torch.zeros_like(t) for t in (self.root, self.edges, self.leaves)]

    def learn(self, tokens: Tensor) -> float:
        """One step on tokens (B, D) in nodes' order; the mean bits of a block before it."""
        found, bits = self.expected(tokens)
        fade = (self.step + 1) ** -POWER
        self.step += 1
        self.counts = [old.lerp(new, fade) for old, new in zip(self.counts, found, strict=True)]
        root, edges, leaves = self.counts
        self.root = _rows(root + 1e-4)
        self.edges = _rows(edges + 1e-6)
        self.leaves = _rows(leaves + TRUST / self.leaves.shape[1] * 0.01 * self.start)
        return bits

    def expected(self, tokens: Tensor) -> tuple[list[Tensor], float]:
        """Expected counts a block of root, edges and leaves, and mean bits, under the present tables."""
        states, size = self.leaves.shape[1:]
        rows = tokens.T + size * torch.arange(len(self.parent))[:, None]  # (D, B)
        own = self.leaves.transpose(1, 2).reshape(-1, states).index_select(0, rows.flatten())
        below, said, log = self._up(own.view(*rows.shape, states))
        above, edges = torch.empty_like(below), torch.zeros_like(self.edges)
        above[0] = self.root
        for node, parent in enumerate(self.parent.tolist()[1:], 1):
            rest = above[parent] * below[parent] / said[node]  # of the parent's states, without this subtree
            rest /= (rest * said[node]).sum(-1, keepdim=True)
            torch.mm(rest, self.edges[node], out=above[node])
            edges[node] = self.edges[node] * (rest.T @ below[node]) / len(tokens)
        posterior = above.mul_(below)
        total = posterior[0].sum(-1, keepdim=True)
        posterior[0] /= total
        leaves = torch.zeros(len(rows) * size, states).index_add_(0, rows.flatten(), posterior.flatten(0, 1))
        leaves = leaves.view(-1, size, states).transpose(1, 2) / len(tokens)
        bits = -float((log + total.log()).mean()) / math.log(2)
        return [posterior[0].mean(0), edges, leaves], bits

    def _up(self, below: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Leaves' masses (D, B, K) become, in place, those of whole subtrees, up to factors that go into the log.

        Also what each subtree says of its parent's state, (D, B, K), and the sum of the logs, (B, 1).
        """
        said, log = torch.empty_like(below), below.new_zeros(below.shape[1], 1)
        for node in range(len(below) - 1, 0, -1):
            torch.mm(below[node].clamp_(min=LEAST), self.edges[node].T, out=said[node])
            top = said[node].amax(-1, keepdim=True)
            said[node] /= top
            below[node] /= top
            log += top.log()
            below[self.parent[node]] *= said[node]
        below[0].clamp_(min=LEAST)
        return below, said, log

    def circuit(self) -> Circuit:
        """The tables as whole numbers."""
        return Circuit(
            self.parent, *(whole(t.double().numpy()) for t in (self.root, self.edges, self.leaves))
        )


def whole(rows: NDArray[np.float64]) -> NDArray[np.float64]:
    """Probabilities (..., n) -> whole numbers from 1 on, each row of which sums to 2^24."""
    n = rows.shape[-1]
    found = np.floor(rows / rows.sum(-1, keepdims=True) * (TOTAL - n)) + 1
    largest = found.argmax(-1)[..., None]
    rest = TOTAL - found.sum(-1, keepdims=True)
    np.put_along_axis(found, largest, np.take_along_axis(found, largest, -1) + rest, -1)
    return found


def _rows(x: Tensor) -> Tensor:
    return x / x.sum(-1, keepdim=True)
