# SPDX-License-Identifier: Apache-2.0
"""Distilling moves what it should, towards the teacher, and leaves the sender alone in the second stage."""

from __future__ import annotations

import torch

from mezzotint.lab.data.labelled import CLASSES, Labels
from mezzotint.lab.models.classifier import ConvClassifier
from mezzotint.lab.models.student import Student, weight_of
from mezzotint.lab.train import distil


def tiles(step: int) -> Labels:
    dice = torch.Generator().manual_seed(step)
    smooth = torch.nn.functional.interpolate(
        torch.rand(8, 3, 8, 8, generator=dice), (64, 64), mode="bilinear"
    )
    return Labels((255 * smooth).to(torch.uint8), torch.randint(len(CLASSES), (8,), generator=dice))


def taught() -> tuple[Student, ConvClassifier]:
    torch.manual_seed(0)
    teacher = ConvClassifier(len(CLASSES))
    teacher.train()
    for step in range(5):
        teacher(tiles(step).x)  # batch norms that know the tiles
    student = Student(len(CLASSES))
    student.inherit(teacher.eval())
    return student.eval(), teacher


@torch.no_grad()
def apart(student: Student, teacher: ConvClassifier) -> float:
    x = tiles(999).x
    found = student(x, torch.full((8,), 3500.0)).stages[-1]
    wanted = teacher.stages(teacher.early(x))[-1]
    return ((found - wanted).square().mean() / wanted.square().mean()).item()


def state(part: torch.nn.Module) -> list[torch.Tensor]:
    return [v.clone() for v in part.state_dict().values()]


def same(a: list[torch.Tensor], b: list[torch.Tensor]) -> bool:
    return all(torch.equal(x, y) for x, y in zip(a, b, strict=True))


def test_stage_one_brings_features_nearer_and_keeps_the_late_stages() -> None:
    student, teacher = taught()
    late = state(student.late)
    distil.bottleneck(student, teacher, tiles, 8, 0, 1.0)
    before = apart(student, teacher)
    distil.bottleneck(student, teacher, tiles, 25, 0, 1.0)
    assert apart(student, teacher) < 0.7 * before
    assert same(late, state(student.late)) and not student.training


def test_stage_two_moves_only_what_stands_behind_the_channel() -> None:
    student, teacher = taught()
    parts = {name: getattr(student, name) for name in ("sender", "prior", "step", "receiver", "late")}
    before = {name: state(part) for name, part in parts.items()}
    distil.behind(student, teacher, tiles, 2, 0, 1.0)
    still = {name for name, part in parts.items() if same(before[name], state(part))}
    assert still == {"sender", "prior", "step"}


def test_labels_alone_hear_nothing_of_the_teacher() -> None:
    """With no share the teacher's answers do not matter, with one they do."""
    for share, heard in ((0.0, False), (1.0, True)):
        found = []
        for blind in (False, True):
            student, teacher = taught()
            if blind:
                teacher.head.bias.data += torch.linspace(-3, 3, len(CLASSES))
                teacher.early[2][0][0].weight.data *= 0.5
            distil.bottleneck(student, teacher, tiles, 1, 0, share)
            distil.behind(student, teacher, tiles, 1, 0, share)
            found.append(state(student))
        assert same(*found) != heard


def test_the_weight_of_the_task_rises_with_quality() -> None:
    low, middle, high = weight_of(torch.tensor([0.0, 2047.5, 4095.0])).tolist()
    assert low < middle < high and abs(middle**2 / (low * high) - 1) < 1e-4
