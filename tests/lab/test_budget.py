# SPDX-License-Identifier: Apache-2.0
import pytest

from mezzotint.lab.models.budget import hidden_beside
from mezzotint.lab.models.skeleton import DEPTH, HEIGHT, WIDTH, hidden_width


def test_as_the_board_has_it_where_mixers_are_all() -> None:
    depthwise = DEPTH * 9 * 128 * HEIGHT * WIDTH // 256
    assert hidden_beside(depthwise) == hidden_width("depthwise")


def test_a_price_narrows_the_mlps_by_as_much() -> None:
    unit = DEPTH * 3 * 128 * HEIGHT * WIDTH // 256  # one channel of all MLPs
    assert hidden_beside(0) - hidden_beside(100 * unit) == 100


def test_too_dear_is_one_line() -> None:
    with pytest.raises(ValueError, match="cheaper options"):
        hidden_beside(2 * HEIGHT * WIDTH * 1000)
