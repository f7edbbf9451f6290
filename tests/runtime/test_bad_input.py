# SPDX-License-Identifier: Apache-2.0
"""Whatever the bytes, decoding answers with an error of errors.py, before any network runs."""

import io
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import replace
from types import ModuleType

import numpy as np
import onnx
import pytest
from numpy.typing import NDArray
from onnx import numpy_helper
from PIL import Image

import mezzotint.pillow
from mezzotint.bitstream import Alpha, Box, Container, Limits, read, write
from mezzotint.bundle import Bundle, assemble
from mezzotint.errors import (
    DamagedFile,
    LimitExceeded,
    MezzotintError,
    NonFinite,
    NotMezzotint,
    UnknownModel,
    UsageError,
)
from mezzotint.runtime import latents
from mezzotint.runtime.decode import latent_digests
from mezzotint.runtime.latents import Model
from mezzotint.runtime.targets import Target


@pytest.fixture(scope="module")
def data(bundle: Bundle, photo: NDArray[np.uint8]) -> bytes:
    return mezzotint.encode(photo[:64, :64], 10, model=bundle)


@pytest.fixture
def no_networks(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(self: Model, graph: str) -> None:
        raise AssertionError(f"the network {graph} was asked for")

    monkeypatch.setattr(Model, "session", refuse)


@pytest.mark.usefixtures("no_networks")
def test_every_truncation_is_refused(data: bytes, bundle: Bundle) -> None:
    for end in range(len(data)):
        with pytest.raises(MezzotintError):
            mezzotint.decode(data[:end], model=bundle)


@pytest.mark.usefixtures("no_networks")
def test_every_flipped_bit_is_refused(data: bytes, bundle: Bundle) -> None:
    for place in range(len(data)):
        for bit in range(8):
            changed = bytearray(data)
            changed[place] ^= 1 << bit
            with pytest.raises(MezzotintError):
                mezzotint.decode(changed, model=bundle)


@pytest.mark.usefixtures("no_networks")
def test_empty_and_foreign_files(bundle: Bundle) -> None:
    for other in (b"", b"\x89PNG\r\n\x1a\n" + bytes(100)):
        with pytest.raises(NotMezzotint):
            mezzotint.decode(other, model=bundle)


def shorter(container: Container) -> Container:
    return replace(container, header=replace(container.header, layer_count=2), layers=container.layers[:2])


def other_words(container: Container) -> Container:
    return replace(
        container, layers=(container.layers[0][:1], *((chunk[0][:-4],) for chunk in container.layers[1:]))
    )


def more_words(container: Container) -> Container:
    return replace(container, layers=tuple((chunk[0] + b"\1\2\3\4",) for chunk in container.layers))


def bad_alpha(container: Container) -> Container:
    header = replace(container.header, alpha=Alpha.STRAIGHT)
    return replace(container, header=header, boxes=(Box(b"ALPH", b"\1x"),))


def empty_z(container: Container) -> Container:
    return replace(container, layers=((b"",), *container.layers[1:]))


@pytest.mark.usefixtures("no_networks")
@pytest.mark.parametrize("change", [shorter, other_words, more_words, bad_alpha, empty_z])
def test_damage_with_right_checksums(
    data: bytes, bundle: Bundle, change: Callable[[Container], Container]
) -> None:
    with pytest.raises(DamagedFile):
        mezzotint.decode(write(change(read(data))), model=bundle)


@pytest.mark.usefixtures("no_networks")
def test_random_words_end_well(data: bytes, bundle: Bundle) -> None:
    container = read(data)
    rng = np.random.default_rng(1)
    for _ in range(50):
        layers = tuple((rng.bytes(4 * rng.integers(1, 40)),) for _ in container.layers)
        with pytest.raises(DamagedFile):
            mezzotint.decode(write(replace(container, layers=layers)), model=bundle)


@pytest.mark.usefixtures("no_networks")
def test_unknown_models_are_named(data: bytes, tmp_path: object, monkeypatch: pytest.MonkeyPatch) -> None:
    container = read(data)
    foreign = write(replace(container, header=replace(container.header, model_id=b"\xab" * 8)))
    monkeypatch.setenv("MZT_MODELS", str(tmp_path))
    with pytest.raises(UnknownModel, match=r"abababababababab.*--model.*MZT_MODELS"):
        mezzotint.decode(foreign)


def test_an_altered_model_is_refused(data: bytes, bundle: Bundle, tiny: ModuleType) -> None:
    arrays = tiny.arrays()
    arrays["scale.bias"] = arrays["scale.bias"] + np.int32(1)
    altered = assemble(bundle.card, tiny.graphs(), arrays)
    with pytest.raises(UnknownModel, match=bundle.model_id.hex()):
        mezzotint.decode(data, model=altered)


@pytest.mark.usefixtures("no_networks")
def test_limits_come_first(data: bytes, bundle: Bundle, photo: NDArray[np.uint8]) -> None:
    with pytest.raises(LimitExceeded):
        mezzotint.decode(data, model=bundle, limits=Limits(max_pixels=64 * 64 - 1))
    with pytest.raises(LimitExceeded):
        mezzotint.encode(np.broadcast_to(photo[:1, :1], (1, 2**24, 3)), model=bundle)


def test_padding_counts_for_long_pictures(bundle: Bundle) -> None:
    """The memory of a 1 x N picture is that of 64 x N."""
    long = Limits(max_side=70_000)
    data = mezzotint.encode(np.zeros((1, 70_000), np.uint8), model=bundle, limits=long)
    assert mezzotint.decode(data, model=bundle, limits=long).shape == (1, 70_000)
    with pytest.raises(LimitExceeded, match="memory"):
        mezzotint.decode(data, model=bundle, limits=replace(long, max_pixels=70_000))


@pytest.mark.parametrize("quality", [-1, 100.5, float("nan"), float("inf"), "50", None, True, 1j, [5]])
def test_quality_has_a_range(quality: float, bundle: Bundle, photo: NDArray[np.uint8]) -> None:
    with pytest.raises(UsageError, match="0"):
        mezzotint.encode(photo, quality, model=bundle)


def test_wrong_usage(data: bytes, bundle: Bundle, photo: NDArray[np.uint8]) -> None:
    with pytest.raises(UsageError, match="as_"):
        mezzotint.decode(data, model=bundle, as_="jpeg")  # type: ignore[call-overload]
    with pytest.raises(UsageError, match="threads"):
        mezzotint.decode(data, model=bundle, threads=0)
    with pytest.raises(UsageError, match="tile_log2"):
        mezzotint.encode(photo, model=bundle, tile_log2=5)


def poisoned(graph: bytes, constant: str, value: float) -> bytes:
    proto = onnx.load_from_string(graph)
    for tensor in proto.graph.initializer:
        if tensor.name == constant:
            array = numpy_helper.to_array(tensor).copy()
            array[...] = value
            tensor.CopyFrom(numpy_helper.from_array(array, constant))
    return bytes(proto.SerializeToString())


@pytest.mark.parametrize(
    ("graph", "constant", "value"),
    [
        ("analysis", "mix", np.inf),
        ("hyper_analysis", "weight", np.nan),
        ("quantise", "up", np.nan),
        ("quantise", "spread", 1e30),
        ("dequantise", "up", np.nan),
    ],
)
def test_latents_that_are_not_finite(
    tiny: ModuleType, bundle: Bundle, photo: NDArray[np.uint8], graph: str, constant: str, value: float
) -> None:
    graphs = tiny.graphs()
    graphs[graph] = poisoned(graphs[graph], constant, value)
    broken = assemble(bundle.card, graphs, tiny.arrays())
    with pytest.raises(NonFinite, match=f"'{graph}'"):
        mezzotint.decode(mezzotint.encode(photo, model=broken), model=broken)


@pytest.mark.parametrize("wrong", ["2", 1.5, 2.0, [], 0, 257, True])
def test_threads_are_a_whole_number(wrong: object, data: bytes, bundle: Bundle) -> None:
    with pytest.raises(UsageError, match="threads"):
        mezzotint.decode(data, model=bundle, threads=wrong)  # type: ignore[call-overload]


def test_threads_were_not_checked_without_a_network(photo: NDArray[np.uint8]) -> None:
    with pytest.raises(UsageError, match="threads"):
        mezzotint.encode(photo, lossless=True, threads=0)
    with pytest.raises(UsageError, match="threads"):
        mezzotint.decode(mezzotint.encode(photo, lossless=True), threads=0)


@pytest.mark.parametrize("exact", [True, False])
@pytest.mark.parametrize("wrong", ["7", 7.5, None, 5, 16, -1, True])
def test_tiles_are_a_whole_power(
    wrong: object, exact: bool, bundle: Bundle, photo: NDArray[np.uint8]
) -> None:
    with pytest.raises(UsageError, match="tile_log2"):
        mezzotint.encode(photo, model=bundle, tile_log2=wrong, lossless=exact)  # type: ignore[arg-type]


@pytest.mark.parametrize("wrong", [["metadata"], "metadata", None, 5])
def test_strip_was_not_checked_for_arrays(wrong: object, photo: NDArray[np.uint8]) -> None:
    with pytest.raises(UsageError, match="strip .* is unknown"):
        mezzotint.encode(photo, lossless=True, strip=wrong)  # type: ignore[arg-type]


def test_small_integers_of_numpy_overflowed(bundle: Bundle, photo: NDArray[np.uint8]) -> None:
    quality: float = np.uint8(50)  # type: ignore[assignment]
    assert mezzotint.encode(photo, quality, model=bundle) == mezzotint.encode(photo, 50, model=bundle)
    assert Target("bpp", np.uint8(2)).most_bytes(480_000) == 120_000  # type: ignore[arg-type]


@pytest.mark.parametrize("kind", ["bytes", "bpp", "psnr", "ssim"])
def test_targets_beyond_every_float_overflowed(kind: str) -> None:
    with pytest.raises(UsageError, match="is outside"):
        Target(kind, 10**400)


@pytest.mark.parametrize("wrong", ["photo.mzt", None, 5, [1, 2], memoryview(bytes(50))[::2]])
def test_a_name_is_not_the_bytes_of_a_file(wrong: object, bundle: Bundle) -> None:
    with pytest.raises(UsageError, match="bytes of a file"):
        mezzotint.decode(wrong, model=bundle)  # type: ignore[call-overload]


@pytest.mark.parametrize("wrong", [123, b"x", "\0", object()])
def test_things_that_are_no_models(wrong: object, data: bytes) -> None:
    with pytest.raises(UsageError, match="is no model"):
        mezzotint.decode(data, model=wrong)  # type: ignore[call-overload]


@pytest.mark.parametrize("wrong", [1 << 20, "2G", {"max_pixels": 9}, Limits])
def test_things_that_are_no_limits(
    wrong: object, data: bytes, photo: NDArray[np.uint8], monkeypatch: pytest.MonkeyPatch
) -> None:
    """They were an AttributeError about a field that nobody had named."""
    calls: list[Callable[..., object]] = [
        mezzotint.decode,
        mezzotint.salvage,
        mezzotint.read_header,
        latent_digests,
    ]
    for call in calls:
        with pytest.raises(UsageError, match="are none"):
            call(data, limits=wrong)
    with pytest.raises(UsageError, match="are none"):
        mezzotint.encode(photo, limits=wrong)  # type: ignore[arg-type]
    monkeypatch.setattr(mezzotint.pillow, "limits", wrong)
    with pytest.raises(OSError, match="are none"):
        Image.open(io.BytesIO(data))


def test_a_process_that_ends_while_sessions_are_made_aborts_not() -> None:
    """It did, whenever a damaged file was refused quickly: onnxruntime cannot be cut short inside a daemon thread."""
    script = (
        "from mezzotint.bundle import default; from mezzotint.runtime.latents import open_model; "
        "open_model(default(), 2).prepare('dequantise', 'synthesis'); raise SystemExit(3)"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, check=False, timeout=60)
    assert (done.returncode, done.stderr) == (3, b"")


def test_a_session_that_fails_in_the_background_is_silent(
    bundle: Bundle, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise RuntimeError("no session today")

    monkeypatch.setattr(latents, "OnnxSession", fail)
    heard: list[object] = []
    monkeypatch.setattr(threading, "excepthook", heard.append)
    model = Model(bundle, 1)
    before = threading.active_count()
    model.prepare("synthesis")
    give_up = time.monotonic() + 30
    while threading.active_count() > before and time.monotonic() < give_up:
        time.sleep(0.01)
    assert heard == []
    with pytest.raises(RuntimeError, match="today"):
        model.session("synthesis")


def test_encode_holds_to_the_limits_it_is_given(bundle: Bundle) -> None:
    """`mzt encode --max-pixels` used to reach the reader only."""
    pixels = np.zeros((10, 10, 3), np.uint8)
    with pytest.raises(LimitExceeded, match="10x10"):
        mezzotint.encode(pixels, model=bundle, limits=Limits(max_pixels=99))
    assert mezzotint.encode(pixels, model=bundle, limits=Limits(max_pixels=100))


@pytest.mark.parametrize(
    ("tile_log2", "most", "good"), [(6, 4096, True), (7, 16383, False), (7, 16384, True)]
)
def test_a_tile_is_limited_since_it_is_decoded_whole(
    bundle: Bundle, tile_log2: int, most: int, good: bool
) -> None:
    """A small region of one huge tile took the memory of the tile."""
    pixels = np.zeros((130, 200, 3), np.uint8)
    data = mezzotint.encode(pixels, lossless=True, tile_log2=tile_log2)
    limits = Limits(max_tile_pixels=most)
    for work in (
        lambda: mezzotint.decode(data, region=(0, 0, 1, 1), limits=limits),
        lambda: mezzotint.encode(pixels, model=bundle, tile_log2=tile_log2, limits=limits),
    ):
        if good:
            work()
        else:
            with pytest.raises(LimitExceeded, match="tiles of 16384 pixels, over 16383"):
                work()
