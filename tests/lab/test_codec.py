# SPDX-License-Identifier: Apache-2.0
import torch

from mezzotint.lab.models.codec import LAMBDA_MAX, LAMBDA_MIN, Codec, lambda_of
from mezzotint.lab.models.transform import halo
from mezzotint.lab.train.loss import rate_distortion


def test_every_parameter_gets_a_finite_gradient(tiny: Codec) -> None:
    x, quality = torch.rand(2, 3, 64, 128) - 0.5, torch.tensor([500, 3500])
    rate_distortion(x, tiny(x, quality), quality).total.backward()
    missing = [n for n, p in tiny.named_parameters() if p.grad is None or not p.grad.isfinite().all()]
    assert missing == []


@torch.no_grad()
def test_images_do_not_depend_on_their_batch_mates(tiny: Codec) -> None:
    x = torch.rand(2, 3, 64, 64) - 0.5
    quality = torch.tensor([100.0, 4000.0])
    both, alone = tiny.analysis(x, quality), tiny.analysis(x[:1], quality[:1])
    assert torch.allclose(both[:1], alone, atol=1e-5)


def test_lambda_is_log_linear() -> None:
    ends = lambda_of(torch.tensor([0, 4095]))
    assert torch.allclose(ends, torch.tensor([LAMBDA_MIN, LAMBDA_MAX]))


@torch.no_grad()
def test_halo_covers_the_reach(tiny: Codec) -> None:
    """A change outside a window and its halo does not move what is inside."""
    pixels, cells = halo(tiny.config.analysis)
    quality = torch.tensor([2000.0])
    x = torch.rand(1, 3, 64, 64 + pixels) - 0.5
    far = x.clone()
    far[..., -64:] = 0.3
    inside = (x.shape[3] - 64 - pixels) // 16
    assert torch.equal(tiny.analysis(x, quality)[..., :inside], tiny.analysis(far, quality)[..., :inside])
    y = torch.randn(1, 32, 4, 12)
    moved = y.clone()
    moved[..., 8:] += 1
    a, b = tiny.synthesis(y, quality), tiny.synthesis(moved, quality)
    edge = 16 * (8 - cells)
    assert torch.equal(a[..., :edge], b[..., :edge]) and not torch.equal(
        a[..., : edge + 16 * cells], b[..., : edge + 16 * cells]
    )


@torch.no_grad()
def test_bf16_networks_leave_latents_and_indices_in_float32(tiny: Codec) -> None:
    """Autocast, as on a GPU: the linear path, the scale map and the likelihoods do not lose digits to bf16."""
    x, quality = torch.rand(2, 3, 64, 64) - 0.5, torch.tensor([2000.0, 4000.0])
    z = torch.randint(-127, 128, (2, 4, 2, 2)).float()
    torch.manual_seed(0)
    plain = tiny(x, quality)
    y, index = tiny.analysis.shortcut(x), tiny.scale_map(z, quality)
    with torch.autocast("cpu", torch.bfloat16):
        assert torch.equal(tiny.analysis.shortcut(x), y)
        assert torch.equal(tiny.scale_map(z.bfloat16(), quality), index)
        assert tiny.analysis(x, quality).dtype == torch.float32
        torch.manual_seed(0)
        mixed = tiny(x, quality)
    assert mixed.y_bits.dtype == mixed.z_bits.dtype == torch.float32
    assert torch.allclose(mixed.y_bits, plain.y_bits, rtol=0.02)
