# SPDX-License-Identifier: Apache-2.0
"""The tree is the heaviest of all trees, found from counts, and stands on its centre."""

import itertools

import numpy as np
import torch

from mezzotint.lab.priors.chow_liu import information, tree
from mezzotint.lab.priors.circuit import depths


def all_trees(nodes: int) -> list[list[tuple[int, int]]]:
    """Every labelled tree, by its Pruefer sequence."""
    found = []
    for code in itertools.product(range(nodes), repeat=nodes - 2):
        degree = [1 + code.count(n) for n in range(nodes)]
        edges = []
        for n in code:
            leaf = degree.index(1)
            edges.append((leaf, n))
            degree[leaf], degree[n] = 0, degree[n] - 1
        edges.append(tuple(n for n in range(nodes) if degree[n] == 1))
        found.append(edges)
    return found


def edges_of(parent: np.ndarray, variable: np.ndarray) -> list[tuple[int, int]]:
    return [(variable[n], variable[p]) for n, p in enumerate(parent) if p >= 0]


def test_no_tree_is_heavier() -> None:
    for seed in range(5):
        weights = np.random.default_rng(seed).random((6, 6))
        weights += weights.T
        best = max(sum(weights[e] for e in edges) for edges in all_trees(6))
        parent, variable = tree(weights)
        assert np.isclose(sum(weights[e] for e in edges_of(parent, variable)), best)
        assert sorted(variable) == list(range(6))


def test_nodes_are_in_depth_first_order_from_the_centre() -> None:
    weights = np.zeros((31, 31))
    order = np.random.default_rng(0).permutation(31)
    for a, b in itertools.pairwise(order):
        weights[a, b] = weights[b, a] = 1
    parent, variable = tree(weights)
    assert parent[0] == -1 and (parent[1:] < np.arange(1, 31)).all()
    assert depths(parent).max() == 15 and variable[0] == order[15]
    open_ = [0]
    for node in range(1, 31):  # each node hangs on the path that is open
        while open_[-1] != parent[node]:
            open_.pop()
        open_.append(node)


def test_information_is_that_of_the_counts() -> None:
    rng = np.random.default_rng(0)
    a = rng.integers(0, 3, 4000)
    b = np.where(rng.random(4000) < 0.8, a, rng.integers(0, 3, 4000))
    c = rng.integers(0, 3, 4000)
    found = information(torch.from_numpy(np.stack([a, b, c], 1)), 3)
    joint = np.histogram2d(a, b, 3)[0] / 4000
    wanted = (joint * np.log(joint / joint.sum(1)[:, None] / joint.sum(0))).sum()
    np.testing.assert_allclose(found[0, 1], wanted, rtol=1e-5)
    np.testing.assert_allclose(found, found.T)
    assert found[0, 1] > 100 * abs(found[0, 2])
