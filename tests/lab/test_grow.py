# SPDX-License-Identifier: Apache-2.0
"""A grown model computes what the small one did, and says which shapes it cannot grow from."""

from dataclasses import replace

import pytest
import torch

from mezzotint.lab import recipes
from mezzotint.lab.data.basis import strongest_rows
from mezzotint.lab.models.codec import Codec, CodecConfig
from mezzotint.lab.models.transform import TransformConfig
from mezzotint.lab.train import checkpoint, loop
from mezzotint.lab.train.grow import grow
from mezzotint.lab.train.recipe import Recipe, Schedule

THIN = TransformConfig(fine=16, fine_hidden=16, fine_depth=1, coarse=16, coarse_hidden=16, coarse_depth=1)
SMALL = CodecConfig(
    groups=(8, 16),
    context_hidden=(8, 8),
    hyper_channels=8,
    hyper_width=16,
    features=8,
    analysis=THIN,
    synthesis=THIN,
)
LARGE = replace(
    SMALL,
    groups=(8, 40),
    context_hidden=(8, 16),
    analysis=replace(THIN, fine_depth=2, coarse_depth=3),
    synthesis=replace(THIN, coarse_depth=2),
)


@pytest.fixture(scope="module")
def photos() -> list[torch.Tensor]:
    torch.manual_seed(5)
    return [torch.randint(0, 256, (3, 128, 128), dtype=torch.uint8) for _ in range(4)]


def _model(config: CodecConfig, photos: list[torch.Tensor], disturbed: bool = False) -> Codec:
    model = Codec(config, *strongest_rows(photos, config.channels, crops=16, size=64)).eval()
    if disturbed:  # no layer is left at its starting zeros, so that a misplaced weight shows
        torch.manual_seed(6)
        for p in model.parameters():
            p.data += 0.02 * torch.randn_like(p)
    return model


def test_old_outputs_stay_as_they_were(photos: list[torch.Tensor]) -> None:
    small, large = _model(SMALL, photos, disturbed=True), _model(LARGE, photos, disturbed=True)
    grow(small.state_dict(), SMALL, large)
    torch.manual_seed(7)
    x, quality = torch.rand(2, 3, 128, 128) - 0.5, torch.tensor([900.0, 3000.0])
    y_small, y_large = small.analysis(x, quality), large.analysis(x, quality)
    torch.testing.assert_close(y_large[:, :24], y_small, atol=1e-5, rtol=1e-5)
    padded = torch.zeros_like(y_large)
    padded[:, :24] = y_small
    torch.testing.assert_close(
        large.synthesis(padded, quality), small.synthesis(y_small, quality), atol=1e-5, rtol=1e-5
    )
    z_small = small.hyper_analysis(y_small / small.step(quality))
    z_large = large.hyper_analysis(y_large / large.step(quality))
    torch.testing.assert_close(z_large, z_small, atol=1e-5, rtol=1e-5)
    index = small.scale_map(z_small.round(), quality)
    torch.testing.assert_close(large.scale_map(z_small.round(), quality)[:, :24], index)
    features = small.hyper_synthesis(z_small, quality)

    def means(model: Codec, y: torch.Tensor) -> torch.Tensor:
        return model.context(features, lambda k, mean: mean + y[:, :, k // 2 :: 2, k % 2 :: 2][..., :4, :4])

    torch.testing.assert_close(means(large, y_large)[:, :24], means(small, y_small), atol=1e-5, rtol=1e-5)


def test_new_channels_carry_something(photos: list[torch.Tensor]) -> None:
    small, large = _model(SMALL, photos), _model(LARGE, photos)
    grow(small.state_dict(), SMALL, large)
    x, quality = photos[0][None].float() / 255 - 0.5, torch.tensor([4095.0])
    error = [(m.synthesis(m.analysis(x, quality), quality) - x).square().mean() for m in (small, large)]
    assert error[1] < 0.99 * error[0]


def test_vectors_of_new_channels_keep_their_start(photos: list[torch.Tensor]) -> None:
    """They once became zero with the weights of new inputs, which made a step of 1 and a spread of 0."""
    large = _model(LARGE, photos)
    start = {k: v.clone() for k, v in large.state_dict().items()}
    grow(_model(SMALL, photos).state_dict(), SMALL, large)
    for name in ("step.log2", "scale_map.offset", "analysis.spread", "synthesis.gain", "context.spread"):
        torch.testing.assert_close(large.state_dict()[name][:, 24:], start[name][:, 24:])


def test_only_what_grows_is_grown(photos: list[torch.Tensor]) -> None:
    large = _model(LARGE, photos)
    with pytest.raises(ValueError, match="only depths, the last group"):
        grow(large.state_dict(), replace(LARGE, features=16), large)
    with pytest.raises(ValueError, match="larger in the smaller model"):
        small = _model(SMALL, photos)
        grow(large.state_dict(), LARGE, small)


def test_training_goes_on_from_a_smaller_model(photos, tmp_path) -> None:
    small = _model(SMALL, photos, disturbed=True)
    checkpoint.save(
        tmp_path / "small.safetensors", checkpoint.with_prefix("ema", small.state_dict()), SMALL, step=1
    )
    recipe = Recipe("grown", Schedule(steps=1, crop=64, batch=2), LARGE)
    model, step = loop._model(recipe, photos, tmp_path / "none", tmp_path / "small.safetensors")
    assert step == 0
    torch.testing.assert_close(model.synthesis.stem.weight[:, :24], small.synthesis.stem.weight)


def test_shipped_weights_can_be_grown(root) -> None:
    _, _, config = checkpoint.load_any(root / "runs" / "weights" / "first.safetensors")
    assert config == recipes.find("first").config


def test_element_steps_begin_as_nothing(photos: list[torch.Tensor]) -> None:
    config = replace(SMALL, element_step=True)
    small, large = _model(SMALL, photos, disturbed=True), _model(config, photos)
    grow(small.state_dict(), SMALL, large)
    x, quality = photos[0][None].float() / 255 - 0.5, torch.tensor([1000.0])
    plain, stepped = (model.eval()(x, quality) for model in (small, large))
    torch.testing.assert_close(stepped.x_hat, plain.x_hat)
    torch.testing.assert_close(stepped.y_bits, plain.y_bits)
