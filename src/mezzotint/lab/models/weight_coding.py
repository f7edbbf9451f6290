# SPDX-License-Identifier: Apache-2.0
"""The weights of a network <-> chunks of bytes.

    head: a step of half precision a tensor | tables        body: the codes of all tensors, in their order

Tables are of one of two kinds. "counted": two tables, one for all matrices and one for all vectors, counted on their
codes and carried (NeRV codes by counts, too). "normal": for every tensor a mean and one of 64 spreads, as training with
`Rounded.bits` assumed them. The trap: nothing says how many codes there are, so reader and writer must have built the
same network; the stream's system and options see to that.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from torch import nn

from mezzotint import entropy
from mezzotint.bitstream import varint
from mezzotint.bitstream.reader import Reader
from mezzotint.errors import DamagedFile
from mezzotint.lab.models.rounded import COARSEST, FARTHEST, FINEST, Weights
from mezzotint.lab.priors import carried, normal

Codes = Sequence[NDArray[np.int32]]
Axes = Sequence[tuple[int, ...]]  # shapes of the tensors


@dataclass(frozen=True, eq=False)
class Plan:
    """How codes are coded: tables, the number of its table and the mean of each code."""

    tables: entropy.TableSet
    numbers: NDArray[np.uint16]  # (n,)
    means: NDArray[np.int32]  # (n,)


@dataclass(frozen=True)
class Kind:
    """``describe`` the tables for some codes, and ``read`` that again; both for tensors of these shapes."""

    describe: Callable[[Codes, Axes], bytes]
    read: Callable[[Reader, Axes], Plan]


def write(weights: Weights, network: nn.Module, kind: str) -> tuple[bytes, bytes]:
    """Head and body; ``network`` is any with these shapes."""
    axes = [tuple(p.shape) for p in network.parameters()]
    described = KINDS[kind].describe(weights.codes, axes)
    plan = KINDS[kind].read(Reader(described, DamagedFile), axes)
    values = np.concatenate(weights.codes) - plan.means
    return weights.steps.tobytes() + described, entropy.encode(values, plan.numbers, plan.tables)


def read(chunks: Sequence[bytes], network: nn.Module, kind: str) -> Weights:
    """The inverse; DamagedFile for chunks of no such network."""
    if len(chunks) != 2:
        raise DamagedFile(f"{len(chunks)} chunks where the weights of a clip have 2")
    axes = [tuple(p.shape) for p in network.parameters()]
    reader = Reader(chunks[0], DamagedFile)
    steps = np.frombuffer(reader.take(2 * len(axes), "the steps"), "<f2").astype(np.float16)
    if not ((steps >= FINEST) & (steps <= COARSEST)).all():  # false for what is not a number, too
        raise DamagedFile("a step of a clip's weights is out of range")
    plan = KINDS[kind].read(reader, axes)
    if reader.left:
        raise DamagedFile("bytes are left behind the tables of a clip's weights")
    values = entropy.decode(chunks[1], plan.numbers, plan.tables).astype(np.int64) + plan.means
    if (np.abs(values) > FARTHEST).any():
        raise DamagedFile("a weight of a clip is out of range")
    sizes = np.cumsum([np.prod(shape, dtype=int) for shape in axes])[:-1]
    return Weights(steps, tuple(np.split(values.astype(np.int32), sizes)))


def _describe_counted(codes: Codes, axes: Axes) -> bytes:
    return b"".join(carried.counted(np.concatenate(pool))[0] for pool in _pools(codes, axes))


def _read_counted(reader: Reader, axes: Axes) -> Plan:
    tables = entropy.TableSet((carried.read(reader), carried.read(reader)))
    numbers = _spread([len(shape) < 2 for shape in axes], axes)
    return Plan(tables, numbers.astype(np.uint16), np.zeros(len(numbers), np.int32))


def _pools(codes: Codes, axes: Axes) -> tuple[list[NDArray[np.int32]], list[NDArray[np.int32]]]:
    """Matrices and larger, and vectors."""
    pairs = list(zip(codes, axes, strict=True))
    return [c for c, shape in pairs if len(shape) > 1], [c for c, shape in pairs if len(shape) < 2]


def _describe_normal(codes: Codes, axes: Axes) -> bytes:
    found = []
    for code in codes:
        spread = max(normal.SCALE_MIN, float(code.std()))
        index = round(float(np.log(spread / normal.SCALE_MIN) / np.log(normal.SCALE_RATIO)))
        mean = varint.pack(carried.zigzag(round(float(code.mean()))))
        found.append(mean + bytes([min(normal.INDEX_COUNT - 1, index)]))
    return b"".join(found)


def _read_normal(reader: Reader, axes: Axes) -> Plan:
    means, indices = [], []
    for _ in axes:
        means.append(carried.unzigzag(reader.varint("the mean of a tensor")))
        indices.append(reader.unsigned(1, "the spread of a tensor"))
    if max(map(abs, means)) > FARTHEST or max(indices) >= normal.INDEX_COUNT:
        raise DamagedFile("a mean or a spread of a clip's weights is out of range")
    return Plan(
        normal.tables(), _spread(indices, axes).astype(np.uint16), _spread(means, axes).astype(np.int32)
    )


def _spread(values: Sequence[int], axes: Axes) -> NDArray[np.int64]:
    """One value a tensor -> one a weight."""
    return np.repeat(np.array(values, np.int64), [np.prod(shape, dtype=int) for shape in axes])


KINDS = {
    "counted": Kind(_describe_counted, _read_counted),
    "normal": Kind(_describe_normal, _read_normal),
}
