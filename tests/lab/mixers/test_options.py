# SPDX-License-Identifier: Apache-2.0
"""The options of every mixer: each does something, and a number or a width that does not fit is refused in one line."""

from __future__ import annotations

import importlib
import inspect
import pkgutil

import pytest
import torch
from torch import nn

import mezzotint.lab.mixers as package
from mezzotint.lab.mixers import MIXERS

for module in pkgutil.iter_modules(package.__path__):
    importlib.import_module(f"{package.__name__}.{module.name}")

CHANNELS = 32


def built_or_refused(spec: str, channels: int) -> nn.Module | None:
    """From one seed, and stirred, so that nothing hides behind a zero; None where it is refused, in one line."""
    torch.manual_seed(1)
    try:
        mixer = MIXERS.build(spec, channels)
    except ValueError as error:
        problem = str(error)
        mixer = None
    if mixer is None:
        assert "\n" not in problem
        return None
    for p in mixer.parameters():
        p.data += 0.05 * torch.randn_like(p)
    torch.manual_seed(2)
    return mixer.eval()


@pytest.mark.parametrize("entry", MIXERS.entries(), ids=lambda entry: entry.name)
@pytest.mark.parametrize("number", [0, -3])
def test_a_number_that_makes_no_sense_is_refused_or_works(entry, number: int) -> None:
    """No option crashes with a message of torch's, in the building or at the first picture."""
    for option in list(inspect.signature(entry.build).parameters)[1:]:
        mixer = built_or_refused(f"{entry.name}({option}={number})", CHANNELS)
        assert mixer is None or mixer(torch.randn(1, CHANNELS, 9, 7)).shape == (1, CHANNELS, 9, 7)


@pytest.mark.parametrize("entry", MIXERS.entries(), ids=lambda entry: entry.name)
@torch.no_grad()
def test_every_option_does_something(entry) -> None:
    """From one seed, another value gives another mixer. CRATE's step and sparsity belong to its option ``ista``."""
    given = {"ista": True} if entry.name == "crate" else {}
    for option, parameter in list(inspect.signature(entry.build).parameters.items())[1:]:
        found = []
        for value in (parameter.default, *others(parameter.default)):
            words = ", ".join(f"{k}={v!r}" for k, v in {**given, option: value}.items())
            mixer = built_or_refused(f"{entry.name}({words})", CHANNELS)
            if mixer is not None:  # a value may not go with the others
                found.append(mixer(torch.randn(1, CHANNELS, 19, 21)))
        assert any(not torch.equal(out, found[0]) for out in found[1:]), f"{option} changes nothing"


def others(default: object) -> list[object]:
    """Values that an option might take instead."""
    if isinstance(default, bool):
        return [not default]
    if isinstance(default, int):
        return [default + 2, 2 * default]
    if isinstance(default, float):
        return [default / 2, default * 2, 1.0]
    return [default[:1]] if isinstance(default, tuple) else [1, 3]


@pytest.mark.parametrize("entry", MIXERS.entries(), ids=lambda entry: entry.name)
@pytest.mark.parametrize("channels", [1, 2, 6, 20])
def test_odd_channels_are_refused_or_work(entry, channels: int) -> None:
    mixer, x = built_or_refused(entry.name, channels), torch.randn(1, channels, 5, 7)
    assert mixer is None or mixer(x).shape == x.shape
