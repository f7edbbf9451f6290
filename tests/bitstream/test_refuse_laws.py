# SPDX-License-Identifier: Apache-2.0
"""Each law of docs/format.md about a file has golden files that break it: its words there, and the names of the files.

Trap: a law that is added to a section which has some is not missed by itself. Whoever adds one to the document adds a
row here, and a file by refuse_*.py.
Not here are laws of bundles (section 6.1, tests/bundle) and of files too large to be kept: the 4 MiB of `iCCP` and the
16 MiB of other boxes are tested in test_boxes.py, padded pictures over 2^29 in tests/runtime.
"""

from __future__ import annotations

import json
import re
from fnmatch import filter as matching
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
DOCUMENT = " ".join((ROOT / "docs" / "format.md").read_text("utf-8").split())
NAMES = [
    name.removesuffix(".mzt") for name in json.loads((ROOT / "tests/golden/refuse/expected.json").read_text())
]

# (section, its words, patterns of names that all must have files)
LAWS = [
    ("1", "At most 5 bytes", "header-*-six-bytes box-length-six-bytes index-*-six-bytes lattice-length*-six-bytes"),
    ("1", "a last byte of zero after another byte is refused",
     "header-*-not-shortest box-*-not-shortest index-*-not-shortest"),
    ("1", "without holes and with nothing behind it", "index-hole header-trailing-byte header-two-files"),
    ("2", "`8D 4D 5A 0A`", "magic-* empty"),
    ("2", "| 1 | version | 0 |", "version-*"),
    ("2", "bits 0-3 mode: 0 lossy, 1 near-lossless, 2 lossless", "header-mode-3 header-mode-4 header-mode-8"),
    ("2", "bits 4-7 alpha: 0 none, 1 straight", "header-alpha-2 header-alpha-4 header-alpha-8"),
    ("2", "bits 0-3 channels: 1 grey, 3 colour", "header-channels-0 header-channels-2 header-channels-1[15]"),
    ("2", "bits 4-7 tile_log2: 6..15", "header-tile-5 header-tile-0"),
    ("2", "bits 12-15 reserved, zero", "header-quality-bit-12 header-quality-bit-1[34] header-quality-reserved-bit"),
    ("2", "layer count, 1..15", "header-layers-0 header-layers-16 header-layers-133"),
    ("2", "| varint | width | pixels, at least 1 |", "header-width-0"),
    ("2", "| varint | height | pixels, at least 1 |", "header-height-0"),
    ("2", "CRC-32 of all bytes before it", "header-zero-checksum header-checksum-byte-? header-flipped-*"),
    ("2.1", "a bit depth outside 1..16", "header-depth-0 header-depth-17 header-depth-136"),
    ("2.1", "from 1 to 2^depth - 1", "header-near-lossless-error-0 header-near-lossless-error-2-of-1-bit"),
    ("2.1", "in mode 2 it is 0", "header-lossless-quality-1"),
    ("2.2", "file is truncated, a longer one damaged", "cut-* header-total-one-less header-total-one-more"),
    ("3", "a letter, then three characters of `20`..`7E`", "box-tag-begins-* box-tag-holds-* box-tag-not-a-letter"),
    ("3", "must refuse the file by that name", "box-critical-unknown box-exif-in-capitals"),
    ("3", "CRC-32 of tag and payload", "box-checksum* box-tag-flipped box-length-one-*"),
    ("3.1", "2 * b * width * height + 1024", "limit-alpha-box*"),
    ("3.2", "A known tag occurs at most once", "box-twice-*"),
    ("3.2", "`ALPH` is there exactly when", "box-alpha-missing* box-alpha-unexpected box-alpha-as-ignorable"),
    ("3.2", "those of ignorable boxes too", "box-checksum-of-ignorable"),
    ("3.3", "The first byte of the payload says how", "alpha-kind-* alpha-empty"),
    ("3.3", "one sample, the value of all; nothing behind it", "alpha-constant-of-* alpha-constant-without-sample"),
    ("3.3", "must inflate to exactly b * width * height bytes",
     "alpha-one-* alpha-nothing-inflates alpha-million-samples"),
    ("3.3", "without a preset dictionary) must inflate to exactly b",
     "alpha-dictionary alpha-gzip alpha-checksum-wrong"),
    ("3.3", "and end with the payload", "alpha-trailing-byte alpha-two-streams"),
    ("3.3", "no sample may be over 2^depth - 1", "alpha-sample-* alpha-sum-* alpha-column-* alpha-constant-2-*"),
    ("4", "The lengths must sum to exactly what is left",
     "index-does-not-fit index-overlap index-length-wraps-32-bits"),
    ("5", "the layer count must be one more than the model's groups", "lossy-tiny-layers-* lossy-default-layers-15"),
    ("5", "A chunk whose checksum does not match makes the file damaged", "index-chunk-* index-layer-?-checksum"),
    ("5", "must then still refuse what is damaged in the part that is there", "partial-*"),
    ("6.2", "file whose model id it cannot match", "lossy-model-id-* partial-of-unknown-model"),
    ("9.3", "words where no symbol is coded", "lossy-nothing-coded-*"),
    ("9.3", "none where one is", "lossy-*-layer-?-empty"),
    ("9.3", "a length that is not a multiple of 4", "lossy-*-byte-less lossy-*-byte-more"),
    ("9.3", "a zero as the last word", "lossy-*-zero-word"),
    ("9.3", "the state must be START", "lossy-*-bit lossy-*-word-less lossy-*-start-alone"),
    ("9.3", "no word may be left", "lossy-*-word-more"),
    ("9.4", "A spelling that is longer than 4 bytes", "lossy-*-escape-of-five-bytes lossy-*-escape-without-end"),
    ("9.4", "or not the shortest makes the tile damaged", "lossy-*-escape-not-shortest"),
    ("10", "| width * height | 2^28 |", "limit-pixels*"),
    ("10", "| width, height |", "limit-side limit-width-one-more limit-height-one-more"),
    ("10", "| chunks (layers * tiles) | 2^20 |", "limit-chunks*"),
    ("10", "pixels of the largest tile, padded (7.1)", "limit-tile"),
    ("10", "| boxes | 64 |", "limit-boxes*"),
    ("10", "no declared length may be trusted",
     "box-length-4-gb box-length-largest index-chunk-4-gb index-million-chunks"),
    ("15", "The layer count is 5", "lossless-layers-* near-lossless-layers-*"),
    ("15.1", "1 as graphics (15.8). Anything else is refused", "tile-of-kind-* tile-second-of-kind-3"),
    ("15.1", "all of the tile lies in chunk 0", "graphics-and-layer-[1234]"),
    ("15.2", "A sample above `top` is refused",
     "lattice-base-2-of-1-bit lattice-base-512-of-9-bits lattice-base-65535-*"),
    ("15.6", "|high| > 2^18", "lattice-residual-high-*"),
    ("15.6", "|r| >= 2^17", "lattice-residual-below-* lattice-residual-above-* lattice-residual-of-high-and-bits"),
    ("15.6", "s < -m", "lattice-sample-below-8-bits lattice-sample-below-*-near-lossless-*"),
    ("15.6", "s > top + m", "lattice-sample-above-1-bits lattice-sample-above-*-near-lossless-*"),
    ("15.7", "bits 6, 7:", "lattice-reserved-bit-6 lattice-reserved-bit-7 lattice-reserved-bits-of-each"),
    ("15.7", "the number of the set that all classes use", "lattice-set-16 lattice-set-beyond-the-last"),
    ("15.7", "the set of each class", "lattice-set-of-a-class*"),
    ("15.7", "at least 1, first + count at most 36", "lattice-map-first-* lattice-map-count-*"),
    ("15.7", "each below 108", "lattice-map-entry-*"),
    ("15.7", "no plain words may be there", "lattice-plain-words-of-nothing*"),
    ("15.7", "each coded as section 9.2 to 9.4 say", "lattice-words-* lattice-plain-words-* lattice-escape-*"),
    ("15.7", "must refuse a correction", "lattice-correction-too-large"),
    ("15.8", "must inflate to exactly the bytes of the rows", "graphics-stream-byte-* graphics-stream-row-*"),
    ("15.8", "and end with the chunk", "graphics-stream-trailing-byte graphics-stream-two-streams"),
    ("15.8", "Refused: other kinds", "graphics-kind-*"),
    ("15.8", "filters above 3", "graphics-filter-*"),
    ("15.8", "indices without a colour", "graphics-index-*"),
    ("15.8", "samples above `top`", "graphics-sample-*"),
    ("15.8", "colours above it whether an index names them or not", "graphics-sample-unused-*"),
    ("15.9", "The **id** is the first 8 bytes", "lossless-tables-*"),
]  # fmt: skip


@pytest.mark.parametrize(("section", "words", "patterns"), LAWS)
def test_a_law_has_files_that_break_it(section: str, words: str, patterns: str) -> None:
    assert words in re.sub(r" +", " ", DOCUMENT), f"docs/format.md {section} has other words now"
    for pattern in patterns.split():
        assert matching(NAMES, pattern), pattern


# Sections that speak of refusing, of bundles, encoders, or this folder.
WITHOUT_FILES = {"0", "6.1", "8", "8.1", "11", "13"}


def test_no_section_that_refuses_is_left_out() -> None:
    parts = re.split(
        r"^#{2,3} (\d+(?:\.\d+)?)\.? ", "## 0 " + (ROOT / "docs" / "format.md").read_text("utf-8"), flags=re.M
    )
    sections = dict(zip(parts[1::2], parts[2::2], strict=True))
    strict = {number for number, text in sections.items() if re.search(r"\b(must|refused?|refuse)\b", text)}
    assert strict - {section for section, _, _ in LAWS} <= WITHOUT_FILES
    assert {section for section, _, _ in LAWS} <= set(sections)
