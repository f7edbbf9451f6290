# SPDX-License-Identifier: Apache-2.0
"""ViT-VQGAN: tokens come back exactly, cost what their prior says, and use the codebook; windows of any size."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
import torch

from mezzotint.lab.data.crops import Crops
from mezzotint.lab.layers.kmeans import kmeans, nearest
from mezzotint.lab.models.framed import Start
from mezzotint.lab.models.tokens import begin_on_sphere
from mezzotint.lab.models.vit import VitAnalysis, VitSynthesis
from mezzotint.lab.quantizers.vq_normalised import NormalisedVQ
from mezzotint.lab.systems import System
from mezzotint.lab.systems.image import padded
from mezzotint.lab.systems.vit_vqgan import VitVqgan

SMALL = "vit_vqgan(codes=64, prior='raster(channels=32, depth=1)', channels=32, depth=1)"


@pytest.fixture(scope="module")
def system(made: Callable[[str], System]) -> VitVqgan:
    found = made(SMALL)
    assert isinstance(found, VitVqgan)
    return found


@pytest.mark.parametrize("size", [(16, 16), (75, 101), (300, 40)])
def test_tokens_come_back_from_the_chunks(
    system: VitVqgan, sample: Callable[[str], np.ndarray], size: tuple[int, int]
) -> None:
    photo = np.resize(sample("photo"), (*size, 3))
    x = padded(photo)
    tokens = system.codec.tokens(x, 0)
    chunks = system.codec.encode(x, 0)
    assert torch.equal(system.codec.read(chunks, 0, *tokens.shape[1:]), tokens)
    assert np.array_equal(system.decompress(system.compress(photo, 64)), system.rebuilt(photo, 64))


@torch.no_grad()
def test_coded_bits_are_the_cross_entropy(system: VitVqgan) -> None:
    """Within three percent on a map whose chunk's own few bytes hardly count."""
    codec = system.codec
    tokens = torch.randint(64, (1, 32, 32), generator=torch.Generator().manual_seed(0))
    coded = 8 * sum(map(len, codec.priors[0].compress(tokens[0], codec.vectors(0))))
    assert abs(coded / float(codec.priors[0](tokens, codec.vectors(0))) - 1) < 0.03


@torch.no_grad()
def test_the_codebook_begins_in_use_and_near() -> None:
    """Latents that fall off as a picture's do: nearly all codes are used, and little is lost beside plain k-means."""
    torch.manual_seed(0)
    spread = torch.linspace(2, 0.02, 24) ** 2
    quantizer, rows = NormalisedVQ(24, 64, 8), torch.randn(4000, 24) * spread
    begin_on_sphere(quantizer, rows)
    y = rows.T.reshape(1, 24, 40, 100)
    found = quantizer.eval()(y)
    assert len(found.symbols.unique()) > 60
    missed = float((found.y_hat - y).square().mean())
    centres = kmeans(rows, torch.ones(4000), 64, 10)
    plain = float((rows - centres[nearest(rows, centres)]).square().mean())
    assert plain < missed < 1.1 * plain, (missed, plain)
    torch.testing.assert_close(quantizer.vectors.norm(dim=1), torch.ones(64), atol=0.2, rtol=0.0)


@torch.no_grad()
def test_windows_of_a_vit_are_alike_and_do_not_see_each_other(start: Start) -> None:
    torch.manual_seed(0)
    analysis = VitAnalysis(start.rows, start.spread, 32, 1, 4)
    analysis.head.weight.normal_()
    x, quality = torch.rand(1, 3, 256, 512) - 0.5, torch.zeros(1)
    whole = analysis(x, quality)
    parts = torch.cat([analysis(x[..., :256], quality), analysis(x[..., 256:], quality)], 3)
    torch.testing.assert_close(whole, parts, atol=1e-3, rtol=1e-3)


@torch.no_grad()
def test_an_untrained_pair_is_the_block_transform(start: Start) -> None:
    torch.manual_seed(0)
    analysis, synthesis = (side(start.rows, start.spread, 32, 1, 4) for side in (VitAnalysis, VitSynthesis))
    x, quality = torch.rand(1, 3, 64, 64) - 0.5, torch.zeros(1)
    y = analysis(x, quality)
    blocks = x.unfold(2, 16, 16).unfold(3, 16, 16)  # (1, 3, 4, 4, 16, 16)
    wanted = torch.einsum("bchwij,mcij->bmhw", blocks, start.rows.unflatten(1, (3, 16, 16)))
    torch.testing.assert_close(y, wanted, atol=1e-4, rtol=1e-4)
    torch.testing.assert_close(analysis(synthesis(y, quality), quality), y, atol=1e-3, rtol=1e-3)


@pytest.mark.slow
def test_the_transformer_saves_what_a_histogram_does_not(start: Start, crops: Crops) -> None:
    """After a short training, on larger crops of the same pictures, whose waves go on from token to token."""
    spent, larger = {}, Crops(crops.photos, 128, 4)
    for prior in ("raster", "histogram"):
        torch.manual_seed(0)
        system = VitVqgan(start, codes=64, prior=prior)
        system.learn(larger, 60, 0)
        x = larger.at(1000)
        with torch.no_grad():
            bits = system.codec.priors[0](system.codec.tokens(x, 0), system.codec.vectors(0))
        spent[prior] = float(bits.mean())
    assert spent["raster"] < 0.95 * spent["histogram"], spent
