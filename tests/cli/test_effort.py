# SPDX-License-Identifier: Apache-2.0
"""`mzt encode --effort`."""

from __future__ import annotations

from pathlib import Path

import pytest

from mezzotint.runtime import effort


def test_default_is_0(mzt, picture, coded, tiny_model):
    assert mzt("encode", picture, "0.mzt", "--model", tiny_model, "--effort", 0).status == 0
    assert Path("0.mzt").read_bytes() == coded.read_bytes()


@pytest.mark.parametrize("wrong", ["-1", "10", "1.5", "best"])
def test_out_of_range(mzt, picture, wrong):
    result = mzt("encode", picture, "out.mzt", "--effort", wrong)
    assert result.status == 2
    assert "--effort" in result.err and len(result.err.splitlines()) == 1


def test_without_the_lab(mzt, folder, picture, monkeypatch):
    monkeypatch.setattr(effort, "entry_points", lambda group: [])
    result = mzt("encode", picture, "out.mzt", "--effort", 3)
    assert result.status == 1
    assert result.err == (
        "mzt: effort above 0 needs a package with the entry point mezzotint.refiners; "
        "pip install 'mezzotint[lab]', or leave effort at 0\n"
    )
    assert not (folder / "out.mzt").exists()


def test_an_effort(mzt, picture):
    pytest.importorskip("torch")
    for number in (0, 1):
        assert mzt("encode", picture, f"{number}.mzt", "--effort", number, "--threads", 1).status == 0
    assert Path("0.mzt").read_bytes() != Path("1.mzt").read_bytes()
    assert mzt("decode", "1.mzt", "back.png").status == 0
