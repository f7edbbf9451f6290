# SPDX-License-Identifier: Apache-2.0
"""Unit weights leave the plain feed-forward part; others act on the FFT of each block of what it gives."""

import torch
import torch.nn.functional as F

from mezzotint.lab.mixers.ftic_fft import FTICFFT


def set_gate(mixer: FTICFFT, real: torch.Tensor, imaginary: torch.Tensor) -> None:
    mixer.gate[0], mixer.gate[1] = real, imaginary


@torch.no_grad()
def test_unit_gates_pass_through() -> None:
    torch.manual_seed(0)
    mixer, x = FTICFFT(16), torch.randn(2, 16, 13, 9)
    set_gate(mixer, torch.ones(()), torch.zeros(()))
    torch.testing.assert_close(mixer(x), mixer.down(F.gelu(mixer.up(x))), atol=1e-5, rtol=1e-4)


@torch.no_grad()
def test_gates_act_on_the_spectrum_of_a_block() -> None:
    torch.manual_seed(0)
    mixer, x = FTICFFT(4, window=8), torch.randn(1, 4, 16, 24)
    mixer.gate.normal_()
    gate = torch.complex(*mixer.gate).T.unflatten(1, (8, 5))  # (C, row frequency, column frequency)
    plain, found = mixer.down(F.gelu(mixer.up(x))), mixer(x)
    for top in range(0, 16, 8):
        for left in range(0, 24, 8):
            block = (..., slice(top, top + 8), slice(left, left + 8))
            want = torch.fft.irfft2(torch.fft.rfft2(plain[block]) * gate, (8, 8))
            torch.testing.assert_close(found[block], want, atol=1e-5, rtol=1e-4)


@torch.no_grad()
def test_complex_weights_move_what_real_ones_only_scale() -> None:
    """A turning phase is a shift inside the block."""
    mixer, x = FTICFFT(2, window=4), torch.randn(1, 2, 4, 4)
    angle = (
        2 * torch.pi / 4 * torch.arange(4).repeat_interleave(3)[:, None]
    )  # rows of the spectrum, 3 columns each
    set_gate(mixer, angle.cos(), -angle.sin())
    torch.testing.assert_close(mixer.modulate(x), x.roll(1, 2), atol=1e-5, rtol=1e-4)
