# SPDX-License-Identifier: Apache-2.0
"""Bundle files: there and back, and everything a loader must refuse."""

import json
import os
import struct
import tracemalloc
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from threading import Thread
from typing import Any

import numpy as np
import pytest

from mezzotint.bundle import Bundle, dump, load, read_summary, save
from mezzotint.errors import DamagedModel, FileAccess


def parts(data: bytes) -> tuple[dict[str, Any], bytes]:
    length = struct.unpack_from("<I", data, 8)[0]
    return json.loads(data[12 : 12 + length]), data[12 + length :]


def built(header: dict[str, Any] | str, blobs: bytes, version: int = 1) -> bytes:
    text = (header if isinstance(header, str) else json.dumps(header)).encode()
    return b"\x8dMZM" + struct.pack("<II", version, len(text)) + text + blobs


def test_there_and_back(bundle: Bundle, tmp_path: Path) -> None:
    save(tmp_path / "a.mztm", bundle)
    again = load(tmp_path / "a.mztm")
    assert again.card == bundle.card
    assert again.blobs == bundle.blobs
    assert again.model_id == bundle.model_id
    assert dump(again) == dump(bundle) == (tmp_path / "a.mztm").read_bytes()
    assert [path.name for path in tmp_path.iterdir()] == ["a.mztm"]  # no temporary file stays


def test_summary_knows_the_id_without_the_blobs(bundle: Bundle, tmp_path: Path) -> None:
    save(tmp_path / "a.mztm", bundle)
    summary = read_summary(tmp_path / "a.mztm")
    assert (summary.card, summary.model_id) == (bundle.card, bundle.model_id)
    assert summary.size == len(dump(bundle))


def test_arrays_come_back_whole(bundle: Bundle) -> None:
    again = load(dump(bundle))
    for name in ("scale.weight", "y.frequencies", "z.frequencies", "vector.step"):
        array = again.array(name)
        assert array.dtype == bundle.array(name).dtype
        np.testing.assert_array_equal(array, bundle.array(name))
        assert not array.flags.writeable


def test_every_truncation_is_refused(bundle: Bundle) -> None:
    data = dump(bundle)
    for end in [*range(0, 3000, 7), *range(3000, len(data), 997), len(data) - 1]:
        with pytest.raises(DamagedModel):
            load(data[:end])
    with pytest.raises(DamagedModel):
        load(data + b"\0")


def test_flipped_bits_never_pass_as_the_same_model(bundle: Bundle) -> None:
    data = dump(bundle)
    header_end = 12 + struct.unpack_from("<I", data, 8)[0]
    places = [*range(0, header_end, 3), *range(header_end, len(data), 1009)]
    for place in places:
        changed = bytearray(data)
        changed[place] ^= 1 << place % 8
        try:
            again = load(bytes(changed))
        except DamagedModel:
            continue
        # Only words, numbers of the header and the encoder's halo are not hashed as blobs.
        assert place < header_end
        assert again.model_id != bundle.model_id or again.blobs == bundle.blobs


def first_blob(key: str, value: Any) -> Callable[[dict[str, Any]], None]:
    return lambda header: header["blobs"][0].update({key: value})


def top(key: str, value: Any) -> Callable[[dict[str, Any]], None]:
    return lambda header: header.update({key: value})


@pytest.mark.parametrize(
    "change",
    [
        top("extra", 1),
        top("format", 2),
        top("format", True),
        top("latent_channels", 9),
        top("latent_channels", 8.0),
        top("latent_channels", True),
        top("latent_channels", 10**9),
        top("latent_groups", [8, 0]),
        top("latent_groups", []),
        top("latent_groups", [1] * 7),
        top("latent_groups", "35"),
        top("analysis_halo", 63),
        top("analysis_halo", -64),
        top("anchors", 1),
        top("z_banks", 3),
        top("name", ""),
        top("name", "two\nlines"),
        top("blobs", {}),
        top("blobs", []),
        top("blobs", [1]),
        first_blob("extra", 1),
        first_blob("offset", 1),
        first_blob("length", 0),
        first_blob("length", -1),
        first_blob("length", 2**62),
        first_blob("kind", "pickle"),
        first_blob("side", "decoder"),
        first_blob("dtype", "float64"),
        first_blob("shape", [1]),
        first_blob("sha256", "0" * 64),
        first_blob("name", "synthesis2"),
        lambda header: header.pop("about"),
        lambda header: header["blobs"].pop(),
        lambda header: header["blobs"][0].pop("sha256"),
        lambda header: header["blobs"][1].update(name=header["blobs"][0]["name"]),
    ],
)
def test_wrong_headers_are_refused(bundle: Bundle, change: Callable[[dict[str, Any]], object]) -> None:
    header, blobs = parts(dump(bundle))
    change(header)
    with pytest.raises(DamagedModel):
        load(built(header, blobs))


def test_the_rebuilt_header_itself_is_accepted(bundle: Bundle) -> None:
    assert load(built(*parts(dump(bundle)))).model_id == bundle.model_id


@pytest.mark.parametrize(
    "text",
    ["", "[]", "{", "NaN", '{"a":1,"a":1}', "[" * 100_000, '{"format":' + "9" * 5000 + "}", '"\\ud800"'],
)
def test_what_is_no_header_is_refused(text: str) -> None:
    with pytest.raises(DamagedModel):
        load(built(text, b""))


def test_duplicate_keys_are_refused(bundle: Bundle) -> None:
    header, blobs = parts(dump(bundle))
    text = json.dumps(header)
    with pytest.raises(DamagedModel, match="twice"):
        load(built('{"name":"other",' + text[1:], blobs))


def test_other_versions_and_files_are_refused(bundle: Bundle) -> None:
    with pytest.raises(DamagedModel, match="version is 2"):
        load(built(*parts(dump(bundle)), version=2))
    for data in (b"", b"\x8dMZM", b"PK\x03\x04" * 50, b"\x8dMZ\n" + dump(bundle)[4:]):
        with pytest.raises(DamagedModel):
            load(data)


def test_missing_files_are_named(tmp_path: Path, bundle: Bundle) -> None:
    with pytest.raises(FileAccess, match=r"none\.mztm"):
        load(tmp_path / "none.mztm")
    with pytest.raises(FileAccess):
        read_summary(tmp_path)
    with pytest.raises(FileAccess):
        save(tmp_path / "no folder" / "a.mztm", bundle)


# -- found by attack --------------------------------------------------------------------------------------


def memory_of(step: Callable[[], object]) -> int:
    """Bytes at most that a step took of Python's memory, touched or not."""
    tracemalloc.start()
    try:
        with suppress(DamagedModel):
            step()
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


def test_a_small_file_takes_little_memory(bundle: Bundle, tmp_path: Path) -> None:
    """It asked for the gigabyte that a bundle may have, which a process with a limit does not get."""
    save(tmp_path / "a.mztm", bundle)
    size = (tmp_path / "a.mztm").stat().st_size
    assert memory_of(lambda: load(tmp_path / "a.mztm")) < 8 * size


@pytest.mark.parametrize(
    ("head", "message"), [(b"PK\x03\x04", "it is not a Mezzotint model"), (b"\x8dMZM", "over 1073741824")]
)
def test_of_what_is_no_bundle_next_to_nothing_is_read(tmp_path: Path, head: bytes, message: str) -> None:
    path = tmp_path / "a.mztm"
    path.write_bytes(head)
    os.truncate(path, 3 << 30)  # zeros that take no room on the disk
    with pytest.raises(DamagedModel, match=message):
        load(path)
    assert memory_of(lambda: load(path)) < 1 << 17


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="POSIX pipes")
def test_a_bundle_may_come_through_a_pipe(bundle: Bundle, tmp_path: Path) -> None:
    """As from `--model <(gunzip < model.mztm.gz)`: it does not know its size."""
    os.mkfifo(tmp_path / "pipe")
    data = dump(bundle)
    writer = Thread(target=lambda: (tmp_path / "pipe").write_bytes(data))
    writer.start()
    again = load(tmp_path / "pipe")
    writer.join()
    assert again.model_id == bundle.model_id


def test_half_a_character_is_refused(bundle: Bundle) -> None:
    """JSON can escape it and UTF-8 cannot hold it: such a bundle could be loaded and not saved."""
    header, blobs = parts(dump(bundle))
    header["about"] = "half of \ud83d"
    with pytest.raises(DamagedModel, match="about in its header holds half a character"):
        load(built(header, blobs))
    header["about"] = "whole \U0001f600"
    assert load(built(header, blobs)).card.about == "whole \U0001f600"


@pytest.mark.parametrize("number", ["1" * 21, "-" + "9" * 20, "9" * 900_000, "1.0", "1e5", "-Infinity"])
def test_numbers_that_are_no_integers_of_a_machine_are_refused_at_once(bundle: Bundle, number: str) -> None:
    """Python turns long ones into integers in quadratic time where it is told to."""
    header, blobs = parts(dump(bundle))
    text = json.dumps(header).replace('"anchors": 3', f'"anchors": {number}')
    with pytest.raises(DamagedModel, match="not valid JSON"):
        load(built(text, blobs))


@pytest.mark.parametrize(
    "change",
    [
        top("x" * 100_000, 1),
        top("latent_groups", [0] * 100_000),
        first_blob("name", "x" * 100_000),
        first_blob("name", "\x1b[2J"),
        first_blob("x" * 100_000, 1),
    ],
)
def test_errors_are_short_and_printable(bundle: Bundle, change: Callable[[dict[str, Any]], object]) -> None:
    header, blobs = parts(dump(bundle))
    change(header)
    with pytest.raises(DamagedModel) as caught:
        load(built(header, blobs))
    assert len(str(caught.value)) < 300 and str(caught.value).isprintable()
