# SPDX-License-Identifier: Apache-2.0
"""File names that want to be markup, options, shell code or another direction of text."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys

import pytest

from mezzotint.evaluate.sidebyside import quoted

NAMES = [
    "photo.png",
    "two words.png",
    "it's.png",
    '"double" $HOME `id` $(id) ; rm -rf x & y.png',
    "line\nbreak\tand\x1b[31m.png",
    "back\\slash\\n.png",
    "\n'quote\\.png",
    "<script>alert(1)<!--.png",
    "\u202egnp.exe",
    "grün \u65e5\u672c \U0001f5bc.png",
    os.fsdecode(b"\xff\xfe7.png"),
    "!history *?[a].png",
]


@pytest.mark.skipif(shutil.which("bash") is None or sys.platform == "win32", reason="needs bash")
@pytest.mark.parametrize("name", NAMES)
def test_a_shell_reads_the_name_back(name):
    word = quoted(name)
    assert word.isprintable()  # so that a terminal shows what it runs
    done = subprocess.run(["bash", "-c", f"printf '%s|' {word}"], capture_output=True, check=True, timeout=20)
    assert done.stdout == os.fsencode(name) + b"|"


def test_no_name_becomes_an_option():
    assert quoted("--force") == "./--force"
    assert quoted("-") == "-"  # stdin
