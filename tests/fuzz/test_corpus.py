# SPDX-License-Identifier: Apache-2.0
"""Every input of the committed corpus, run through its target as the fuzzer would run it, but without Atheris."""

from __future__ import annotations

import hashlib
from pathlib import Path

import fuzz_agree
import fuzz_bundle
import fuzz_container
import fuzz_decode
import fuzz_entropy
import fuzz_header
import fuzz_salvage
import pytest
from harness import HERE, Target, attempt

MODULES = (
    *(fuzz_header, fuzz_container, fuzz_entropy, fuzz_decode, fuzz_agree),
    *(fuzz_salvage, fuzz_bundle),
)
TARGETS = [module.TARGET for module in MODULES]
MOST = 1_500_000  # bytes of all corpora


@pytest.mark.parametrize("target", TARGETS, ids=lambda target: target.name)
def test_every_law_holds_for_every_input(target: Target) -> None:
    words = set()
    for path in sorted(target.corpus.iterdir()):
        word, _ = attempt(target, path.read_bytes())  # raises what the fuzzer would call a finding
        words.add(word.split(":")[-1].split(",")[0].strip())
    refused = {word for word in words if word[0].isupper() or word == "refused"}
    assert refused and words - refused  # both: or the laws for one of them were not asked


@pytest.mark.parametrize("target", TARGETS, ids=lambda target: target.name)
def test_the_corpus_is_small_and_its_files_are_named_by_their_hash(target: Target) -> None:
    files = list(target.corpus.iterdir())
    assert len(files) > 20
    for file in files:
        data = file.read_bytes()
        assert file.name == hashlib.sha1(data).hexdigest()
        assert len(data) <= target.longest


def test_all_corpora_together_are_small() -> None:
    assert sum(file.stat().st_size for file in (HERE / "corpus").rglob("*") if file.is_file()) <= MOST


def test_every_target_is_listed() -> None:
    """In this file, and in the corpus: one that is forgotten here would rest unseen."""
    names = sorted(path.stem.removeprefix("fuzz_") for path in HERE.glob("fuzz_*.py"))
    assert names == sorted(target.name for target in TARGETS)
    assert names == sorted(path.name for path in (HERE / "corpus").iterdir())


def test_the_dictionary_is_one_that_libfuzzer_reads() -> None:
    lines = Path(HERE / "mezzotint.dict").read_text("utf-8").splitlines()
    entries = [line for line in lines if line and not line.startswith("#")]
    assert len(entries) > 50
    for entry in entries:
        name, _, quoted = entry.partition("=")
        assert name.replace("_", "").isalnum() and quoted[0] == quoted[-1] == '"'
        assert bytes.fromhex(quoted[1:-1].replace("\\x", ""))
