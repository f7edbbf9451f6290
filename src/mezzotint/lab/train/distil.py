# SPDX-License-Identifier: Apache-2.0
"""Train a student's bottleneck from its teacher: first the teacher's features, then the task, the sender frozen.

"Supervised Compression for Resource-Constrained Edge Computing Systems" (WACV 2022): stage one spends bits for what
the teacher's last stage holds, through its own frozen late layers; stage two trains what stands behind the channel,
on labels and on the teacher's softened answers ("Distilling the Knowledge in a Neural Network", Hinton et al., 2015).
``share`` is how much of either loss is the teacher's; at 0 the student learns from labels alone. The trap: in stage
two the sender must stay in evaluation, or its batch norms would drift away from the frozen prior.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from mezzotint.lab.data.labelled import Labels
from mezzotint.lab.layers.precision import bf16_pays
from mezzotint.lab.models.classifier import ConvClassifier
from mezzotint.lab.models.student import Answer, Student, weight_of
from mezzotint.lab.train.classify import pace

RATE = 3e-3
AFTER = 1e-3  # of the second stage
WORTH = 4.0  # of a whole distance from the teacher, in nats of a wrong label
SOFTNESS = 2.0  # temperature of the teacher's answers


@dataclass(frozen=True, eq=False)
class Course:
    """Which parts stay as they are, for how many steps, at what rate."""

    frozen: list[nn.Module]
    steps: int
    rate: float
    seed: int


@dataclass(frozen=True, eq=False)
class Lesson:
    """A batch as both see it: tiles, classes, the teacher's stages and logits, a quality a tile."""

    x: Tensor
    classes: Tensor
    stages: list[Tensor]
    logits: Tensor
    quality: Tensor


def bottleneck(
    student: Student,
    teacher: ConvClassifier,
    tiles: Callable[[int], Labels],
    steps: int,
    seed: int,
    share: float,
) -> None:
    """Stage one, ``steps`` batches; all of the student learns but the late stages, while they are the teacher's."""
    loss = (
        _imitate if share == 1 else lambda s, a, k: share * _imitate(s, a, k) + (1 - share) * _label(s, a, k)
    )
    frozen = [student.late] if share == 1 else []

    def total(lesson: Lesson) -> Tensor:
        answer = student(lesson.x, lesson.quality)
        weight = weight_of(lesson.quality)
        rate = answer.bits / lesson.x[0, 0].numel()  # bits per pixel
        return ((rate + weight * loss(student, answer, lesson)) / weight.sqrt()).mean()

    _train(student, teacher, tiles, Course(frozen, steps, RATE, seed), total)


def behind(
    student: Student,
    teacher: ConvClassifier,
    tiles: Callable[[int], Labels],
    steps: int,
    seed: int,
    share: float,
) -> None:
    """Stage two: what stands behind the channel learns the task, half of it from the teacher's answers."""

    def total(lesson: Lesson) -> Tensor:
        answer = student(lesson.x, lesson.quality)
        soft = _soft(student.judge(answer.stages), lesson.logits)
        return ((1 - share / 2) * _label(student, answer, lesson) + share / 2 * soft).mean()

    frozen = [student.sender, student.prior, student.step]
    _train(student, teacher, tiles, Course(frozen, steps, AFTER, seed), total)


def _train(
    student: Student,
    teacher: ConvClassifier,
    tiles: Callable[[int], Labels],
    course: Course,
    total: Callable[[Lesson], Tensor],
) -> None:
    still = {id(p) for part in course.frozen for p in part.parameters()}
    moved = [p for p in student.parameters() if id(p) not in still]
    optimiser = torch.optim.AdamW(moved, course.rate, weight_decay=0.0, fused=True)
    student.train()
    for part in course.frozen:
        part.eval()
    for step in range(course.steps):
        torch.manual_seed(course.seed * 1_000_003 + step)
        with torch.autocast("cpu", torch.bfloat16, enabled=bf16_pays("cpu")):
            loss = total(_lesson(teacher, tiles(step)))
        for p in student.parameters():
            p.grad = None
        loss.backward()
        nn.utils.clip_grad_norm_(moved, 5.0)
        optimiser.param_groups[0]["lr"] = course.rate * pace(step, course.steps)
        optimiser.step()
    student.eval()


@torch.no_grad()
def _lesson(teacher: ConvClassifier, labels: Labels) -> Lesson:
    x = labels.x
    stages = teacher.stages(teacher.early(x))
    quality = torch.randint(0, 4096, (len(x),))
    return Lesson(x, labels.classes, [s.float() for s in stages], teacher.judge(stages).float(), quality)


def _imitate(student: Student, answer: Answer, lesson: Lesson) -> Tensor:
    """(B,): squared distance from the teacher's last stage and from its mean over places, each over its size."""
    ours, theirs = answer.stages[-1].float(), lesson.stages[-1]
    off = (_apart(ours, theirs), _apart(ours.mean((2, 3)), theirs.mean((2, 3))))
    return WORTH * torch.stack(off).mean(0)


def _apart(ours: Tensor, theirs: Tensor) -> Tensor:
    """(B,) from (B, ...)."""
    return (ours - theirs).square().flatten(1).mean(1) / theirs.square().mean()


def _label(student: Student, answer: Answer, lesson: Lesson) -> Tensor:
    """(B,) nats."""
    return F.cross_entropy(student.judge(answer.stages).float(), lesson.classes, reduction="none")


def _soft(logits: Tensor, theirs: Tensor) -> Tensor:
    """(B,): divergence from the teacher's answers at a temperature, in its units."""
    ours = F.log_softmax(logits.float() / SOFTNESS, 1)
    wanted = F.log_softmax(theirs / SOFTNESS, 1)
    return SOFTNESS**2 * F.kl_div(ours, wanted, reduction="none", log_target=True).sum(1)
