# SPDX-License-Identifier: Apache-2.0
"""The table of measurements: what is written comes back, and what was cut off does no harm."""

from __future__ import annotations

import csv
from dataclasses import replace
from pathlib import Path

import pytest

from mezzotint.errors import DamagedFile
from mezzotint.evaluate import rows
from mezzotint.evaluate.rows import Row

ROW = Row(
    codec="avif",
    version="libaom 3.12.1",
    settings="speed 6, 4:4:4",
    quality=50.0,
    image="a/1.png",
    digest="0123456789ab",
    width=768,
    height=512,
    bytes=31807,
    bpp=0.647115,
    psnr=34.12345,
    ms_ssim=0.987654,
    ssimulacra2=-12.3456,
    encode_s=0.5,
    decode_s=0.0321,
    threads=1,
    metrics="psnr ms_ssim ssimulacra2",
)
FAST = replace(ROW, quality=0.5, ms_ssim=None, ssimulacra2=None, metrics="psnr")


def write(path: Path, *table: Row) -> None:
    with rows.start(path, []) as file:
        for row in table:
            rows.append(file, row)


def test_round_trip(tmp_path):
    odd = [
        replace(ROW, image=name)
        for name in ('with, comma".png', "two\nlines.png", "gr\u00fcn \u6f22.png", "'.png")
    ]
    path = tmp_path / "new" / rows.NAME
    write(path, ROW, FAST, *odd)
    assert rows.read(path) == [ROW, FAST, *odd]
    with rows.start(path, rows.read(path)) as file:
        rows.append(file, replace(ROW, quality=51.0))
    assert rows.read(path) == [ROW, FAST, *odd, replace(ROW, quality=51.0)]


def test_no_file_has_no_rows(tmp_path):
    assert rows.read(tmp_path / "nothing.csv") == []


def test_a_row_is_there_at_once(tmp_path):
    path = tmp_path / rows.NAME
    with rows.start(path, []) as file:
        rows.append(file, ROW)
        assert rows.read(path) == [ROW]


def test_the_last_row_of_a_key_wins(tmp_path):
    path = tmp_path / rows.NAME
    full = replace(FAST, ms_ssim=0.9, ssimulacra2=50.0, metrics="psnr ms_ssim ssimulacra2")
    write(path, FAST, ROW, full)
    assert rows.read(path) == [full, ROW]


def test_other_pixels_are_another_row(tmp_path):
    path = tmp_path / rows.NAME
    write(path, ROW, replace(ROW, digest="ba9876543210"))
    assert len(rows.read(path)) == 2


@pytest.mark.parametrize("image", ["1.png", "gr\u00fcn \u6f22.png", 'with, "comma".png'])
@pytest.mark.parametrize("row", [ROW, FAST])
def test_a_cut_anywhere_leaves_the_rows_before_it(tmp_path, row, image):
    """A cut row is dropped, or only misses some of its metrics, so that it is measured again."""
    path = tmp_path / rows.NAME
    write(path, ROW)
    whole = path.read_bytes()
    last = replace(row, image=image)
    write(path, ROW, last)
    added = path.read_bytes().removeprefix(whole)
    for end in range(len(added)):
        path.write_bytes(whole + added[:end])
        first, *others = rows.read(path)
        assert first == ROW
        for other in others:
            assert replace(other, metrics=last.metrics) == last
            complete = (
                other.metrics == last.metrics and end == len(added) - 1
            )  # only the line's end is missing
            assert complete or not set(last.metrics.split()) <= set(other.metrics.split())


@pytest.mark.parametrize("content", ["", "a,b,c\n1,2,3\n", "\x89PNG\r\n", ",".join(rows.COLUMNS[:-1]) + "\n"])
def test_another_file_is_refused(tmp_path, content):
    path = tmp_path / rows.NAME
    path.write_text(content)
    with pytest.raises(DamagedFile, match="not a table"):
        rows.read(path)


def test_a_failed_start_keeps_what_was_there(tmp_path, monkeypatch):
    path = tmp_path / rows.NAME
    write(path, ROW)
    before = path.read_bytes()

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(csv.DictWriter, "writerows", full)
    with pytest.raises(OSError, match="No space"):
        rows.start(path, [ROW, FAST])
    assert path.read_bytes() == before
    assert [file.name for file in tmp_path.iterdir()] == [rows.NAME]
