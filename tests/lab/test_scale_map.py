# SPDX-License-Identifier: Apache-2.0
"""The torch twin, its integer form and the codec's scale map say the same."""

import numpy as np
import torch

from mezzotint.intnet import ScaleMap
from mezzotint.lab.export.agree import integer_index
from mezzotint.lab.models.codec import Codec
from mezzotint.lab.priors.scale_map import _Clamp

NO_SYMBOLS = np.zeros(0, np.int32)  # this model has no scale context


@torch.no_grad()
def test_twin_equals_the_codec_bit_for_bit(tiny: Codec) -> None:
    weight, bias, offset = (t.numpy() for t in tiny.scale_map.integers())
    codec = ScaleMap(weight.astype(np.int8), bias.astype(np.int32), offset.astype(np.int32))
    z = torch.randint(-127, 128, (1, 4, 3, 2), generator=torch.Generator().manual_seed(0)).float()
    for q in (0, 1, 700, 2047, 2048, 4000, 4095):
        theirs = codec(z[0].numpy().astype(np.int32), q)
        assert np.array_equal(integer_index(tiny, z, NO_SYMBOLS, q), theirs)
        real = tiny.scale_map(z, torch.tensor([float(q)]))[0].numpy()
        assert np.abs(real - theirs).max() < 0.7  # not yet rounded, and at the exact place between anchors


def test_gradient_leads_back_from_the_borders() -> None:
    x = torch.tensor([-1.0, -1.0, 5.0, 70.0, 70.0], requires_grad=True)
    _Clamp.apply(x, 63).backward(torch.tensor([1.0, -1.0, 1.0, 1.0, -1.0]))
    assert x.grad is not None and x.grad.tolist() == [0.0, -1.0, 1.0, 1.0, 0.0]
