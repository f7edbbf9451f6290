# SPDX-License-Identifier: Apache-2.0
"""What every system must hold to: exact round trips, honest refusals, nothing kept from one picture to the next."""

from __future__ import annotations

import contextlib
import zlib
from collections.abc import Callable

import numpy as np
import pytest
import safetensors.torch
import torch
from torch import nn

from mezzotint.errors import MezzotintError
from mezzotint.lab.models.framed import Start
from mezzotint.lab.recipes import published
from mezzotint.lab.systems import SYSTEMS, Media, System


@pytest.fixture(params=SYSTEMS.names(), scope="module")
def system(request: pytest.FixtureRequest, made: Callable[[str], System]) -> System:
    return made(request.param)


@pytest.fixture(scope="module")
def media(system: System, sample: Callable[[str], Media]) -> Media:
    return sample(system.media)


@pytest.fixture(scope="module")
def coded(system: System, media: Media) -> bytes:
    return system.compress(media, system.qualities[-1])


def test_round_trip_is_exact_at_every_quality(system: System, media: Media) -> None:
    for quality in (system.qualities[0], system.qualities[-1]):
        data = system.compress(media, quality)
        assert isinstance(data, bytes)
        back = system.decompress(data)
        wanted = system.rebuilt(media, quality)
        assert back.dtype == wanted.dtype and np.array_equal(back, wanted)
        if system.gives == "same":
            assert (back.dtype, back.shape) == (media.dtype, media.shape)


def test_codes_alike_twice_and_after_another_picture(system: System, media: Media, coded: bytes) -> None:
    system.compress(np.ascontiguousarray(media[..., ::-1, :]), system.qualities[0])
    assert system.compress(media, system.qualities[-1]) == coded


def test_loaded_weights_on_other_threads_decode_the_same(
    system: System, media: Media, coded: bytes, start: Start
) -> None:
    """A file must outlive the object that wrote it, and a machine's idea of how many threads are good."""
    if not isinstance(system, nn.Module):
        pytest.skip("has no weights")
    torch.manual_seed(99)
    again = SYSTEMS.build(system.spec, start)
    again.load_state_dict(safetensors.torch.load(safetensors.torch.save(plainly(system))))
    again.eval()
    threads = torch.get_num_threads()
    torch.set_num_threads(2 if threads == 1 else 1)
    try:
        with torch.autocast("cpu", torch.bfloat16):
            assert np.array_equal(again.decompress(coded), system.rebuilt(media, system.qualities[-1]))
            assert again.compress(media, system.qualities[-1]) == coded
    finally:
        torch.set_num_threads(threads)


def plainly(system: nn.Module) -> dict[str, torch.Tensor]:
    """The state as a file holds it: each tensor by itself."""
    return {name: tensor.detach().clone().contiguous() for name, tensor in system.state_dict().items()}


def test_other_qualities_are_refused(system: System, media: Media) -> None:
    with pytest.raises(ValueError, match="quality"):
        system.compress(media, -1)


def test_other_media_are_refused(system: System, media: Media) -> None:
    for wrong in (media.astype(np.float32), media[..., 0], media[:0]):
        with pytest.raises(ValueError, match="give"):
            system.compress(wrong, system.qualities[0])


def test_every_cut_is_refused(system: System, coded: bytes) -> None:
    for length in {*range(0, len(coded), max(1, len(coded) // 40)), len(coded) - 1}:
        with pytest.raises(MezzotintError):
            system.decompress(coded[:length])


def test_every_flipped_byte_is_refused(system: System, coded: bytes) -> None:
    for place in range(0, len(coded), max(1, len(coded) // 60)):
        damaged = bytearray(coded)
        damaged[place] ^= 0x55
        with pytest.raises(MezzotintError):
            system.decompress(bytes(damaged))


def test_bytes_behind_the_end_are_refused(system: System, coded: bytes) -> None:
    with pytest.raises(MezzotintError):
        system.decompress(coded + b"\0")


def test_a_stream_of_anyone_else_is_refused(
    system: System, made: Callable[[str], System], sample: Callable[[str], Media]
) -> None:
    other = made("plain" if getattr(system, "name", "") != "plain" else "ftic")
    with pytest.raises(MezzotintError):
        system.decompress(other.compress(sample("photo"), other.qualities[0]))


def test_chunks_that_lie_under_a_good_checksum_are_refused_or_decode(system: System, coded: bytes) -> None:
    """A hostile writer can mend the checksum: what then happens is a picture or an error of ours, nothing else."""
    for place in range(0, len(coded) - 4, max(1, len(coded) // 20)):
        body = bytearray(coded[:-4])
        body[place] ^= 0x55
        with contextlib.suppress(MezzotintError):
            system.decompress(bytes(body) + zlib.crc32(body).to_bytes(4, "little"))


@pytest.mark.parametrize("name", published.names())
def test_every_recipe_names_systems_that_can_be_built(name: str, made: Callable[[str], System]) -> None:
    recipe = published.find(name)
    assert recipe.claim and recipe.on.partition("(")[0] == name
    for spec in filter(None, (recipe.on, recipe.off)):
        assert made(spec).qualities


def test_every_system_has_a_recipe() -> None:
    assert set(published.names()) == set(SYSTEMS.names()) - {"plain"}
