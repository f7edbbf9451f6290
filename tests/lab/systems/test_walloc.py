# SPDX-License-Identifier: Apache-2.0
"""WaLLoC: its encoder is linear and cheap, its packets lap over, and a classifier learns from what its files hold."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
import torch

from mezzotint.errors import DamagedFile
from mezzotint.lab.data.crops import Crops
from mezzotint.lab.data.labelled import cut, join
from mezzotint.lab.models.classifier import CellClassifier
from mezzotint.lab.models.cost import count
from mezzotint.lab.models.framed import Start, transforms
from mezzotint.lab.systems import System, stream
from mezzotint.lab.systems.walloc import Walloc
from mezzotint.lab.train import classify


@pytest.fixture(scope="module")
def photo(sample: Callable[[str], np.ndarray]) -> np.ndarray:
    return sample("photo")


def test_the_encoder_is_linear_and_far_cheaper_than_the_skeletons(
    made: Callable[[str], System], start: Start
) -> None:
    system = made("walloc")
    a, b = torch.rand(2, 1, 3, 64, 128) - 0.5
    analysis = system.codec.analysis
    with torch.no_grad():
        ya, yb, both = analysis(a), analysis(b), analysis(2 * a - 3 * b)
    torch.testing.assert_close(both, 2 * ya - 3 * yb, atol=2e-3, rtol=0)
    skeleton = count(transforms(start, "depthwise")[0], a, torch.zeros(1)).macs
    assert count(analysis, a).macs < 0.25 * skeleton
    assert count(system.codec.synthesis, ya, torch.zeros(1)).macs > 1.1 * skeleton


@torch.no_grad()
@pytest.mark.parametrize(("packets", "laps"), [(0, False), (3, True)])
def test_packets_lap_over_where_phases_do_not(start: Start, crops: Crops, packets: int, laps: bool) -> None:
    torch.manual_seed(0)
    system = Walloc(start, packets)
    system.codec.begin(crops)
    x = torch.zeros(1, 3, 64, 64)
    x[:, :, 30, 30] = 0.5
    touched = system.codec.analysis(x)[0].abs().amax(0) > 1e-5  # (4, 4) cells of 16 pixels
    assert (touched.sum() > 1) == laps


@torch.no_grad()
@pytest.mark.parametrize("packets", [0, 3])
def test_it_begins_as_a_transform_codec(start: Start, crops: Crops, packets: int) -> None:
    """All components, nothing learned: linear there and back is the picture, and components do not go together."""
    torch.manual_seed(0)
    system = Walloc(start, packets, 768)
    system.codec.begin(crops)
    x = crops.at(3)
    y = system.codec.analysis(x)
    torch.testing.assert_close(system.codec.synthesis._linear(y), x, atol=1e-3, rtol=0)
    spread = y.square().mean((0, 2, 3))
    assert spread[:8].sum() > 0.7 * spread.sum()


def test_latents_of_a_file_are_those_it_was_made_of(made: Callable[[str], System], photo: np.ndarray) -> None:
    system = made("walloc")
    picture = np.ascontiguousarray(photo[:64, :64])
    x = torch.from_numpy(picture).permute(2, 0, 1)[None].float() / 255 - 0.5
    found = system.latents(system.compress(picture, 2000))
    assert found.shape == (1, 192, 4, 4)
    torch.testing.assert_close(found, system.seen(x, 2000), atol=1e-4, rtol=0)


def test_latents_of_what_it_was_made_for_have_about_unit_variance(start: Start, crops: Crops) -> None:
    torch.manual_seed(0)
    system = Walloc(start).eval()
    system.codec.begin(crops)
    told = torch.cat([system.seen(crops.at(step), 3500) for step in range(8)])
    strongest = told.square().mean((0, 2, 3))[:8]
    assert 0.5 < strongest.min() and strongest.max() < 2


def test_a_classifier_learns_from_latents(made: Callable[[str], System]) -> None:
    """Stripes across from stripes down, of any phase."""
    system = made("walloc")

    def tiles(step: int) -> tuple[torch.Tensor, torch.Tensor]:
        dice = torch.Generator().manual_seed(step)
        classes = torch.randint(2, (16,), generator=dice)
        phase = 6.28 * torch.rand(16, 1, 1, generator=dice)
        wave = torch.sin(torch.arange(64.0)[None, :, None] + phase).expand(-1, -1, 64)
        turned = torch.where(classes.view(-1, 1, 1) == 0, wave, wave.transpose(1, 2))
        return 0.3 * turned[:, None].repeat(1, 3, 1, 1), classes

    def latents(step: int) -> tuple[torch.Tensor, torch.Tensor]:
        x, classes = tiles(step)
        return cut(system.seen(join(x, 4), 2000), 4), classes

    torch.manual_seed(0)
    model = CellClassifier(192, 2, 16)
    classify.fit(model, latents, 40, 0)
    assert classify.accuracy(model, *latents(1000)) >= 0.9


def test_a_quality_that_nothing_writes_is_refused(made: Callable[[str], System], photo: np.ndarray) -> None:
    system = made("walloc")
    found = stream.read(system.compress(photo, 2000), "walloc", stream.identity(system))
    for quality, chunks in ((9999, found.chunks), (2000, ()), (2000, (*found.chunks, b"word"))):
        with pytest.raises(DamagedFile):
            system.decompress(
                stream.write(stream.Stream("walloc", found.weights, quality, found.shape, tuple(chunks)))
            )


def test_wrong_options_are_one_line(start: Start) -> None:
    with pytest.raises(ValueError, match="choose 0 to 4 packets"):
        Walloc(start, 5)
