# SPDX-License-Identifier: Apache-2.0
"""Fit the frozen numbers of lossless coding on photos and write them into the package; prints their TABLES_ID.

    python dev/lossless_tables.py PHOTOS [--pictures 655] [-o src/mezzotint/runtime/lossless/tables.npz]

About 10 minutes on one core. For each pass of each plane of each group of levels, in coding order: sets of weights by
weighted least squares, clustered over pictures class by class; then weights of the spread by non-negative least
squares. At last the residual tables, clustered over (picture, pass, scale). Photos are shrunk first: that hides the
artefacts of the lossy files they come from and leaves something like natural noise. Some get more of it.
Trap: the result is part of the format. Put the printed id into tables.py, and expect every lossless file to change.
"""

from __future__ import annotations

import argparse
import time
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from PIL import Image
from scipy.optimize import nnls
from scipy.sparse import csr_array

from mezzotint.runtime.lossless import features, predict, tables
from mezzotint.runtime.lossless.lattice import PASSES, Level, phase_shape
from mezzotint.runtime.lossless.predict import Known, PassModel
from mezzotint.runtime.lossless.residuals import Setting, expect, quantise
from mezzotint.runtime.lossless.walk import split
from mezzotint.runtime.lossless.weighting import Weighting, free_taps

LEVELS = {0: (0,), 1: (1,), 2: (2, 3, 4)}  # of each group
SETS = {0: 15, 1: 8, 2: 3}  # of weights, of each group
NOISY = 0.2  # of all pictures
SHRINK = (
    (0.5, Image.Resampling.BOX),
    (0.5, Image.Resampling.BOX),
    (0.5, Image.Resampling.LANCZOS),
    (0.66, Image.Resampling.BICUBIC),
)
SAMPLES = 6000  # of a pass of a picture, to fit weights
SPREAD_SAMPLES = 40000  # of a class of a pass, to fit spreads, and no fewer than
FEWEST_SPREADS = 2000
REACH = 256  # steps; fine histograms of the tables
FINE = 16
SETTING = Setting(8, 0)
LARGEST_WEIGHTS = 7.9  # the sum of their sizes
KEEP = 150  # pictures whose residuals make the tables


Errors = dict[tuple[int, int], list[np.ndarray]]  # of the planes, by picture and level


@dataclass
class Item:
    """One picture at one level, refined as far as it has been fitted."""

    picture: int
    level: int
    planes: list[np.ndarray]  # true planes of this level, in coding order
    wrong: list[np.ndarray]  # errors of the coarser level, or nothing
    known: Known


@dataclass
class Residuals:
    """Samples for the tables: one entry a sample."""

    groups: list[np.ndarray] = field(default_factory=list)  # number of (picture, pass, scale)
    fine: list[np.ndarray] = field(default_factory=list)  # |16 sample - prediction|
    symbols: list[np.ndarray] = field(default_factory=list)  # phase * (2 * REACH + 1) + residual + REACH
    keys: list[tuple[tuple[int, int, int], int]] = field(default_factory=list)  # of a group: pass and scale


def load(folder: Path, count: int, seed: int) -> list[np.ndarray]:
    rng = np.random.default_rng(seed)
    files = sorted(file for file in folder.iterdir() if file.is_file())
    files = [files[k] for k in rng.permutation(len(files))[:count]]
    out = []
    for file in files:
        image = Image.open(file).convert("RGB")
        down, filter_ = SHRINK[int(rng.integers(len(SHRINK)))]
        image = image.resize((int(image.width * down), int(image.height * down)), filter_)
        pixels = np.rot90(np.asarray(image), rng.integers(4))
        pixels = pixels[:, ::-1] if rng.integers(2) else pixels
        out.append(np.ascontiguousarray(noisy(pixels, rng) if rng.random() < NOISY else pixels))
    return out


def noisy(pixels: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """With the grain of a film or a sensor: partly the same in all channels."""
    size = rng.uniform(0.5, 4)
    common = rng.uniform(0, 1)
    grain = common * rng.normal(size=(*pixels.shape[:2], 1)) + (1 - common) * rng.normal(size=pixels.shape)
    grain *= size / np.hypot(common, 1 - common)
    return np.clip(np.round(pixels + grain), 0, 255).astype(np.uint8)


def start(pictures: list[np.ndarray], level: int, wrong: Errors) -> list[Item]:
    items = []
    for number, pixels in enumerate(pictures):
        planes = [plane[:: 1 << level, :: 1 << level].astype(np.int32) for plane in split(pixels)]
        items.append(Item(number, level, planes, wrong.get((number, level + 1), []), Known([], [])))
    return items


def next_plane(item: Item) -> None:
    plane = item.planes[len(item.known.planes)]
    rows, columns = plane.shape
    zeros = np.zeros(phase_shape(rows, columns, (0, 0)), np.int32)
    wrong = item.wrong[len(item.known.planes)] if item.wrong else zeros
    item.known.planes.append(Level(rows, columns, plane[::2, ::2]))
    item.known.errors.append(Level(rows, columns, wrong))


def target(item: Item, number: int) -> np.ndarray:
    down, right = PASSES[number]
    return item.planes[len(item.known.planes) - 1][down::2, right::2]


def centred(stack: np.ndarray, number: int) -> np.ndarray:
    """Taps (n, T) minus what makes their weights sum to one in the plane itself and to zero in the others."""
    own = len(features.OWN[number])
    stack[:, 1:own] -= stack[:, :1]
    for first in range(own, stack.shape[1], len(features.CROSS)):
        stack[:, first + 1 : first + len(features.CROSS)] -= stack[:, first : first + 1]
    return stack


@dataclass
class Sample:
    """Of one item: free taps and the wanted value less the first tap, classes, spread features, wanted."""

    free: np.ndarray  # (n, F)
    wanted: np.ndarray  # (n,)
    kinds: np.ndarray  # (n,)
    features: np.ndarray  # (n, S)


def sample(item: Item, number: int, rng: np.random.Generator) -> Sample:
    known = item.known
    rows = slice(0, target(item, number).shape[0])
    steep = features.steepness(known.planes[-1], number, rows)
    kinds = features.classes(steep, 8).ravel()
    pick = rng.permutation(kinds.size)[:SAMPLES]
    stack = np.stack([tap.ravel()[pick] for tap in predict.taps(known, number, rows)], 1).astype(np.float64)
    wanted = target(item, number).ravel()[pick] - stack[:, 0]
    found = predict.spread_features(known, number, rows, steep)
    spread = np.stack([feature.ravel()[pick] for feature in found], 1).astype(np.float64)
    free = centred(stack, number)[:, free_taps(number, len(known.planes) - 1)]
    return Sample(free, wanted, kinds[pick], spread)


def fit_weights(samples: list[Sample], number: int, before: int, sets: int) -> np.ndarray:
    """(sets, taps, CLASSES) int32."""
    size = samples[0].free.shape[1]
    solved = np.zeros((features.CLASSES, sets, size))
    for kind in range(features.CLASSES):
        parts = [
            (s.free[s.kinds == kind], s.wanted[s.kinds == kind], s.features[s.kinds == kind]) for s in samples
        ]
        parts = [part for part in parts if len(part[1]) >= 20]
        if parts:
            solved[kind] = cluster(parts, sets, number, before)
    weights = np.zeros((sets, features.tap_count(number, before), features.CLASSES), np.int32)
    free = free_taps(number, before)
    own = len(features.OWN[number])
    for kind in range(features.CLASSES):
        for k in range(sets):
            fixed = np.round(solved[kind, k] * 4096).astype(np.int32)
            column = weights[k, :, kind]
            column[free] = fixed
            column[0] = 4096 - column[1:own].sum()
            for first in range(own, len(column), len(features.CROSS)):
                column[first] = -column[first + 1 : first + len(features.CROSS)].sum()
    return weights


def cluster(
    parts: list[tuple[np.ndarray, np.ndarray, np.ndarray]], sets: int, number: int, before: int
) -> np.ndarray:
    """(sets, F): weights of one class, for as many kinds of pictures."""
    size = parts[0][0].shape[1]
    everything = np.zeros(size)
    for _ in range(3):  # reweighted: what is wrong by much or steep counts less
        moments = [moment(free, wanted, rough, everything) for free, wanted, rough in parts]
        total = sum(m[:size, :size] for m in moments)
        right = sum(m[:size, size] for m in moments)
        everything = ridge(total, right, np.zeros(size), 1e-4)
        share = 1e-4
        while full_size(everything, number, before) >= LARGEST_WEIGHTS:
            share *= 10
            everything = ridge(total, right, np.zeros(size), share)
    if sets == 1:
        return everything[None]
    mean = total / len(parts)
    cost = np.array([quality(m, everything) for m in moments])
    counts = np.array([len(part[1]) for part in parts])
    order = np.argsort(cost / counts)
    owner = np.empty(len(parts), int)
    owner[order] = np.arange(len(parts)) * sets // len(parts)
    found = np.repeat(everything[None], sets, 0)
    for _ in range(12):
        for k in range(1, sets):  # set 0 stays that of everything
            mine = [moments[i] for i in np.flatnonzero(owner == k)]
            if mine:
                summed = sum(mine)
                found[k] = everything + ridge(
                    summed[:size, :size] + mean * 0.5,
                    summed[:size, size] - summed[:size, :size] @ everything,
                    np.zeros(size),
                    1e-4,
                )
        owner = np.array([[quality(m, f) for f in found] for m in moments]).argmin(1)
    return np.array([f if full_size(f, number, before) < LARGEST_WEIGHTS else everything for f in found])


def full_size(free: np.ndarray, number: int, before: int) -> float:
    """The sum of the sizes of all weights, those that make up for the free ones among them."""
    own = len(features.OWN[number]) - 1
    crosses = free[own:].reshape(before, len(features.CROSS) - 1)
    return float(np.abs(free).sum() + abs(1 - free[:own].sum()) + np.abs(crosses.sum(1)).sum())


def moment(free: np.ndarray, wanted: np.ndarray, rough: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """(F + 1, F + 1) weighted second moments of the taps and the wanted value."""
    wrong = np.abs(wanted - free @ weights)
    scale = 0.6 + rough[:, :2].sum(1) * 0.1 + rough[:, 4:6].sum(1) * 0.02
    both = np.concatenate([free, wanted[:, None]], 1)
    return both.T @ (both / (scale * (scale + wrong))[:, None])


def quality(m: np.ndarray, weights: np.ndarray) -> float:
    signed = np.append(weights, -1.0)
    return float(signed @ m @ signed)


def ridge(matrix: np.ndarray, right: np.ndarray, towards: np.ndarray, share: float) -> np.ndarray:
    much = share * np.trace(matrix) / len(matrix) + 1e-3
    return np.linalg.solve(matrix + much * np.eye(len(matrix)), right + much * towards)


def fit_spread(
    rough: np.ndarray, wrong: np.ndarray, kinds: np.ndarray, rng: np.random.Generator
) -> np.ndarray:
    """(features + 1, CLASSES) int32, in 1/1024, the constant last; wrong (n,) = |sample - prediction|."""
    every = fit_line(rough, wrong, rng)
    out = [every] * features.CLASSES
    for kind in range(features.CLASSES):
        mine = kinds == kind
        if mine.sum() > FEWEST_SPREADS:
            out[kind] = fit_line(rough[mine], wrong[mine], rng)
    return np.stack(out, 1)


def fit_line(rough: np.ndarray, wrong: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    pick = rng.permutation(len(wrong))[:SPREAD_SAMPLES]
    rough, wrong = np.concatenate([rough[pick], np.ones((len(pick), 1))], 1), wrong[pick]
    expected = np.full(len(pick), wrong.mean() + 0.1)
    for _ in range(5):
        weight = 1 / (expected + 0.05)
        found, _ = nnls(rough * weight[:, None], wrong * weight)
        expected = rough @ found
    return np.round(found * 1024).astype(np.int32)


def fit_group(
    pictures: list[np.ndarray], group: int, wrong_at: Errors, arrays: dict[str, np.ndarray], kept: Residuals
) -> None:
    rng = np.random.default_rng(group)
    items = [
        item
        for level in LEVELS[group]
        for item in start(pictures, level, wrong_at)
        if min(item.planes[0].shape) > 7
    ]
    for before in range(3):
        for item in items:
            next_plane(item)
        for number in range(3):
            began = time.time()
            samples = [sample(item, number, rng) for item in items]
            weights = fit_weights(samples, number, before, SETS[group])
            name = f"{group}{before}{number}"
            zero = PassModel(
                weights, np.zeros((features.feature_count(number, before) + 1, features.CLASSES), np.int32)
            )
            best = [best_sets(s, weights, number, before) for s in samples]
            rough, wrong, kinds = [], [], []
            for item, choice in zip(items, best, strict=True):
                made = predict.guess(item.known, number, zero, Weighting(choice), 8)
                cells = target(item, number)
                rows = slice(0, cells.shape[0])
                steep = features.steepness(item.known.planes[-1], number, rows)
                found = predict.spread_features(item.known, number, rows, steep)
                step = max(1, cells.size // 3000)
                rough.append(np.stack([f.ravel()[::step] for f in found], 1).astype(np.float64))
                wrong.append(np.abs(cells * 16 - made.prediction).ravel()[::step] / 16)
                kinds.append(features.classes(steep, 8).ravel()[::step])
            spread = fit_spread(np.concatenate(rough), np.concatenate(wrong), np.concatenate(kinds), rng)
            model = PassModel(weights, spread)
            for item, choice in zip(items, best, strict=True):
                made = predict.guess(item.known, number, model, Weighting(choice), 8)
                cells = target(item, number)
                if item.picture < KEEP:
                    keep(kept, made, cells, (group, before, number))
                item.known.planes[-1].put(PASSES[number], cells)
                item.known.errors[-1].put(PASSES[number], predict.errors(cells, made.prediction))
            arrays[f"weights{name}"] = weights.astype(np.int16)
            arrays[f"spread{name}"] = spread
            mean = float(np.concatenate(wrong).mean())
            print(
                f"{name}: mean error {mean:.3f}, {time.time() - began:.0f} s, spread {spread[:, 4].tolist()}",
                flush=True,
            )
    if group:
        for item in items:
            if item.level == min(LEVELS[group]):
                wrong_at[item.picture, item.level] = [errors.whole() for errors in item.known.errors]


def best_sets(s: Sample, weights: np.ndarray, number: int, before: int) -> np.ndarray:
    choice = np.zeros(features.CLASSES, np.uint8)
    free = free_taps(number, before)
    for kind in range(features.CLASSES):
        mine = s.kinds == kind
        if mine.sum() > 10:
            m = moment(s.free[mine], s.wanted[mine], s.features[mine], weights[0, free, kind] / 4096)
            choice[kind] = np.argmin([quality(m, w[free, kind] / 4096) for w in weights])
    return choice


def keep(kept: Residuals, made: predict.Guess, cells: np.ndarray, key: tuple[int, int, int]) -> None:
    expected = expect(made, SETTING)
    residuals = quantise(cells, expected, SETTING)
    fine = np.abs(cells * FINE - made.prediction).ravel()
    inside = (expected.low == 0) & (np.abs(residuals) <= REACH)
    scale = expected.scale[inside]
    first = len(kept.keys)
    kept.keys += [(key, s) for s in range(tables.SCALES)]
    kept.groups.append(first + scale.astype(np.int32))
    kept.fine.append(fine[inside].astype(np.int16))
    width = 2 * REACH + 1
    kept.symbols.append(
        (expected.phase[inside].astype(np.int32) * width + residuals[inside] + REACH).astype(np.int16)
    )


# -- residual tables --------------------------------------------------------------------------------------


def fit_tables(kept: Residuals, arrays: dict[str, np.ndarray]) -> None:
    groups, fine = np.concatenate(kept.groups), np.concatenate(kept.fine).astype(np.int64)
    symbols = np.concatenate(kept.symbols)
    width = tables.PHASES * (2 * REACH + 1)
    counts = csr_array((np.ones(len(groups), np.float32), (groups, symbols)), shape=(len(kept.keys), width))
    counts.sum_duplicates()
    shapes = np.array([density(s, h) for s in range(tables.SCALES) for h in range(tables.SHAPES)])
    first = shapes
    for turn in range(3):
        costs = counts @ prices(shapes).T.astype(np.float32)  # (groups, SCALES * SHAPES)
        owner = costs.argmin(1)
        print(f"tables, turn {turn}: {costs.min(1).sum() / len(groups):.4f} bits a sample", flush=True)
        shapes = np.array([renewed(fine[owner[groups] == k], first[k], k) for k in range(len(shapes))])
    costs = counts @ prices(shapes).T.astype(np.float32)
    keys = np.array([(*key, scale) for key, scale in kept.keys])
    for name in [name[7:] for name in arrays if name.startswith("weights")]:
        place = tuple(map(int, name))
        usual = np.empty(tables.SCALES, np.uint8)
        for scale in range(tables.SCALES):
            mine = (keys == (*place, scale)).all(1)
            usual[scale] = (
                costs[mine].sum(0).argmin() if counts[mine].sum() > 200 else scale * tables.SHAPES + 1
            )
        arrays[f"map{name}"] = usual
    lengths, minima, frequencies = [], [], []
    for shape in shapes:
        for phase in range(tables.PHASES):
            minimum, table = frozen_table(integrated(shape, phase))
            lengths.append(len(table))
            minima.append(minimum)
            frequencies.append(table)
    arrays["frequencies"] = np.concatenate(frequencies).astype(np.uint16)
    arrays["lengths"] = np.array(lengths, np.int32)
    arrays["minima"] = np.array(minima, np.int32)


def density(scale: int, shape: int) -> np.ndarray:
    """(REACH * FINE + 1,): a generalised Gaussian over |error| in 1/16, mean size 2^(scale / 4 - 5) steps."""
    power = (0.6, 0.9, 1.5)[shape]
    mean = 2 ** (scale / 4 - 5)
    x = np.arange(REACH * FINE + 1) / FINE
    best = None
    low, high = mean / 50, mean * 3
    for _ in range(60):
        width = (low * high) ** 0.5
        best = np.exp(-(((x + 1 / 64) / width) ** power))
        best /= best.sum()
        low, high = (width, high) if (best * x).sum() < mean else (low, width)
    tail = np.exp(-x / (4 * mean + 1))
    return best * 0.995 + 0.005 * tail / tail.sum()


def renewed(fine: np.ndarray, first: np.ndarray, number: int) -> np.ndarray:
    counted = np.bincount(np.minimum(fine, REACH * FINE), minlength=REACH * FINE + 1).astype(float)
    weight = 2000.0
    total = counted + weight * first
    mean = 2 ** (number // tables.SHAPES / 4 - 5)
    # Smoothed with a window that grows away from zero, where samples are rare and the curve is straight.
    sums = np.concatenate([[0], np.cumsum(total)])
    x = np.arange(len(total))
    reach = np.maximum(0, (0.12 * x + 0.15 * mean * FINE)).astype(int)
    reach = np.minimum(reach, x)
    upper = np.minimum(x + reach + 1, len(total))
    smooth = (sums[upper] - sums[x - reach]) / (upper - (x - reach))
    smooth = np.maximum(smooth, 1e-12 * smooth.max())
    return smooth / smooth.sum()


def integrated(shape: np.ndarray, phase: int) -> np.ndarray:
    """(2 * REACH + 1,): probabilities of residuals whose true middle lies 2 * phase / 16 above the residual 0."""
    both = np.concatenate([shape[:0:-1] / 2, [shape[0]], shape[1:] / 2])  # error = 16 * residual - 2 * phase
    middle = len(shape) - 1
    residual = np.arange(-REACH, REACH + 1)
    centre = middle + FINE * residual - 2 * phase
    sums = np.concatenate([[0], np.cumsum(both)])
    ends = np.clip(np.stack([centre - FINE // 2, centre + FINE // 2 + 1]), 0, len(both))
    inner = sums[ends[1]] - sums[ends[0]]
    for side_ in (centre - FINE // 2, centre + FINE // 2):  # borders belong to both neighbours, half each
        there = (side_ >= 0) & (side_ < len(both))
        inner[there] -= both[side_[there]] / 2
    inner = np.maximum(inner, 1e-9)
    return inner / inner.sum()


def prices(shapes: np.ndarray) -> np.ndarray:
    parts = [np.concatenate([integrated(shape, phase) for phase in range(tables.PHASES)]) for shape in shapes]
    return -np.log2(np.array(parts))


def frozen_table(probabilities: np.ndarray) -> tuple[int, np.ndarray]:
    """The smallest value, and frequencies that sum to 2^16, the escape's last."""
    total = 1 << tables.FREQUENCY_BITS
    worth = np.flatnonzero(probabilities * total >= 0.6)
    first, last = int(worth[0]), int(worth[-1])
    inner = probabilities[first : last + 1]
    escape = max(1.0, (1 - inner.sum()) * total)
    exact = np.append(inner / inner.sum() * (total - escape), escape)
    out = np.maximum(1, np.round(exact)).astype(np.int64)
    out[out[:-1].argmax()] += total - out.sum()
    return first - REACH, out


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("photos", type=Path)
    parser.add_argument("--pictures", type=int, default=655)
    parser.add_argument("-o", "--output", type=Path, default=tables.FILE)
    given = parser.parse_args()
    pictures = load(given.photos, given.pictures, 1)
    arrays: dict[str, np.ndarray] = {}
    kept = Residuals()
    wrong_at: Errors = {}
    for group in (2, 1, 0):
        fit_group(pictures, group, wrong_at, arrays, kept)
    fit_tables(kept, arrays)
    tables.assemble(arrays)
    np.savez_compressed(given.output, **{name: arrays[name] for name in sorted(arrays)})
    print(f"{given.output.stat().st_size} bytes, TABLES_ID {tables.identity(arrays).hex()}")


if __name__ == "__main__":
    main()
