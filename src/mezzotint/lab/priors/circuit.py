# SPDX-License-Identifier: Apache-2.0
"""A probabilistic circuit over blocks of D tokens: a hidden tree, and every conditional at two products an edge.

    z_root --- z_1 --- z_2        z: one of K hidden states at every variable; an edge (K, K), a sum layer
       |        |       |         x: a token; a leaf (K, T), an input layer
      x_0      x_1     x_2        P(block) = sum over all z of root * edges * leaves

"Lossless Compression with Probabilistic Circuits" (Liu, Mandt, Van den Broeck, ICLR 2022), its hidden Chow-Liu tree. It
is smooth and structured-decomposable, so tokens that are not known yet are summed out at no cost, and along the tree's
own order only units whose scope has changed are evaluated again. The order here is depth first: a token's masses need
the message down to its node, and when a subtree is done one message goes up. That makes two products an edge for the
whole block, where evaluating the circuit anew for each token makes D (D - 1).

The trap is floats: a decoder that adds in another order reads noise. All numbers here are whole. States carry up to
MESSAGE_BITS bits, probabilities TOTAL_BITS, so that a product's sums stay below 2^53 for up to 2^9 states and are exact
whatever the order, the library or the number of threads; rescaling is one division and one product a number, rounded
alike everywhere.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mezzotint.entropy import TOTAL
from mezzotint.lab.priors.halving import Code, Tokens

MESSAGE = 1 << 20

Numbers = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Circuit:
    """Nodes are numbered depth first, so that ``parent[i] < i``; node 0 is the root, whose parent is -1.

    ``parent`` (D,) int64; ``root`` (K,), ``edges`` (D, K, K) from a state of the parent to one's own (that of node 0
    is not used) and ``leaves`` (D, K, T): whole numbers from 1 on in float64, rows of which sum to 2^24.
    """

    parent: NDArray[np.int64]
    root: Numbers
    edges: Numbers
    leaves: Numbers

    def children(self) -> list[list[int]]:
        found: list[list[int]] = [[] for _ in self.parent]
        for node, parent in enumerate(self.parent.tolist()[1:], 1):
            found[parent].append(node)
        return found


@dataclass(frozen=True)
class Work:
    """Products of a message with an edge that a walk makes: in all, and the most between two tokens."""

    products: int
    most: int
    plainly: int  # in all, if every token took one pass over the circuit


def walk(circuit: Circuit, blocks: int, code: Code) -> Tokens:
    """All tokens (blocks, D) in nodes' order, each by ``code`` from its masses (blocks, T) given those before it."""
    tokens = np.empty((blocks, len(circuit.parent)), np.int64)
    children = circuit.children()

    def visit(node: int, down: Numbers) -> Numbers:
        """``down`` (blocks, K): the states given all known outside the subtree -> what the subtree says of them."""
        tokens[:, node] = code(down @ circuit.leaves[node])
        known = circuit.leaves[node].T[tokens[:, node]]
        for child in children[node]:
            edge = circuit.edges[child]
            known = rescaled(known * (visit(child, rescaled(rescaled(down * known) @ edge)) @ edge.T))
        return known

    visit(0, np.tile(rescaled(circuit.root[None]), (blocks, 1)))
    return tokens


def rescaled(x: Numbers) -> Numbers:
    """Rows of numbers >= 0, one of them > 0, to whole ones in 1..2^20 in the same proportions."""
    x = np.floor(x * (MESSAGE / x.max(1, keepdims=True)))
    return np.maximum(x, 1.0, out=x)


def work(circuit: Circuit) -> Work:
    """What `walk` does, counted on the tree: up to the common node of a token and the next, and one edge down."""
    depth = depths(circuit.parent)
    edges = len(depth) - 1
    between = depth[:-1] - depth[1:] + 2
    return Work(2 * edges, int(between.max(initial=0)), edges * len(depth))


def depths(parent: NDArray[np.int64]) -> NDArray[np.int64]:
    """(D,): edges between each node and the root."""
    found = np.zeros_like(parent)
    for node in range(1, len(parent)):
        found[node] = found[parent[node]] + 1
    return found


def marginal(circuit: Circuit, tokens: Tokens, known: NDArray[np.bool_]) -> Numbers:
    """log2 P(tokens (B, D) at the nodes that are ``known`` (D,)), (B,), by one pass over the whole circuit.

    What `walk` saves: the plain way to a conditional is two of these. In floating point, and not for coding.
    """
    edges, leaves = circuit.edges / TOTAL, circuit.leaves / TOTAL
    states = np.ones((len(known), len(tokens), len(circuit.root)))  # (D, B, K)
    scale = np.zeros(len(tokens))
    for node in range(len(known) - 1, -1, -1):
        if known[node]:
            states[node] *= leaves[node].T[tokens[:, node]]
        top = states[node].max(1)
        states[node] /= top[:, None]
        scale += np.log2(top)
        if node:
            states[circuit.parent[node]] *= states[node] @ edges[node].T
    return scale + np.log2(states[0] @ (circuit.root / TOTAL))
