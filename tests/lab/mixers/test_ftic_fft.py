# SPDX-License-Identifier: Apache-2.0
"""Unit gates leave the plain feed-forward part; others act on the FFT of each block."""

import torch
import torch.nn.functional as F

from mezzotint.lab.mixers.ftic_fft import FTICFFT


@torch.no_grad()
def test_unit_gates_pass_through() -> None:
    torch.manual_seed(0)
    mixer, x = FTICFFT(16), torch.randn(2, 16, 13, 9)
    mixer.gate.fill_(1)
    torch.testing.assert_close(mixer(x), mixer.down(F.gelu(mixer.up(x))), atol=1e-5, rtol=1e-4)


@torch.no_grad()
def test_gates_act_on_the_spectrum_of_a_block() -> None:
    torch.manual_seed(0)
    mixer, hidden = FTICFFT(4, window=8), torch.randn(1, 8, 16, 24)
    mixer.gate.normal_()
    gate = mixer.gate.T.unflatten(1, (8, 5))  # (E, row frequency, column frequency)
    found = mixer.modulate(hidden)
    for top in range(0, 16, 8):
        for left in range(0, 24, 8):
            block = (..., slice(top, top + 8), slice(left, left + 8))
            want = torch.fft.irfft2(torch.fft.rfft2(hidden[block]) * gate, (8, 8))
            torch.testing.assert_close(found[block], want, atol=1e-5, rtol=1e-4)
