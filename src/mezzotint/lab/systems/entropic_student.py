# SPDX-License-Identifier: Apache-2.0
"""Entropic Student: a shallow sender's coded bottleneck, distilled from the features of a teacher, serves a machine.

    pixels --- three convolutions --- y --- densities --- y_hat --- convolutions --- features --- classes
                                                                                  |
    pixels --- teacher, trained here on labelled tiles --------------- its features, to be imitated

"Supervised Compression for Resource-Constrained Edge Computing Systems" (Matsubara et al., WACV 2022). No picture
comes back: `decompress` gives features, `classify` makes class probabilities of them. Learning takes two passes of
each batch for the teacher, three for the bottleneck, and one for what stands behind it. The trap: accuracy is bounded
by the teacher's, and by the labelled set's own photos.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from mezzotint.lab.data.crops import Crops
from mezzotint.lab.data.labelled import CLASSES, Labelled, Labels
from mezzotint.lab.models.classifier import ConvClassifier
from mezzotint.lab.models.framed import Start
from mezzotint.lab.models.student import Student
from mezzotint.lab.registry import Source
from mezzotint.lab.systems import SYSTEMS, stream
from mezzotint.lab.systems.image import QUALITIES, Pixels, check_dial, padded, picture_sides
from mezzotint.lab.systems.still import reading, still
from mezzotint.lab.train import classify, distil

SOURCE = Source(
    "EntropicStudent",
    "machine task",
    "Supervised Compression for Resource-Constrained Edge Computing Systems",
    2022,
    "one task, twelve made textures, and one teacher of 0.3 million weights in place of ResNets on ImageNet; batch"
    " norm in place of GDN; one student for all rates, by a dial, with a mixture of logistics a channel",
)
CELL = 32  # pixels; four cells of y, as priors want them
BLOCK = 8  # pixels of a cell of the features
PASSES = 3  # of the first stage, over each batch, with other textures

Features = NDArray[np.float32]


@SYSTEMS.register("entropic_student", SOURCE)
class EntropicStudent(nn.Module):
    """``entropic_student(share=1.0)``: the teacher's share of what the student learns from; at 0, labels alone."""

    name, media, gives, qualities = "entropic_student", "photo", "features", QUALITIES

    def __init__(self, start: Start, share: float = 1.0) -> None:
        super().__init__()
        if not 0 <= share <= 1:
            raise ValueError(f"share={share}: choose 0 to 1")
        self.share, self.student = share, Student(len(CLASSES))  # convolutions only: nothing of ``start``
        self._teachers: list[ConvClassifier] = []  # in a list: it is no part of what decodes

    @property
    def teacher(self) -> ConvClassifier:
        """The classifier of pixels that the last `learn` trained."""
        return self._teachers[-1]

    def learn(self, crops: Crops, steps: int, seed: int) -> None:
        teacher = ConvClassifier(len(CLASSES))
        classify.fit(teacher, classify.of_tiles(crops, seed), 2 * steps, seed)
        self._teachers = [teacher]
        self.student.inherit(teacher)
        distil.bottleneck(self.student, teacher, tiles(crops, seed, 0), PASSES * steps, seed, self.share)
        distil.behind(self.student, teacher, tiles(crops, seed, PASSES), steps, seed, self.share)

    @still
    def compress(self, media: Pixels, quality: int) -> bytes:
        dial = check_dial(quality)
        y = self.student.latent(padded(media, CELL), dial)
        chunks = self.student.prior.compress(y, self.student.step(dial))
        return stream.write(
            stream.Stream(self.name, stream.identity(self), int(quality), media.shape, tuple(chunks))
        )

    @reading
    def decompress(self, data: bytes) -> Features:
        """float32 (FEATURES, ceil(H / 8), ceil(W / 8))."""
        found = stream.read(data, self.name, stream.identity(self))
        height, width = picture_sides(found.shape)
        dial = check_dial(found.quality)
        cells = CELL // BLOCK
        rows, columns = -(-height // CELL) * cells, -(-width // CELL) * cells
        y_hat = self.student.prior.decompress(found.chunks, rows, columns, self.student.step(dial))
        return self._features(y_hat, dial, height, width)

    @still
    def rebuilt(self, media: Pixels, quality: int) -> Features:
        dial = check_dial(quality)
        y = self.student.latent(padded(media, CELL), dial)
        return self._features(self.student.prior(y, self.student.step(dial)).y_hat, dial, *media.shape[:2])

    @still
    def classify(self, features: Features) -> NDArray[np.float32]:
        """(N, FEATURES, h, w) -> class probabilities (N, classes), float32, in the order of `labelled.CLASSES`."""
        logits = self.student.judge(self.student.late.stages(torch.from_numpy(features)))
        return logits.softmax(1).numpy()

    def _features(self, y_hat: torch.Tensor, dial: torch.Tensor, height: int, width: int) -> Features:
        found = self.student.features(y_hat, dial)[0]
        return found[:, : -(-height // BLOCK), : -(-width // BLOCK)].contiguous().numpy()


def tiles(crops: Crops, seed: int, first: int) -> Callable[[int], Labels]:
    """Each batch of the crops PASSES times, with other textures each; passes are counted from ``first``."""
    painted = [Labelled(crops, seed + first + i) for i in range(PASSES)]
    return lambda step: painted[step % PASSES].at(step // PASSES)
