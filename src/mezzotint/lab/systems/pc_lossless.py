# SPDX-License-Identifier: Apache-2.0
"""PC-Lossless: a tree of hidden states over each 8x8 block gives every number its exact conditional, for the coder.

    pixels --- YCoCg-R --- 5/3 wavelet, 3 levels --- blocks of 3 x 64 --- token --- one stack of words
                                                                    |       | masses
                                                      plain bits ---+    circuit: root - edges - leaves, depth first

"Lossless Compression with Probabilistic Circuits" (Liu, Mandt, Van den Broeck, ICLR 2022). Tokens to come are summed
out at no cost, and a token costs the products on its path through the tree, not a pass over the circuit. All blocks of
a picture take each step together. The trap: a circuit in floats must see the same shapes in the same order on both
sides; ours computes in whole numbers, which float64 holds exactly, and so does not care.
"""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from mezzotint import entropy
from mezzotint.errors import DamagedFile
from mezzotint.lab.data.crops import Crops
from mezzotint.lab.layers.wavelet_blocks import BLOCK, VARIABLES, Whole, coefficients, picture
from mezzotint.lab.models.framed import Start
from mezzotint.lab.priors import buckets, chow_liu
from mezzotint.lab.priors.circuit import Circuit, walk
from mezzotint.lab.priors.circuit_em import Learner
from mezzotint.lab.priors.halving import Reader, Writer
from mezzotint.lab.registry import Source
from mezzotint.lab.systems import SYSTEMS, stream
from mezzotint.lab.systems.image import check_photo, picture_sides

CLASS_BORDERS = np.array([1, 2, 3, 5, 9, 17, 33])  # of magnitudes, for the tree
TREE_BLOCKS = 1 << 13  # that the tree is counted on
STEP_BLOCKS = 1 << 11  # that a step of EM takes of its batch

SOURCE = Source(
    "PC-Lossless",
    "entropy model",
    "Lossless Compression with Probabilistic Circuits",
    2022,
    "16 hidden states; blocks of 8x8 wavelet coefficients, each on its own, where the authors take whole small"
    " pictures; no circuit inside a flow; EM of a few hundred steps",
)

Pixels = NDArray[np.uint8]


@SYSTEMS.register("pc_lossless", SOURCE)
class PCLossless(nn.Module):
    """``pc_lossless(states=16)``; with one state all variables are independent: the factorised prior."""

    media, gives, qualities = "photo", "same", (0,)
    name = "pc_lossless"

    def __init__(self, start: Start, states: int = 16) -> None:
        super().__init__()
        if not 1 <= states <= 256:
            raise ValueError(f"{states} hidden states: give 1 to 256")
        self.states = states
        balanced = (np.arange(VARIABLES) - 1) // 2  # a tree by breadth, until `learn` has seen blocks
        parent, variable = _renumbered(balanced)
        self._keep(variable, Learner(parent, np.full(VARIABLES, 4.0), states).circuit())

    def _keep(self, variable: Whole, circuit: Circuit) -> None:
        """All that decoding needs, as the state that is hashed and saved."""
        arrays = (variable, circuit.parent, circuit.root, circuit.edges, circuit.leaves)
        for name, array in zip(("variable", "parent", "root", "edges", "leaves"), arrays, strict=True):
            self.register_buffer(name, torch.from_numpy(array).to(torch.int64))

    @property
    def circuit(self) -> Circuit:
        tables = (t.numpy().astype(np.float64) for t in (self.root, self.edges, self.leaves))
        return Circuit(self.parent.numpy(), *tables)

    def learn(self, crops: Crops, steps: int, seed: int) -> None:
        """A Chow-Liu tree of magnitudes from the first batches, then a step of EM a batch; ``seed`` picks blocks."""
        rng = np.random.default_rng(seed)
        first: list[Whole] = []
        while sum(map(len, first)) < TREE_BLOCKS and len(first) < max(steps, 1):
            first.append(coefficients(_whole_pixels(crops.at(len(first)))))
        values = np.concatenate(first)[:TREE_BLOCKS]
        classes = np.searchsorted(CLASS_BORDERS, np.abs(values), side="right")
        parent, variable = chow_liu.tree(
            chow_liu.information(torch.from_numpy(classes), len(CLASS_BORDERS) + 1)
        )
        learner = Learner(parent, np.abs(values).mean(0)[variable], self.states)
        for step in range(steps):
            blocks = first[step] if step < len(first) else coefficients(_whole_pixels(crops.at(step)))
            blocks = blocks[rng.permutation(len(blocks))[:STEP_BLOCKS]]
            tokens, _ = buckets.to_tokens(blocks[:, variable])
            learner.learn(torch.from_numpy(tokens))
        self._keep(variable, learner.circuit())

    def compress(self, media: Pixels, quality: int) -> bytes:
        check_quality(quality)
        tokens, rest = self.tokens(media)
        writer = Writer(tokens)
        walk(self.circuit, len(tokens), writer)
        plain = entropy.encode(rest.ravel().astype(np.int32), _plain_numbers(tokens), buckets.plain_tables())
        return stream.write(
            stream.Stream(self.name, stream.identity(self), quality, media.shape, (writer.chunk(), plain))
        )

    def decompress(self, data: bytes) -> Pixels:
        found = stream.read(data, self.name, stream.identity(self))
        height, width = picture_sides(found.shape)
        if found.quality or len(found.chunks) != 2:
            raise DamagedFile("a lossless stream has quality 0 and two chunks")
        rows, columns = -(-height // BLOCK), -(-width // BLOCK)
        reader = Reader(found.chunks[0])
        tokens = walk(self.circuit, rows * columns, reader)
        reader.close()
        plain = entropy.decode(found.chunks[1], _plain_numbers(tokens), buckets.plain_tables())
        values = np.empty_like(tokens)
        values[:, self.variable.numpy()] = buckets.to_values(tokens, plain.reshape(tokens.shape))
        pixels = picture(values, rows, columns)[:, :, :height, :width]
        if int(pixels.min()) < 0 or int(pixels.max()) > 255:
            raise DamagedFile("the numbers of a stream are those of no picture")
        return pixels[0].permute(1, 2, 0).to(torch.uint8).contiguous().numpy()

    def rebuilt(self, media: Pixels, quality: int) -> Pixels:
        check_quality(quality)
        check_photo(media)
        return media.copy()

    def tokens(self, media: Pixels) -> tuple[Whole, Whole]:
        """A picture's tokens (blocks, D) in nodes' order, and the magnitudes left below them."""
        check_photo(media)
        height, width = media.shape[:2]
        edges = ((0, -height % BLOCK), (0, -width % BLOCK), (0, 0))
        whole = torch.from_numpy(np.pad(media, edges, "edge")).permute(2, 0, 1)[None]
        return buckets.to_tokens(coefficients(whole)[:, self.variable.numpy()])


def check_quality(quality: int) -> None:
    """ValueError for another than 0."""
    if quality != 0:
        raise ValueError(f"quality {quality}: a lossless codec has 0 only")


def _plain_numbers(tokens: Whole) -> NDArray[np.uint8]:
    return buckets.bits(tokens).ravel().astype(np.uint8)


def _whole_pixels(batch: Tensor) -> Tensor:
    """A batch of crops (B, 3, H, W) in [-1/2, 1/2] -> 0..255, sides cut to multiples of a block."""
    height, width = (side // BLOCK * BLOCK for side in batch.shape[2:])
    return ((batch[:, :, :height, :width] + 0.5) * 255).round().clamp(0, 255).cpu()


def _renumbered(parent: Whole) -> tuple[Whole, Whole]:
    """A tree numbered in any order -> its parents in depth-first order, and the variable of each node."""
    weights = np.zeros((len(parent), len(parent)))
    own = np.arange(1, len(parent))
    weights[own, parent[1:]] = weights[parent[1:], own] = 1
    return chow_liu.tree(weights)
