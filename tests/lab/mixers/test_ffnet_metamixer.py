# SPDX-License-Identifier: Apache-2.0
"""Query, learned keys, coefficients by GELU, learned values; and no operator but convolution and GELU."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch.utils._python_dispatch import TorchDispatchMode

from mezzotint.lab.mixers.ffnet_metamixer import FFNetMetaMixer


class Recorder(TorchDispatchMode):
    def __init__(self) -> None:
        super().__init__()
        self.names: set[str] = set()

    def __torch_dispatch__(self, func, types, args=(), kwargs=None):
        self.names.add(func.overloadpacket.__name__)
        return func(*args, **(kwargs or {}))


@torch.no_grad()
def test_nothing_but_convolution_and_gelu() -> None:
    mixer, x = FFNetMetaMixer(8), torch.randn(1, 8, 9, 9)
    with Recorder() as seen:
        mixer(x)
    assert seen.names == {"convolution", "gelu"}


@torch.no_grad()
def test_is_a_memory_of_keys_and_values() -> None:
    """The output is a sum over window offsets of value times GELU(key . query): the feed-forward form, in space."""
    torch.manual_seed(0)
    mixer, x = FFNetMetaMixer(4, kernel=3), torch.randn(1, 4, 6, 5)
    for p in mixer.parameters():
        p += 0.3 * torch.randn_like(p)

    def neighbours(m: torch.Tensor) -> torch.Tensor:
        """(C, H, W) -> (C, 9, H, W)."""
        padded = F.pad(m, (1, 1, 1, 1))
        return torch.stack([padded[:, a : a + 6, b : b + 5] for a in range(3) for b in range(3)], 1)

    keys, values = (conv.weight.flatten(1)[:, :, None, None] for conv in (mixer.key, mixer.value))
    scores = (neighbours(mixer.query(x)[0]) * keys).sum(1) + mixer.key.bias[:, None, None]
    coefficients = scores * 0.5 * (1 + torch.erf(scores / 2**0.5))
    read = (neighbours(coefficients) * values).sum(1) + mixer.value.bias[:, None, None]
    torch.testing.assert_close(mixer(x), mixer.out(read[None]), atol=1e-5, rtol=1e-4)
