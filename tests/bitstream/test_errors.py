# SPDX-License-Identifier: Apache-2.0
"""Every error is one line with a remedy, and survives the way between processes."""

from __future__ import annotations

import pickle

import pytest

from mezzotint import errors

CLASSES = errors.MezzotintError.__subclasses__()


@pytest.mark.parametrize("error", CLASSES, ids=lambda error: error.__name__)
def test_says_what_and_what_to_do(error: type[errors.MezzotintError]) -> None:
    assert error.__doc__
    usual = error("something\nis wrong")
    assert str(usual) == f"something is wrong; {error.usual_remedy}"
    assert error.usual_remedy != errors.MezzotintError.usual_remedy
    better = error("it is wrong", "do that")
    assert str(better) == "it is wrong; do that"
    for instance in (usual, better):
        again = pickle.loads(pickle.dumps(instance))
        assert (type(again), str(again), again.what) == (error, str(instance), instance.what)


def test_a_conversion_only_warns() -> None:
    assert issubclass(errors.ConversionWarning, UserWarning)
