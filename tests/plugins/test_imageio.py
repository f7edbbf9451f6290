# SPDX-License-Identifier: Apache-2.0
"""The imageio plugin: by name, by bytes and by file; deep samples; the header alone for properties; what is refused."""

from __future__ import annotations

import io
import subprocess
import sys

import imageio.v2 as iio2
import imageio.v3 as iio
import numpy as np
import pytest
from imageio.config import extension_list, known_extensions
from PIL import Image

import mezzotint
import mezzotint.plugins.imageio
from mezzotint.bitstream import MAX_PREAMBLE_SIZE
from mezzotint.errors import BadImage, TruncatedFile, UsageError

SHAPES = [(20, 30), (20, 30, 3), (20, 30, 4)]


def noise(shape: tuple[int, ...], dtype: type = np.uint8) -> np.ndarray:
    return np.random.default_rng(4).integers(0, np.iinfo(dtype).max, shape, dtype, endpoint=True)


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
@pytest.mark.parametrize("shape", SHAPES, ids=str)
def test_there_and_back(tmp_path, shape, dtype):
    pixels, path = noise(shape, dtype), tmp_path / "a.mzt"
    assert iio.imwrite(path, pixels, lossless=True) is None
    back = iio.imread(path)
    assert back.dtype == dtype
    assert np.array_equal(back, pixels)
    back[0] = 0  # a reader may write into what it was given
    found = iio.improps(path)
    assert (found.shape, found.dtype, found.n_images, found.is_batch) == (shape, dtype, None, False)


def test_lossy_and_through_bytes_and_files(photo, tmp_path):
    data = iio.imwrite("<bytes>", photo, extension=".mzt", quality=50)
    assert data == mezzotint.encode(photo, 50)
    (tmp_path / "a.mzt").write_bytes(data)
    (tmp_path / "unnamed").write_bytes(data)
    pixels = mezzotint.decode(data)
    for source in (data, io.BytesIO(data), tmp_path / "a.mzt", str(tmp_path / "a.mzt")):
        assert np.array_equal(iio.imread(source, extension=".mzt"), pixels)
    assert np.array_equal(iio.imread(tmp_path / "a.mzt"), pixels)
    assert np.array_equal(iio.imread(tmp_path / "unnamed", plugin="mezzotint"), pixels)
    target = io.BytesIO()
    iio.imwrite(target, photo, extension=".mzt", quality=50)
    assert target.getvalue() == data


@pytest.mark.filterwarnings("ignore:The legacy `DICOM` plugin:DeprecationWarning")
def test_bytes_without_a_name_are_known_by_their_magic(photo):
    """imageio asks every plugin it has before ours."""
    assert np.array_equal(iio.imread(mezzotint.encode(photo, lossless=True)), photo)


def test_options_of_decode(photo, tmp_path):
    data = mezzotint.encode(photo, lossless=True)
    (tmp_path / "a.mzt").write_bytes(data)
    part = iio.imread(tmp_path / "a.mzt", region=(10, 20, 64, 32))
    assert np.array_equal(part, photo[20:52, 10:74])
    assert iio.imread(data, extension=".mzt", scale=1 / 8).shape == (38, 57, 3)


def test_index_and_batches(photo):
    data = iio.imwrite("<bytes>", [photo[:9, :9]], extension=".mzt", lossless=True)
    assert data == iio.imwrite("<bytes>", photo[None, :9, :9], extension=".mzt", lossless=True)
    assert data == iio.imwrite("<bytes>", photo[None, :9, :9], extension=".mzt", lossless=True, is_batch=True)
    assert iio.imread(data, extension=".mzt", index=0).shape == (9, 9, 3)
    assert iio.imread(data, extension=".mzt", index=...).shape == (1, 9, 9, 3)
    assert [picture.shape for picture in iio.imiter(data, extension=".mzt")] == [(9, 9, 3)]
    assert iio.improps(data, extension=".mzt", index=...).shape == (1, 9, 9, 3)
    for ask in (iio.imread, iio.improps, iio.immeta):
        with pytest.raises(ValueError, match="index 0"):
            ask(data, extension=".mzt", index=1)
    for several in ([photo, photo], np.stack([photo, photo])):
        with pytest.raises(ValueError, match="not 2"):
            iio.imwrite("<bytes>", several, extension=".mzt")


def test_metadata(photo, tiny_model):
    image = Image.fromarray(photo[:40, :60])
    exif = Image.Exif()
    exif[0x010F] = "a camera"
    image.info |= {"exif": exif.tobytes(), "xmp": b"<x/>"}
    about = iio.immeta(mezzotint.encode(image, 50, model=tiny_model), extension=".mzt")
    assert about["quality"] == pytest.approx(50, abs=0.05)
    assert (about["mode"], about["bit_depth"], about["xmp"]) == ("lossy", 8, b"<x/>")
    assert exif.tobytes().endswith(about["exif"])
    exact = iio.immeta(mezzotint.encode(photo[:9, :9], lossless=True), extension=".mzt")
    assert exact["mode"] == "lossless"
    assert not {"quality", "exif", "xmp", "icc_profile"} & set(exact)


def test_properties_read_the_header_only(photo, tmp_path):
    data = mezzotint.encode(photo[:40, :60], lossless=True)
    (tmp_path / "cut.mzt").write_bytes(data[:MAX_PREAMBLE_SIZE])
    assert iio.improps(tmp_path / "cut.mzt").shape == (40, 60, 3)
    with pytest.raises(TruncatedFile):
        iio.imread(tmp_path / "cut.mzt")


def test_errors_leave_nothing_behind(tmp_path):
    with pytest.raises(UsageError, match="0..100"):
        iio.imwrite(tmp_path / "a.mzt", noise((9, 9)), quality=101)
    with pytest.raises(BadImage, match="float64"):
        iio.imwrite(tmp_path / "a.mzt", np.zeros((9, 9)))
    assert list(tmp_path.iterdir()) == []


def test_other_plugins_keep_what_is_theirs(tmp_path, photo):
    iio.imwrite(tmp_path / "a.png", photo)
    assert np.array_equal(iio.imread(tmp_path / "a.png"), photo)
    (tmp_path / "b.mzt").write_bytes((tmp_path / "a.png").read_bytes())  # a PNG by a wrong name
    assert np.array_equal(iio.imread(tmp_path / "b.mzt"), photo)
    with pytest.raises(OSError, match="mezzotint"):
        iio.imread(tmp_path / "a.png", plugin="mezzotint")
    with pytest.raises(OSError, match="mezzotint"):
        iio.imwrite(tmp_path / "c.png", photo, plugin="mezzotint")


def test_the_older_interface(tmp_path, photo):
    iio2.imwrite(tmp_path / "a.mzt", photo, lossless=True)
    assert np.array_equal(iio2.imread(tmp_path / "a.mzt"), photo)


def test_registering_twice_changes_nothing():
    before = len(extension_list)
    mezzotint.plugins.imageio.register()
    assert len(extension_list) == before
    assert [known.priority for known in known_extensions[".mzt"]] == [["mezzotint"]]


def test_importing_it_is_all_it_takes(tmp_path):
    (tmp_path / "a.mzt").write_bytes(mezzotint.encode(noise((9, 8)), lossless=True))
    script = (
        "import sys, imageio.v3 as iio, mezzotint.plugins.imageio; "
        "print(iio.imread(sys.argv[1]).shape, 'onnxruntime' in sys.modules)"
    )
    command = [sys.executable, "-c", script, str(tmp_path / "a.mzt")]
    done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=60)
    assert done.stdout.strip() == "(9, 8) False"
