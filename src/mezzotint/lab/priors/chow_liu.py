# SPDX-License-Identifier: Apache-2.0
"""The tree of greatest mutual information over variables, rooted at its centre, in depth-first order.

"Approximating Discrete Probability Distributions with Dependence Trees" (Chow and Liu, IEEE Trans. Inf. Theory 1968).
The centre keeps the depth, and so what one step of the circuit's walk can cost, at half of the tree's longest path. The
trap: counts of few samples find information where there is none; classes are few and samples thousands here.
"""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor


def information(classes: Tensor, count: int) -> NDArray[np.float64]:
    """classes (N, D) int64 below ``count`` -> (D, D) mutual information in nats, from counts."""
    samples, variables = classes.shape
    one_hot = torch.nn.functional.one_hot(classes, count).float().flatten(1)  # (N, D * count)
    joint = (one_hot.T @ one_hot).double().numpy() / samples
    joint = joint.reshape(variables, count, variables, count).transpose(0, 2, 1, 3)
    single = one_hot.mean(0).double().numpy().reshape(variables, count)
    apart = single[:, None, :, None] * single[None, :, None, :]
    ratio = np.divide(joint, apart, out=np.ones_like(joint), where=joint > 0)
    return (joint * np.log(ratio)).sum((2, 3))


def tree(weights: NDArray[np.float64]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Symmetric weights (D, D) -> of the heaviest tree, ``parent`` (D,) by node and ``variable`` (D,) of each node.

    Nodes are numbered depth first from the centre, whose parent is -1.
    """
    neighbours = _heaviest(weights)
    order, parents = _depth_first(neighbours, _centre(neighbours))
    place = np.empty(len(order), np.int64)
    place[order] = np.arange(len(order))
    return np.array([-1 if p < 0 else place[p] for p in parents], np.int64), np.array(order, np.int64)


def _heaviest(weights: NDArray[np.float64]) -> list[list[int]]:
    """Neighbours of each variable in the maximum spanning tree, by Prim's algorithm."""
    best, link = weights[0].copy(), np.zeros(len(weights), np.int64)
    outside = np.arange(len(weights)) > 0
    neighbours: list[list[int]] = [[] for _ in weights]
    for _ in range(len(weights) - 1):
        new = int(np.where(outside, best, -np.inf).argmax())
        neighbours[new].append(int(link[new]))
        neighbours[link[new]].append(new)
        outside[new] = False
        nearer = weights[new] > best
        best, link = np.where(nearer, weights[new], best), np.where(nearer, new, link)
    return neighbours


def _centre(neighbours: list[list[int]]) -> int:
    """The middle of the longest path."""
    end = _farthest(neighbours, 0)[-1]
    path = _farthest(neighbours, end)
    return path[len(path) // 2]


def _farthest(neighbours: list[list[int]], start: int) -> list[int]:
    """The path from ``start`` to the node farthest from it."""
    came, queue = {start: -1}, [start]
    for node in queue:
        for other in neighbours[node]:
            if other not in came:
                came[other] = node
                queue.append(other)
    path = [queue[-1]]
    while path[-1] != start:
        path.append(came[path[-1]])
    return path[::-1]


def _depth_first(neighbours: list[list[int]], root: int) -> tuple[list[int], list[int]]:
    """Variables in depth-first order, and the parent variable of each."""
    order: list[int] = []
    parents: list[int] = []
    waiting = [(root, -1)]
    while waiting:
        node, parent = waiting.pop()
        order.append(node)
        parents.append(parent)
        waiting += [(other, node) for other in sorted(neighbours[node], reverse=True) if other != parent]
    return order, parents
