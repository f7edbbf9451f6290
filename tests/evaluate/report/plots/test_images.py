# SPDX-License-Identifier: Apache-2.0
"""Names at dots, where there is room."""

from __future__ import annotations

from mezzotint.evaluate.report.plots.images import _Box, _free, _stems

PANEL = (200.0, 120.0)


def test_over_the_dot_then_beside_it_then_higher() -> None:
    assert _free(100, 60, 30, [], PANEL) == _Box(85, 63.5, 30)
    over, right, higher = _Box(75, 63.5, 20), _Box(110, 57, 9), _Box(85, 74, 30)
    assert _free(100, 60, 30, [over], PANEL) == _Box(104, 57, 30)
    assert _free(100, 60, 30, [_Box(110, 63.5, 20)], PANEL) == _Box(66, 57, 30)
    assert _free(100, 60, 30, [over, right], PANEL) == higher
    assert _free(100, 60, 30, [over, right, higher], PANEL) == _Box(85, 84.5, 30)
    assert _free(100, 60, 30, [over, right, higher, _Box(85, 84.5, 30)], PANEL) is None


def test_names_stay_in_the_panel() -> None:
    assert _free(2, 60, 30, [], PANEL) == _Box(0, 63.5, 30)
    assert _free(199, 60, 30, [], PANEL) == _Box(170, 63.5, 30)
    assert _free(195, 112, 30, [], PANEL) == _Box(161, 109, 30)
    assert _free(100, 119, 30, [], PANEL) is None


def test_suffixes_go_where_they_tell_nothing() -> None:
    assert _stems(["a.png", "b/c.jpg"]) == ["a", "b/c"]
    assert _stems(["a.png", "a.jpg"]) == ["a.png", "a.jpg"]
    assert _stems([".png", "a"]) == [".png", "a"]
