# SPDX-License-Identifier: Apache-2.0
"""Entropic Student against itself taught by labels alone, and against decoding pixels first for its teacher.

Command:  mzt-lab systems --only entropic_student --photos PHOTOS --validation VALIDATION --out FILE
Machine:  2 CPU cores with bf16 (AVX-512)
Result:   results/lab/systems.jsonl, row EntropicStudent

Rates are bytes of whole files, sixteen tiles a file, over tiles. The pixel codecs are Pillow's JPEG and WebP: what
they decode to goes to the teacher, which never saw coded pictures. A trained pixel codec is left out: minutes of
training.
"""

from __future__ import annotations

from typing import cast

import torch

from mezzotint.lab.data.labelled import Labels, cut
from mezzotint.lab.models.classifier import ConvClassifier
from mezzotint.lab.systems import task
from mezzotint.lab.systems.claims import Curve, Figure, Published, Trial, Verdict
from mezzotint.lab.systems.entropic_student import EntropicStudent
from mezzotint.lab.train import classify

PIXEL_QUALITIES = {"JPEG": (1, 3, 6, 12, 25, 50), "WEBP": (1, 5, 15, 35, 60)}


def judge(trial: Trial) -> Verdict:
    """Accuracy at equal bytes, in points against labels alone; the curves, and those of pixels, as figures."""
    on, off = cast(EntropicStudent, trial.on), cast(EntropicStudent, trial.off)
    tests = task.judged_tiles(trial.pictures)
    ours = student_curve(on, tests)
    gained = task.points_at_equal_rate(student_curve(off, tests), ours)
    teacher = classify.accuracy(on.teacher, tests.x, tests.classes)
    figures = [
        Figure("accuracy of the teacher, uncoded", 100 * teacher, "%"),
        Figure(
            "standard error of an accuracy",
            100 * classify.standard_error(ours[-1][1], len(tests.classes)),
            "points",
        ),
        *shown("features", ours),
    ]
    for kind in PIXEL_QUALITIES:
        pixels = pixel_curve(kind, on.teacher, tests)
        rate = task.rate_at_equal_share(pixels, ours)
        figures += [
            *shown(f"pixels of {kind}", pixels),
            *([] if rate is None else [Figure(f"rate at equal accuracy against {kind}", rate, "%")]),
        ]
    return Verdict("accuracy at equal bytes against labels alone, points", gained, 0.0, False, tuple(figures))


def student_curve(system: EntropicStudent, tests: Labels) -> Curve:
    """(bytes a tile, share of tiles that are right) a quality, of real files."""
    sheets, points = task.sheets(tests), []
    for quality in system.qualities:
        files = [system.compress(sheet, quality) for sheet in sheets]
        features = cut(
            torch.stack([torch.from_numpy(system.decompress(file)) for file in files]), task.ACROSS
        )
        said = torch.from_numpy(system.classify(features.numpy())).argmax(1)
        count = len(tests.classes)
        points.append((sum(map(len, files)) / count, (said == tests.classes).float().mean().item()))
    return tuple(points)


def pixel_curve(kind: str, teacher: ConvClassifier, tests: Labels) -> Curve:
    """The same of a pixel codec, whose pictures the teacher reads."""
    points = []
    for quality in PIXEL_QUALITIES[kind]:
        code = task.by_pillow(kind, quality)
        coded = [code(sheet) for sheet in task.sheets(tests)]
        x = task.tiles_of([picture for _, picture in coded])
        rate = sum(size for size, _ in coded) / len(tests.classes)
        points.append((rate, classify.accuracy(teacher, x, tests.classes)))
    return tuple(points)


def shown(name: str, curve: Curve) -> list[Figure]:
    """A figure a point."""
    return [
        Figure(f"accuracy from {name} at {rate:.0f} bytes a tile", 100 * share, "%") for rate, share in curve
    ]


RECIPE = Published(
    on="entropic_student",
    off="entropic_student(share=0.0)",
    claim="A bottleneck distilled from a teacher gives more accuracy a byte than labels alone, and than pixels",
    judge=judge,
)
