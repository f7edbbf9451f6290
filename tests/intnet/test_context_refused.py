# SPDX-License-Identifier: Apache-2.0
"""What a scale context refuses: arrays that do not fit together or the groups, and weights that could leave 32 bits."""

from __future__ import annotations

import numpy as np
import pytest

from mezzotint.errors import DamagedModel
from mezzotint.intnet import ScaleContext

GROUPS = (2, 3, 1, 2)
INNER, OUTER = np.zeros((3, 4, 2, 6), np.int8), np.zeros((6, 4), np.int8)


@pytest.mark.parametrize(
    "inner",
    [
        *(INNER.astype(dtype) for dtype in (np.int16, np.uint8, np.float32)),
        INNER[:2],
        INNER[:, :3],
        INNER[:, :0],
        INNER[:, :, :1],
        INNER[..., :5],
        INNER[..., None],
        INNER.transpose(0, 1, 3, 2),
        INNER.reshape(3, 4, 12),
        INNER.ravel(),
        np.zeros((4, 4, 2, 6), np.int8),
        np.zeros((3, 5, 2, 6), np.int8),
        np.zeros((3, 4, 3, 6), np.int8),
        np.zeros((3, 4, 2, 8), np.int8),
    ],
    ids=lambda array: f"{array.dtype}{array.shape}",
)
def test_inner_weights_that_do_not_fit(inner):
    ScaleContext(INNER, OUTER, GROUPS)
    with pytest.raises(DamagedModel, match="inner .*of the scale context"):
        ScaleContext(inner, OUTER, GROUPS)


@pytest.mark.parametrize(
    "outer",
    [
        *(OUTER.astype(dtype) for dtype in (np.int16, np.uint8, np.float32)),
        OUTER[:5],
        OUTER[:, :3],
        OUTER[:, :0],
        OUTER[..., None],
        OUTER.T,
        OUTER.ravel(),
        np.zeros((8, 4), np.int8),
        np.zeros((6, 5), np.int8),
    ],
    ids=lambda array: f"{array.dtype}{array.shape}",
)
def test_outer_weights_that_do_not_fit(outer):
    with pytest.raises(DamagedModel, match="outer .*of the scale context"):
        ScaleContext(INNER, outer, GROUPS)


@pytest.mark.parametrize(
    "groups", [(8,), (2, 6), (5, 1, 2), (2, 4, 2), (2, 3, 2, 1), (2, 3, 1, 1, 1), (2, 3, 1, 3)]
)
def test_groups_that_do_not_fit(groups):
    """Four groups, with the first and the last as large, and as many channels: all that the shapes tell."""
    ScaleContext(INNER, OUTER, (2, 1, 3, 2))
    with pytest.raises(DamagedModel, match="scale context"):
        ScaleContext(INNER, OUTER, groups)


def test_one_group_has_no_context():
    with pytest.raises(DamagedModel, match="scale context"):
        ScaleContext(INNER[:0, ..., :0], OUTER[:0], (8,))


# -- bounds --------------------------------------------------------------------------------------------


def test_every_symbol_and_the_worst_group_count():
    """The bound of a feature holds for the group and the feature with the largest weights, of either sign."""
    inner = np.zeros((3, 2, 2, 6), np.int8)
    outer = np.zeros((6, 2), np.int8)
    for place in np.ndindex(3, 2):
        inner[:] = 1
        inner[place] = -3
        for row in range(6):
            outer[:] = 2
            outer[row] = -5
            found = ScaleContext(inner, outer, GROUPS)
            assert found.bounds == (36 * 2048, 10 * (36 * 8 + 1))


def test_features_beyond_32_bits_are_refused():
    """Even where nothing is made of them. It takes more channels than a bundle can have."""
    inner, outer = np.full((1, 2, 2, 2048), -128, np.int8), np.zeros((1, 2), np.int8)
    for place in np.ndindex(2, 2):
        inner[0, :, place[0], place[1]] = -127
        assert ScaleContext(inner, outer, (2048, 1)).bounds == ((1 << 30) - 2048, 0)
        inner[0, place[0]] = -128
        with pytest.raises(DamagedModel, match="32 bits"):
            ScaleContext(inner, outer, (2048, 1))
        inner[:] = -128


@pytest.mark.parametrize("row", [0, 1])
@pytest.mark.parametrize("place", [(0, 0), (0, 1), (1, 0), (1, 1)])
@pytest.mark.parametrize("group", [0, 1])
@pytest.mark.parametrize("feature", [0, 2047])
def test_a_weight_too_many_is_refused(group, feature, place, row):
    """Whether it is read or not: the first group has no place for the last column, and no row for the other group."""
    inner, outer = np.zeros((2, 2048, 2, 2), np.int8), np.zeros((2, 2048), np.int8)
    outer[row] = -128
    inner[group, feature] = -128
    inner[group, feature][place] = 127
    assert ScaleContext(inner, outer, (1, 1, 1)).bounds == (511 * 2048, (1 << 18) * (511 * 8 + 1))
    inner[group, feature][place] = -128
    with pytest.raises(DamagedModel, match="32 bits"):
        ScaleContext(inner, outer, (1, 1, 1))
