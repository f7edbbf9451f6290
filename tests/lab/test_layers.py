# SPDX-License-Identifier: Apache-2.0
import torch
import torch.nn.functional as F

from mezzotint.lab.layers.patch import PatchAnalysis, PatchSynthesis, dct_basis
from mezzotint.lab.layers.quality import QualityVector
from mezzotint.lab.layers.resample import HAAR, HaarDown, HaarUp


def test_basis_is_orthonormal() -> None:
    basis = dct_basis(16)
    assert torch.allclose(basis @ basis.T, torch.eye(768), atol=1e-5)


def test_full_patch_transform_round_trips() -> None:
    basis, x = dct_basis(16), torch.rand(1, 3, 32, 48)
    y = PatchAnalysis(basis)(x)
    assert y.shape == (1, 768, 2, 3)
    assert torch.allclose(PatchSynthesis(basis)(y), x, atol=1e-5)
    assert torch.allclose(y.square().sum(), x.square().sum(), rtol=1e-5)  # Parseval


def test_first_coefficient_is_luma_mean() -> None:
    x = torch.full((1, 3, 16, 16), 0.25)
    assert torch.isclose(PatchAnalysis(dct_basis(16))(x)[0, 0, 0, 0], torch.tensor(0.25 * 3**0.5 * 16))


def test_haar_down_then_up_is_the_identity() -> None:
    x = torch.rand(1, 3, 8, 10)
    down, up = HaarDown(3, 12), HaarUp(12, 3)
    eye = torch.eye(12)
    down.weight.data = eye.view(12, 3, 4)
    up.weight.data = eye.view(3, 4, 12)
    assert torch.allclose(up(down(x)), x, atol=1e-6)
    assert torch.allclose(HAAR @ HAAR.T, torch.eye(4))


def test_haar_down_equals_explicit_wavelet() -> None:
    x, down = torch.rand(2, 3, 6, 4), HaarDown(3, 5)
    cells = F.pixel_unshuffle(x, 2).unflatten(1, (3, 4))  # (B, C, 4, h, w)
    bands = torch.einsum("kp,bcphw->bckhw", HAAR, cells)
    want = torch.einsum("ock,bckhw->bohw", down.weight, bands) + down.bias[:, None, None]
    assert torch.allclose(down(x), want, atol=1e-5)


def test_quality_vector_interpolates_logarithms() -> None:
    vector = QualityVector(1, 3, torch.tensor([[1.0], [4.0], [2.0]]))
    got = vector(torch.tensor([0.0, 4095 / 4, 4095 / 2, 4095.0])).flatten()
    assert torch.allclose(got, torch.tensor([1.0, 2.0, 4.0, 2.0]), atol=1e-5)
