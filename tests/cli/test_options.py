# SPDX-License-Identifier: Apache-2.0
"""Options that several verbs share: which verb has which, and that one name is one option everywhere."""

from __future__ import annotations

import click
import pytest

from mezzotint.cli.program import program

SILENT = {"completion"}  # what it prints is a script already


def switches(verb: str) -> dict[str, click.Option]:
    found = [param for param in program.commands[verb].params if isinstance(param, click.Option)]
    return {name: option for option in found for name in option.opts}


def having(name: str) -> list[str]:
    return [verb for verb in program.commands if name in switches(verb)]


@pytest.mark.parametrize("verb", sorted(set(program.commands) - SILENT))
def test_every_verb_prints_json(verb):
    assert "--json" in switches(verb)


@pytest.mark.parametrize("name", ["--threads", "--quiet", "--verbose", "--force", "--json"])
def test_encode_and_decode_have_it(name):
    assert {"encode", "decode"} <= set(having(name))


@pytest.mark.parametrize("verb", having("--verbose"))
def test_quiet_and_verbose_contradict_one_another(mzt, verb):
    for pair in (["--quiet", "-v"], ["--verbose", "--quiet"]):
        result = mzt(verb, *pair, "in", "out")
        assert (result.status, result.out) == (2, b"")
        assert (
            result.err == "mzt: --quiet and --verbose contradict one another; give one of them, or neither\n"
        )


@pytest.mark.parametrize("short", ["-f", "-o", "-q", "-v", "-b"])
def test_a_letter_means_one_thing(short):
    longs = {max(switches(verb)[short].opts, key=len) for verb in having(short)}
    assert len(longs) == 1
