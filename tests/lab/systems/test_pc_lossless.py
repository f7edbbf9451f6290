# SPDX-License-Identifier: Apache-2.0
"""PC-Lossless: identical pixels, fewer bits than independent variables need, and marginals without passes."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from mezzotint.errors import DamagedFile, MezzotintError
from mezzotint.lab.data.crops import Crops
from mezzotint.lab.priors.circuit import depths, marginal, work
from mezzotint.lab.recipes.published.pc_lossless import RECIPE, marginal_seconds, png
from mezzotint.lab.systems import System, stream
from mezzotint.lab.systems.claims import Trial
from mezzotint.lab.systems.pc_lossless import PCLossless

EXAMPLES = Path(__file__).parents[3] / "examples"


def example(name: str) -> np.ndarray:
    with Image.open(EXAMPLES / f"{name}.png") as image:
        return np.asarray(image.convert("RGB"))


@pytest.fixture(scope="module")
def trained() -> Callable[[int], PCLossless]:
    """A number of states -> the system after twelve steps on two photos."""
    photos = [torch.from_numpy(example(name).copy()).permute(2, 0, 1) for name in ("astronaut", "chelsea")]
    kept: dict[int, PCLossless] = {}

    def make(states: int) -> PCLossless:
        if states not in kept:
            kept[states] = PCLossless(None, states)
            kept[states].learn(Crops(photos, 128, 2), 12, 0)
        return kept[states]

    return make


@pytest.mark.parametrize("size", [(1, 1), (7, 9), (33, 50)])
def test_pixels_come_back_at_any_size(trained: Callable[[int], PCLossless], size: tuple[int, int]) -> None:
    rng = np.random.default_rng(0)
    noise = rng.integers(0, 256, (*size, 3), dtype=np.uint8)  # all values, long tokens
    harsh = rng.choice(np.array([0, 255], np.uint8), noise.shape)
    for picture in (noise, harsh):
        assert np.array_equal(trained(8).decompress(trained(8).compress(picture, 0)), picture)


def test_fewer_bits_than_a_factorised_prior_and_a_png(trained: Callable[[int], PCLossless]) -> None:
    """The role's check, on a photo that neither has seen."""
    picture = example("coffee")[100:228, 100:260]
    circuit, factorised = (8 * len(trained(k).compress(picture, 0)) / picture.size for k in (8, 1))
    assert circuit < 0.96 * factorised
    assert circuit < 8 * png(picture) / picture.size


def test_one_state_makes_variables_independent(trained: Callable[[int], PCLossless]) -> None:
    """P(x_5) does not change with what is known of the others."""
    circuit = trained(1).circuit
    tokens, _ = trained(1).tokens(example("rocket")[:16, :16])
    one = np.arange(192) == 5
    rest = marginal(circuit, tokens, np.arange(192) < 6) - marginal(circuit, tokens, np.arange(192) < 5)
    np.testing.assert_allclose(marginal(circuit, tokens, one), rest, atol=1e-9)


def test_a_files_size_is_its_probability(trained: Callable[[int], PCLossless]) -> None:
    """Bytes against -log2 P(blocks) by one pass over the circuit, and the plain bits below the tokens."""
    system, picture = trained(8), example("coffee")[:96, :120]
    tokens, rest = system.tokens(picture)
    data = system.compress(picture, 0)
    words, plain = stream.read(data, system.name, stream.identity(system)).chunks
    bits = -marginal(system.circuit, tokens, np.ones(192, bool)).sum()
    assert 8 * len(words) == pytest.approx(bits, rel=2e-3)
    assert rest.any() and len(plain) < len(words)


def test_the_walk_is_cheap(trained: Callable[[int], PCLossless]) -> None:
    """Two products an edge, no step dearer than the tree is deep; and in seconds far from a pass for each token."""
    circuit = trained(8).circuit
    done = work(circuit)
    assert done.products == 2 * 191 and done.most <= depths(circuit.parent).max() + 1 < 40
    assert done.plainly == 96 * done.products
    walked, passed = marginal_seconds(circuit, trained(8).tokens(example("rocket")[:128, :128])[0])
    assert passed > 8 * walked


def test_the_tree_joins_what_belongs_together(trained: Callable[[int], PCLossless]) -> None:
    """Most edges stay between bands of one place or one kind: a tree of chance would not."""
    system = trained(8)
    variable, parent = system.variable.numpy(), system.circuit.parent
    assert sorted(variable) == list(range(192))
    level = np.searchsorted([3, 12, 48], variable, side="right")
    assert (np.abs(level[1:] - level[parent[1:]]) <= 1).mean() > 0.9


def test_lies_under_a_good_checksum_are_refused(trained: Callable[[int], PCLossless]) -> None:
    system, picture = trained(8), example("rocket")[:40, :40]
    found = stream.read(system.compress(picture, 0), system.name, stream.identity(system))
    words, plain = found.chunks

    def again(*chunks: bytes, quality: int = 0, shape: tuple[int, ...] = (40, 40, 3)) -> bytes:
        return stream.write(stream.Stream(found.system, found.weights, quality, shape, chunks))

    assert np.array_equal(system.decompress(again(words, plain)), picture)
    lies = [again(words), again(words, plain, b""), again(words, plain, quality=1), again(b"", plain)]
    lies += [again(words, b""), again(words[4:], plain), again(words, plain, shape=(48, 40, 3))]
    lies += [again(words, plain, shape=(40, 40)), again(plain, words)]
    for lie in lies:
        with pytest.raises(DamagedFile):
            system.decompress(lie)
    for place in range(0, len(words), len(words) // 3):
        with pytest.raises(MezzotintError):
            system.decompress(again(words[:place] + bytes([words[place] ^ 1]) + words[place + 1 :], plain))


def test_options_out_of_range_are_refused() -> None:
    for states in (0, 257):
        with pytest.raises(ValueError, match="give"):
            PCLossless(None, states)


def test_the_recipe_judges(trained: Callable[[int], PCLossless], crops: Crops) -> None:
    on, off = trained(8), trained(1)
    systems: tuple[System, System] = (on, off)
    verdict = RECIPE.judge(Trial(*systems, (), (), (example("coffee")[:80, :80],), crops, 15, 0))
    assert verdict.holds and verdict.less_is_better
    figures = {f.name: f.value for f in verdict.figures}
    assert figures["pictures that came back otherwise"] == 0
    assert 0 < figures["tokens' cross-entropy"] < verdict.on and figures["the grid of tables beyond it"] < 0.2
    assert figures["products a token"] < 2 and figures["products a token by passes over the circuit"] == 191
