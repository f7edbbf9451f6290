# SPDX-License-Identifier: Apache-2.0
"""The board of published systems: each trained with its idea and without, on one budget, and held to its claim.

Rates are of real files, against the plain skeleton (systems/plain.py). Its seeds tell how much a difference must be to
mean something. A row is done when it is written: a board that is stopped goes on with the next.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch
from PIL import Image
from torch import nn
from tqdm import tqdm

from mezzotint.errors import UsageError
from mezzotint.evaluate import machine
from mezzotint.evaluate.bdrate import bd_rate
from mezzotint.lab.data import photos
from mezzotint.lab.layers.precision import bf16_pays
from mezzotint.lab.leaderboard import fit, measure, system_rows
from mezzotint.lab.leaderboard.board import mean_curve
from mezzotint.lab.leaderboard.fit import Data
from mezzotint.lab.leaderboard.system_media import from_photo
from mezzotint.lab.leaderboard.system_rows import SystemRow, Terms
from mezzotint.lab.models.framed import Start
from mezzotint.lab.recipes import published
from mezzotint.lab.registry import parse_spec
from mezzotint.lab.systems import SYSTEMS, System, every
from mezzotint.lab.systems.claims import Curve, Trial, Verdict
from mezzotint.lab.systems.image import Pixels

ANCHOR = "plain"
ANCHOR_SEEDS = (0, 1, 2)
ANCHOR_QUALITIES = (
    0,
    500,
    1250,
    2000,
    2750,
    3500,
)  # lower than the others', so that coarse tokens find it there
BUDGET_PIXELS = 200 * fit.BATCH * fit.CROP**2
SIDE = 320  # of the held-out squares
SEED = 0
OTHER_MEDIA = {"clip": "clips", "linear": "linear light"}


def chosen(only: Sequence[str]) -> list[str]:
    """The named systems, all if none is named, the plain skeleton in front; ValueError lists the known ones."""
    every.register()
    unknown = [name for name in only if name not in SYSTEMS.names()]
    if unknown:
        raise ValueError(SYSTEMS.unknown(unknown[0]))
    return [ANCHOR, *(name for name in only or SYSTEMS.names() if name != ANCHOR)]


def examples(folder: Path) -> list[Pixels]:
    """uint8 (H, W, 3), by name."""
    found = []
    for path in photos.find(folder):
        with Image.open(path) as image:
            found.append(np.asarray(image.convert("RGB")))
    return found


def run(data: Data, shown: list[Pixels], out: Path, only: Sequence[str], budget: int) -> list[SystemRow]:
    """Make the rows that ``out`` lacks; all of its rows. ValueError where it holds rows of other terms."""
    names = chosen(only)
    precision = "bfloat16" if bf16_pays("cpu") else "float32"
    terms = Terms(budget, data.digest, data.held_out.shape[2], torch.get_num_threads(), precision)
    done = system_rows.read(out)
    system_rows.refuse_other_terms(out, done, terms)
    with tqdm(names, unit="row") as bar:
        for name in bar:
            bar.set_description(name)
            if any(row.name == name for row in done):
                continue
            anchor = next((row.curve for row in done if row.name == ANCHOR), ())
            row = _anchor(data, shown, terms) if name == ANCHOR else _row(name, data, shown, terms, anchor)
            done = [*done, row]
            system_rows.write(out, done)
    return done


def trained(spec: str, data: Data, budget: int, seed: int) -> tuple[System, float]:
    """A system built and trained, and the seconds that took."""
    torch.manual_seed(seed)
    system: System = SYSTEMS.build(spec, Start(data.rows, data.spread))
    begun = time.monotonic()
    system.learn(data.crops, fit.steps_of(budget), seed)
    return system, time.monotonic() - begun


def _anchor(data: Data, shown: list[Pixels], terms: Terms) -> SystemRow:
    """The plain skeleton: its mean curve, and as a figure how far its seeds lie apart."""
    made = [trained(ANCHOR, data, terms.budget_pixels, seed) for seed in ANCHOR_SEEDS]
    curves = [measure.curve(system, held_out(data), ANCHOR_QUALITIES) for system, _ in made]
    mean = mean_curve(curves)
    rates = [bd_rate(mean, curve) for curve in curves]
    facts = {
        "seeds": ANCHOR_SEEDS,
        "curve": rounded(mean),
        "bd_rate": 0.0,
        "figures": (("seeds apart", round(max(rates) - min(rates), 3), "%"),),
    }
    return _written(ANCHOR, ANCHOR, made[0], shown, terms, facts)


def _row(name: str, data: Data, shown: list[Pixels], terms: Terms, anchor: Curve) -> SystemRow:
    recipe = published.find(name)
    pictures = held_out(data)
    on = trained(recipe.on, data, terms.budget_pixels, SEED)
    off = trained(recipe.off, data, terms.budget_pixels, SEED)[0] if recipe.off else None
    on_curve = measure.curve(on[0], pictures)
    off_curve = measure.curve(off, pictures) if off else ()
    trial = Trial(
        on[0], off, on_curve, off_curve, tuple(pictures), data.crops, fit.steps_of(terms.budget_pixels), SEED
    )
    verdict = recipe.judge(trial)
    rate, reason = against(anchor, on[0], on_curve, pictures)
    facts = {
        "seeds": (SEED,),
        "curve": rounded(on_curve),
        "off": recipe.off or "",
        "off_curve": rounded(off_curve),
        "bd_rate": rate,
        "bd_reason": reason,
        "claim": recipe.claim,
        **_judged(verdict),
    }
    return _written(name, recipe.on, on, shown, terms, facts)


def against(
    anchor: Curve, system: System, found: Curve, pictures: Sequence[Pixels]
) -> tuple[float | None, str]:
    """BD-rate against the plain skeleton, or why there is none."""
    if system.gives != "same":
        return None, f"gives {system.gives} back, not pictures"
    if system.media != "photo":
        return None, f"takes {OTHER_MEDIA[system.media]}, not photos"
    if not found:
        return None, "gives photos back without loss"
    if len(measure.pictures_for(system, pictures)) < len(pictures):
        return None, system_rows.OTHER_PICTURES
    try:
        return round(bd_rate(anchor, found), 3), ""
    except (UsageError, ValueError) as error:
        return None, str(error)


def held_out(data: Data) -> list[Pixels]:
    """uint8 (side, side, 3)."""
    return [picture.permute(1, 2, 0).contiguous().numpy() for picture in data.held_out]


def rounded(curve: Curve) -> Curve:
    return tuple((round(rate, 6), round(quality, 5)) for rate, quality in curve)


def _judged(verdict: Verdict) -> dict[str, object]:
    return {
        "measure": verdict.measure,
        "claim_on": round(float(verdict.on), 5),
        "claim_off": round(float(verdict.off), 5),
        "confirmed": bool(verdict.holds),
        "figures": tuple((f.name, round(float(f.value), 5), f.unit) for f in verdict.figures),
    }


def _written(
    name: str,
    spec: str,
    made: tuple[System, float],
    shown: list[Pixels],
    terms: Terms,
    facts: dict[str, object],
) -> SystemRow:
    """The row of a trained system; ``spec`` with its options is what was measured."""
    parse_spec(spec)
    system, seconds = made
    source = next(entry.source for entry in SYSTEMS.entries() if entry.name == name)
    media = [from_photo(system, picture) for picture in shown]
    found = measure.timed(system, media[0])
    learned = sum(p.numel() for p in system.parameters()) if isinstance(system, nn.Module) else None
    return SystemRow(
        id=source.id,
        name=name,
        family=source.family,
        title=source.title,
        year=source.year,
        spec=spec,
        scaled_down=source.scaled_down,
        terms=terms,
        commit=machine.commit(),
        processor=machine.processor(),
        media=system.media,
        parameters=learned,
        kmac_px=round(found.kmac_encode + found.kmac_decode, 4),
        kmac_encode=round(found.kmac_encode, 4),
        kmac_decode=round(found.kmac_decode, 4),
        bytes=found.bytes,
        pixels=found.pixels,
        encode_seconds=round(found.encode_seconds, 4),
        decode_seconds=round(found.decode_seconds, 4),
        exact=measure.exact(system, media),
        train_seconds=round(seconds, 1),
        **facts,
    )


def text(done: Sequence[SystemRow]) -> str:
    """A line a row, the best rate first."""
    lines = []
    for row in sorted(done, key=lambda row: (row.bd_rate is None, row.bd_rate)):
        rate = row.bd_reason[:40] if row.bd_rate is None else f"{row.bd_rate:+7.2f} %"
        held = {None: "", True: "confirmed", False: "not confirmed"}[row.confirmed]
        lines.append(
            f"{row.name:16} {rate:40} {row.encode_seconds:8.3f} s {row.decode_seconds:8.3f} s  {held}"
        )
    return "\n".join(lines)
