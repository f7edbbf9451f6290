# SPDX-License-Identifier: Apache-2.0
"""The circuit's conditionals, marginals and expected counts against sums over all states; and its work, counted."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
import torch

from mezzotint.entropy import TOTAL
from mezzotint.lab.priors.circuit import Circuit, depths, marginal, walk, work
from mezzotint.lab.priors.circuit_em import Learner, whole

PARENT = np.array([-1, 0, 1, 1, 0, 4, 5])
STATES, SIZE = 3, 4


@pytest.fixture(scope="module")
def circuit() -> Circuit:
    rng = np.random.default_rng(0)
    shapes = ((STATES,), (7, STATES, STATES), (7, STATES, SIZE))
    return Circuit(PARENT, *(whole(rng.dirichlet(np.full(s[-1], 0.4), s[:-1]) + 1e-4) for s in shapes))


@pytest.fixture(scope="module")
def tokens() -> np.ndarray:
    return np.random.default_rng(1).integers(0, SIZE, (20, 7))


def by_sum(circuit: Circuit, block: np.ndarray) -> tuple[float, np.ndarray]:
    """P(the known tokens of a block; -1 is unknown) over all states, and the share of each, (STATES,) * D."""
    shares = np.empty((STATES,) * len(block))
    for states in itertools.product(range(STATES), repeat=len(block)):
        p = circuit.root[states[0]] / TOTAL
        for node, state in enumerate(states):
            if node:
                p *= circuit.edges[node, states[circuit.parent[node]], state] / TOTAL
            if block[node] >= 0:
                p *= circuit.leaves[node, state, block[node]] / TOTAL
        shares[states] = p
    return float(shares.sum()), shares / shares.sum()


class Known:
    """Gives the tokens and keeps the masses."""

    def __init__(self, tokens: np.ndarray) -> None:
        self.tokens, self.masses = tokens, []

    def __call__(self, masses: np.ndarray) -> np.ndarray:
        self.masses.append(masses)
        return self.tokens[:, len(self.masses) - 1]


def test_rows_sum_to_the_coders_total(circuit: Circuit) -> None:
    for table in (circuit.root, circuit.edges, circuit.leaves):
        assert (table.sum(-1) == TOTAL).all() and (table >= 1).all() and np.array_equal(table, np.rint(table))


def test_marginals_are_sums_over_all_states(circuit: Circuit, tokens: np.ndarray) -> None:
    for known in ([], [0], [3, 5], [0, 1, 2, 3, 4, 5, 6]):
        mask = np.isin(np.arange(7), known)
        wanted = [np.log2(by_sum(circuit, np.where(mask, block, -1))[0]) for block in tokens[:4]]
        np.testing.assert_allclose(marginal(circuit, tokens[:4], mask), wanted, atol=1e-9)


def test_masses_are_the_conditionals(circuit: Circuit, tokens: np.ndarray) -> None:
    """Of each token given those before it: a ratio of two marginals, for all values that it could have."""
    code = Known(tokens)
    walk(circuit, len(tokens), code)
    for node in range(7):
        found = code.masses[node] / code.masses[node].sum(1, keepdims=True)
        before = np.arange(7) < node
        for value in range(SIZE):
            tried = tokens.copy()
            tried[:, node] = value
            both = marginal(circuit, tried, before | (np.arange(7) == node))
            np.testing.assert_allclose(
                found[:, value], 2 ** (both - marginal(circuit, tokens, before)), atol=2e-5
            )


def test_masses_are_whole_and_the_same_in_any_company(circuit: Circuit, tokens: np.ndarray) -> None:
    """What a float circuit does not promise: other shapes, other kernels, and still every bit the same."""
    together, alone = Known(tokens), [Known(tokens[k : k + 1]) for k in range(len(tokens))]
    walk(circuit, len(tokens), together)
    for code in alone:
        walk(circuit, 1, code)
    for node, masses in enumerate(together.masses):
        assert np.array_equal(masses, np.rint(masses)) and masses.sum(1).max() < 2**53
        assert np.array_equal(masses, np.concatenate([code.masses[node] for code in alone]))


class Counted(np.ndarray):
    """An array that counts the products it takes part in."""

    products = 0

    def __array_ufunc__(
        self, ufunc: np.ufunc, method: str, *inputs: np.ndarray, **kwargs: object
    ) -> np.ndarray:
        Counted.products += ufunc is np.matmul
        return getattr(ufunc, method)(*(np.asarray(x) for x in inputs), **kwargs)


def test_work_is_what_the_walk_does(circuit: Circuit, tokens: np.ndarray) -> None:
    between = []

    def code(masses: np.ndarray) -> np.ndarray:
        between.append(Counted.products)
        return tokens[:, len(between) - 1]

    Counted.products = 0
    walk(Circuit(PARENT, circuit.root, circuit.edges.view(Counted), circuit.leaves), len(tokens), code)
    found = work(circuit)
    assert found.products == Counted.products == 2 * 6
    assert found.most == np.diff(between).max() == 3  # two messages up, one down
    assert found.plainly == 6 * 7


def test_a_tokens_work_is_bounded_by_the_depth() -> None:
    """A balanced tree of 255: two products a token, and never more than the depth and one; a pass would take 254."""
    breadth = (np.arange(255) - 1) // 2
    order: list[int] = []

    def visit(node: int) -> None:
        order.append(node)
        for child in (2 * node + 1, 2 * node + 2):
            if child < 255:
                visit(child)

    visit(0)
    place = np.argsort(order)
    parent = np.array([-1] + [place[breadth[node]] for node in order[1:]])
    nothing = np.ones((255, 1, 1))
    found = work(Circuit(parent, np.ones(1), nothing, nothing))
    assert depths(parent).max() == 7 and found.most == 7 + 1  # from a leaf to the root, and down
    assert found.products == 2 * 254 and found.plainly == 255 * 254


def test_expected_counts_are_sums_over_all_states(circuit: Circuit, tokens: np.ndarray) -> None:
    learner = Learner(PARENT, np.ones(7), STATES)
    tables = (torch.from_numpy(t / TOTAL).float() for t in (circuit.root, circuit.edges, circuit.leaves))
    learner.root, learner.edges, learner.leaves = tables
    (root, edges, leaves), bits = learner.expected(torch.from_numpy(tokens[:5]))
    sums = [by_sum(circuit, block) for block in tokens[:5]]
    assert bits == pytest.approx(-np.mean([np.log2(p) for p, _ in sums]), rel=1e-5)
    share = np.mean([s for _, s in sums], 0)
    np.testing.assert_allclose(root, share.sum(axis=tuple(range(1, 7))), atol=1e-5)
    np.testing.assert_allclose(edges[5], share.sum(axis=(0, 1, 2, 3, 6)), atol=1e-5)
    wanted = np.zeros((STATES, SIZE))
    for block, (_, s) in zip(tokens[:5], sums, strict=True):
        wanted[:, block[2]] += s.sum(axis=(0, 1, 3, 4, 5, 6)) / 5
    np.testing.assert_allclose(leaves[2], wanted, atol=1e-5)


def test_learning_finds_what_blocks_share() -> None:
    """Two kinds of blocks, calm and busy: two states tell them apart, which one state cannot."""
    rng = np.random.default_rng(0)
    busy = rng.random((3000, 1)) < 0.5
    tokens = torch.from_numpy(
        31 + np.where(busy, rng.integers(-20, 21, (3000, 7)), rng.integers(-1, 2, (3000, 7)))
    )
    found = {}
    for states in (1, 2):
        learner = Learner(PARENT, np.full(7, 5.0), states)
        for step in range(12):
            bits = learner.learn(tokens[250 * step : 250 * (step + 1)])
        found[states] = bits
    ideal = 1 + 7 * (np.log2(3) + np.log2(41)) / 2
    assert found[2] < ideal + 2 and found[1] > ideal + 2.5
