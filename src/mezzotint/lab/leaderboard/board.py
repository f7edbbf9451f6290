# SPDX-License-Identifier: Apache-2.0
"""Run the board: the plain convolution block first, then one part after the other, a row each, resumable.

BD-rates are against the mean curve of the convolution block's seeds; how far those seeds lie apart is the resolution of
the board, below which a difference says nothing. A row that cannot be made says why and is done, too.
"""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import torch
from tqdm import tqdm

from mezzotint.errors import UsageError
from mezzotint.evaluate import machine
from mezzotint.evaluate.bdrate import bd_rate
from mezzotint.lab.leaderboard import fit, graphs, race, rows
from mezzotint.lab.leaderboard.fit import BATCH, CROP, Curve, Data
from mezzotint.lab.leaderboard.rows import Row
from mezzotint.lab.mixers import MIXERS
from mezzotint.lab.models.skeleton import CONFIG, costs, skeleton

ANCHOR = "depthwise"
ANCHOR_SEEDS = (0, 1, 2)
# 400 batches, about 2 minutes of 2 CPU cores for the slowest part; ten times as many on a GPU, a board of its own.
BUDGET_PIXELS = {"cpu": 400 * BATCH * CROP**2, "cuda": 4000 * BATCH * CROP**2}

# Where a paper alternates over its blocks, so does the board; all others stand with their default options.
CYCLES = {
    "ftic_windows": "ftic_windows() | ftic_windows(shifted=True)",
    "hit_sr": "hit_sr(8) | hit_sr(16)",
    "swin": "swin(shift=0) | swin()",
    "swinv2": "swinv2(shift=0) | swinv2()",
}


def spec_of(name: str) -> str:
    """What the board puts into its blocks for a mixer."""
    return CYCLES.get(name, name)


def chosen(only: Sequence[str]) -> list[str]:
    """The named mixers, all if none is named, the convolution block in front; ValueError lists the known ones."""
    unknown = [name for name in only if name not in MIXERS.names()]
    if unknown:
        raise ValueError(MIXERS.unknown(unknown[0]))
    return [ANCHOR, *(name for name in only or MIXERS.names() if name != ANCHOR)]


def run(data: Data, out: Path, only: Sequence[str], budget_pixels: int, seeds: Sequence[int]) -> list[Row]:
    """Make the rows that ``out`` lacks; all of its rows. ValueError where it holds rows of other terms."""
    names, terms = chosen(only), fit.terms(data, budget_pixels)
    fit.steps_of(budget_pixels)
    done = rows.read(out)
    rows.refuse_other_terms(out, done, terms)
    with tempfile.TemporaryDirectory() as folder, tqdm(names, unit="row") as bar:
        here = Path(folder)
        graphs.write(skeleton(spec_of(ANCHOR), data.rows, data.spread), here / "anchor")
        for name in bar:
            bar.set_description(name)
            if any(row.name == name for row in done):
                continue
            own = tuple(dict.fromkeys((*ANCHOR_SEEDS, *seeds) if name == ANCHOR else seeds))
            anchor = next((row.curves for row in done if row.name == ANCHOR), ())
            done = [*done, _row(name, own, data, terms, anchor, here)]
            rows.write(out, done)
    return done


def _row(
    name: str, seeds: tuple[int, ...], data: Data, terms: rows.Terms, anchor: tuple[Curve, ...], folder: Path
) -> Row:
    """One row; ``anchor`` are the convolution block's curves, none yet where this is its own row."""
    spec, source = spec_of(name), next(e.source for e in MIXERS.entries() if e.name == name)
    about = {
        "name": name,
        "id": source.id,
        "family": source.family,
        "spec": spec,
        "scaled_down": source.scaled_down,
        "terms": terms,
        "seeds": seeds,
        "commit": machine.commit(),
        "processor": machine.processor(),
    }
    try:
        fits = [fit.fit(spec, seed, data, terms.budget_pixels) for seed in seeds]
        mean = mean_curve(anchor or tuple(f.curve for f in fits))
        rates = tuple(bd_rate(mean, f.curve) for f in fits)
    except (ValueError, UsageError) as error:
        if name == ANCHOR:
            raise ValueError(
                f"the convolution block gives no anchor ({error}): give a larger budget"
            ) from error
        return Row(**about, reason=str(error))
    cost = costs(fits[0].model.cpu())
    graphs.write(fits[0].model, folder / "part")
    row = Row(
        **about,
        kmac_px=round(cost.kmac_px, 4),
        hidden=fits[0].model.analysis.coarse[0].mlp.down.in_channels,
        parameters=cost.parameters,
        bd_rate=round(sum(rates) / len(rates), 3),
        bd_rates=tuple(round(rate, 3) for rate in rates),
        curves=tuple(tuple((round(b, 6), round(q, 5)) for b, q in f.curve) for f in fits),
        steps_skipped=sum(f.skipped for f in fits),
        train_seconds=round(max(f.seconds for f in fits), 1),
    )
    return _timed(row, race.race(folder / "part", folder / "anchor"))


def retime(out: Path) -> list[Row]:
    """Time every part of a board anew, on this machine, and keep all else of its rows; all of them.

    For a board that was trained beside other work. Weights are random ones: no part's time depends on them.
    """
    done = rows.read(out)
    if not done:
        raise ValueError(f"{out} holds no rows to time: run the board first")
    channels = CONFIG.channels
    torch.manual_seed(0)
    start = 0.03 * torch.randn(channels, 768), torch.ones(channels)
    with tempfile.TemporaryDirectory() as folder:
        here = Path(folder)
        graphs.write(skeleton(spec_of(ANCHOR), *start), here / "anchor")
        for i, row in enumerate(tqdm(done, unit="row")):
            if row.ms_per_mp is None:
                continue
            graphs.write(skeleton(row.spec, *start), here / "part")
            raced = race.race(here / "part", here / "anchor")
            done[i] = replace(_timed(row, raced), processor=machine.processor())
    rows.write(out, done)
    return done


def _timed(row: Row, raced: race.Race) -> Row:
    return replace(
        row,
        ms_per_mp=round(raced.ms_per_mp[0], 2),
        ms_per_mp_2=round(raced.ms_per_mp[1], 2),
        ms_ratio=round(raced.ms_ratio[0], 4),
        ms_ratio_2=round(raced.ms_ratio[1], 4),
        peak_mib=round(raced.peak_mib, 1),
    )


def mean_curve(curves: Sequence[Curve]) -> Curve:
    """Mean rate and mean quality of several curves, point by point."""
    mean = torch.tensor(curves, dtype=torch.float64).mean(0)
    return tuple((rate, quality) for rate, quality in mean.tolist())


def resolution(done: Sequence[Row]) -> float | None:
    """How far the convolution block's seeds lie apart, in percent of rate; None where there are not two."""
    rates = next((row.bd_rates for row in done if row.name == ANCHOR), ())
    return max(rates) - min(rates) if len(rates) > 1 else None


def text(done: Sequence[Row]) -> str:
    """A line a row, the best rate first, and what tells them apart."""
    lines = []
    for row in sorted(done, key=lambda row: (row.bd_rate is None, row.bd_rate)):
        said = row.reason or f"{row.bd_rate:+7.2f} %  {row.ms_per_mp:7.1f} ms/MP  {row.peak_mib:6.0f} MiB"
        lines.append(f"{row.name:18} {said}")
    spread = resolution(done)
    if spread is not None:
        lines.append(f"seeds of the convolution block lie {spread:.2f} % apart")
    return "\n".join(lines)
