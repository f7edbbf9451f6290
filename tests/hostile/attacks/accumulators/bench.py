# SPDX-License-Identifier: Apache-2.0
"""The integer layers of one bundle at work: latents go in, and everything that comes out is held to int64.

What types the codec multiplies and adds in is seen while it does, and nothing is taken from its own rules. Trap: a
bundle whose weights are small never shows the wide types, so the large default bundle is the one that counts.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from attacks.accumulators import latents as plain
from attacks.accumulators.layers import LIMITS, layers
from attacks.accumulators.products import Product
from mezzotint.bundle import Bundle
from mezzotint.intnet import ops
from mezzotint.intnet.graph import CELL, FloatType
from mezzotint.runtime.latents import layers as groups_of
from mezzotint.runtime.scales import Scales

Ways = Mapping[tuple[str, str], Product]  # (runtime, type) -> product


@dataclass
class Watched:
    """Of every product and every window: the type, and the largest sum."""

    products: list[tuple[str, int]] = field(default_factory=list)
    windows: list[tuple[str, int]] = field(default_factory=list)


@contextmanager
def watch() -> Iterator[Watched]:
    """See what the codec multiplies and adds in, while it does."""
    found, product, window = Watched(), ops.product, ops.window

    def seen(into: list[tuple[str, int]], made: Any) -> Any:
        into.append((made.dtype.name, int(np.abs(made).max())))
        return made

    ops.product = lambda weight, z: seen(found.products, product(weight, z))
    ops.window = lambda u: seen(found.windows, window(u))
    try:
        yield found
    finally:
        ops.product, ops.window = product, window


class Bench:
    """One bundle, and what its layers have shown so far."""

    def __init__(self, name: str, bundle: Bundle, ways: Ways) -> None:
        self.name, self.bundle, self._ways = name, bundle, ways
        self.layers = {layer.name: layer.bound for layer in layers(bundle)}
        self.tried = self.wrong = 0
        self.faults: list[str] = []
        self._seen: dict[str, int] = dict.fromkeys(self.layers, 0)
        self._types: dict[str, set[str]] = {layer: set() for layer in self.layers}

    def block(self, count: int, rng: np.random.Generator) -> None:
        """Latents side by side, and a few of them alone, where the window adds one value up 16 times."""
        vectors = plain.latents(self.bundle.scale_map.weight, count, rng)
        for part in (vectors, *(vectors[place : place + 1] for place in range(0, count, 25))):
            self._scale(plain.grid(part), int(rng.integers(0, 4096)), rng)

    def _scale(self, z: plain.Whole, quality: int, rng: np.random.Generator) -> None:
        scale_map = self.bundle.scale_map
        count = z[0].size
        acc = scale_map.weight.astype(np.int64) @ z.reshape(len(z), -1)
        self._products("scale product", scale_map.weight, z.reshape(len(z), -1), acc)
        acc += scale_map.bias[:, None]
        v = plain.window(plain.shuffled(acc.reshape(-1, *z.shape[1:])))
        v += plain.offset_at(scale_map.offset, quality)[:, None, None] + 128
        self._note("scale product", acc)
        self._note("scale sums", v)
        with watch() as watched:
            totals = scale_map.totals(z, quality)
        self._used("scale product", watched.products)
        self._used("scale sums", [*watched.windows, (totals.dtype.name, 0)])
        self._check("scale sums", "the codec", np.array_equal(totals, v), count)
        kinds: tuple[FloatType, ...] = (np.float32, np.float64)
        for dtype in kinds[not scale_map.float32_is_exact :]:
            sums = np.concatenate([part for _, part in scale_map.sums(z, quality, dtype)])
            self._check("scale sums", f"the codec in {dtype.__name__}", np.array_equal(sums, v), count)
        self._indices(z, quality, v, rng)

    def _indices(self, z: plain.Whole, quality: int, v: plain.Whole, rng: np.random.Generator) -> None:
        """What the tables are chosen by, group after group."""
        scales, count = Scales(self.bundle, z.astype(np.int32), quality), z[0].size
        symbols = np.zeros(v.shape, np.int64)
        if self.bundle.scale_context is not None:
            side = int(
                rng.choice((1, CELL))
            )  # of what is alike, so that the window adds one value up 16 times
            height, width = (length // side for length in v.shape[1:])
            some = plain.symbols(self.bundle, height * width, rng).T.reshape(-1, height, width)
            symbols = some.repeat(side, 1).repeat(side, 2)
            self._used("scale sums and context", [(scales._totals.dtype.name, 0)])
        for number, channels in enumerate(groups_of(self.bundle)):
            total = v[channels]
            if self.bundle.scale_context is not None and number:
                total = total + self._context(symbols, number)
                self._note("scale sums and context", total)
            with watch() as watched:
                found = scales.of_group(number, symbols.astype(np.int32))
            if watched.products:
                self._used("context inner product", watched.products[:-1])
                self._used("context outer product", watched.products[-1:])
                self._used("context features", watched.windows)
            self._check("indices", "the codec", np.array_equal(found, np.clip(total >> 8, 0, 63)), count)

    def _context(self, symbols: plain.Whole, group: int) -> plain.Whole:
        """c of a group in int64, and its two products in every way."""
        context = self.bundle.scale_context
        assert context is not None
        low = sum(context.groups[:group])
        e = plain.octaves(symbols[:low])
        shape, flat = e.shape[1:], e.reshape(low, -1)
        inner = context.inner[group - 1, :, :, :low].astype(np.int64)
        halves = [inner[:, half] @ flat for half in (0, 1)]
        for half, known in enumerate(halves):
            self._products("context inner product", inner[:, half], flat, known)
            self._note("context inner product", known)
        a = 16 * halves[0].reshape(-1, *shape) + plain.window(halves[1].reshape(-1, *shape))
        d = ((a + 128) >> 8).reshape(len(a), -1)
        outer = context.outer[low - context.groups[0] :][: context.groups[group]].astype(np.int64)
        b = outer @ d
        self._products("context outer product", outer, d, b)
        self._note("context features", a)
        self._note("context outer product", b)
        return ((b + 16) >> 5).reshape(-1, *shape)

    def _products(self, layer: str, weight: Any, x: plain.Whole, known: plain.Whole) -> None:
        for (runtime, dtype), product in self._ways.items():
            if self.layers[layer] < LIMITS[dtype]:
                found = product(weight.astype(dtype), x.astype(dtype)).astype(np.int64)
                self._check(layer, f"{runtime} in {dtype}", np.array_equal(found, known), x.shape[1])

    def _used(self, layer: str, seen: list[tuple[str, int]]) -> None:
        self._types[layer].update(name for name, _ in seen)
        self._seen[layer] = max(self._seen[layer], *(largest for _, largest in seen))

    def _note(self, layer: str, sums: plain.Whole) -> None:
        self._seen[layer] = max(self._seen[layer], int(np.abs(sums).max()))

    def _check(self, layer: str, who: str, right: bool, count: int) -> None:
        self.tried += count
        if not right:
            self.wrong += count
            self.faults.append(f"{self.name}, {layer}: {who} differs from int64")

    def proof(self) -> None:
        """Bounds against the types that were seen, against the largest sums, and against what the codec claims."""
        scale_map, context = self.bundle.scale_map, self.bundle.scale_context
        claimed = {"scale sums": max(scale_map.bound())}
        if context is not None:
            claimed |= dict(zip(("context features", "context outer product"), context.bounds, strict=True))
        for layer, bound in self.layers.items():
            over = [name for name in self._types[layer] if bound >= LIMITS[name]]
            reasons = [f"{bound} does not fit {name}" for name in over]
            if not self._types[layer]:
                reasons.append("no type was seen")
            if self._seen[layer] > bound:
                reasons.append(f"a sum of {self._seen[layer]} is beyond the bound of {bound}")
            if claimed.get(layer, bound) != bound:
                reasons.append(f"the bound is {bound}, and the codec says {claimed[layer]}")
            self.tried += 1
            self.wrong += bool(reasons)
            self.faults += [f"{self.name}, {layer}: {reason}" for reason in reasons]

    def figures(self) -> dict[str, Any]:
        return {
            layer: {
                "bound": bound,
                "largest_seen": self._seen[layer],
                "types": sorted(self._types[layer]),
                "limit": min((LIMITS[name] for name in self._types[layer]), default=0),
            }
            for layer, bound in self.layers.items()
        }
