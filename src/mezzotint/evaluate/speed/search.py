# SPDX-License-Identifier: Apache-2.0
"""The settings at which codecs are compared: ours at the quality that was asked for, rivals near our file size.

Work for a process of its own, see child.py. A rival that raises is left out with its reason, and the others go on.
"""

from __future__ import annotations

from dataclasses import dataclass

from mezzotint.evaluate import failures
from mezzotint.evaluate.codecs.protocol import Codec, Pixels
from mezzotint.evaluate.speed.child import Tell
from mezzotint.evaluate.speed.events import LeftOut, Step
from mezzotint.evaluate.speed.nearest import nearest
from mezzotint.evaluate.speed.pictures import Scene
from mezzotint.evaluate.speed.plan import label


@dataclass(frozen=True)
class Search:
    """The task; the first codec is ours."""

    scenes: tuple[Scene, ...]
    codecs: tuple[Codec, ...]
    quality: float
    threads: int


@dataclass(frozen=True)
class Entrant:
    """A codec and, scene by scene, its quality for each picture and the bits per pixel of them all."""

    codec: Codec
    qualities: tuple[tuple[float, ...], ...]
    bpp: tuple[float, ...]


def search(task: Search, tell: Tell[Entrant | LeftOut | Step]) -> None:
    """Tells an Entrant for every codec that works; an error of ours is raised."""
    pictures = [picture for scene in task.scenes for picture in scene.pictures]
    ours, *rivals = task.codecs
    sizes = [len(ours.encode(picture, task.quality, task.threads)) for picture in pictures]
    tell(_entrant(ours, task.scenes, [(task.quality, size) for size in sizes]))
    tell(Step())
    for rival in rivals:
        try:
            found = _settings(rival, pictures, sizes, task.threads)
            check(rival, pictures[0], found[0][0], task.threads)
            tell(_entrant(rival, task.scenes, found))
        except Exception as reason:  # whatever a binding may raise
            tell(LeftOut(label(rival), failures.reason(reason)))
        tell(Step())


def _settings(
    codec: Codec, pictures: list[Pixels], sizes: list[int], threads: int
) -> list[tuple[float, int]]:
    """(quality, bytes) for each picture; what was right for the one before is tried first."""
    found: list[tuple[float, int]] = []
    for picture, size in zip(pictures, sizes, strict=True):
        found.append(nearest(codec, picture, size, threads, found[-1][0] if found else None))
    return found


def check(codec: Codec, picture: Pixels, quality: float, threads: int) -> None:
    """ValueError for a codec that gives back another picture than it was given."""
    shape = codec.decode(codec.encode(picture, quality, threads), threads).shape
    if shape != picture.shape:
        raise ValueError(f"decoding gave {shape} instead of {picture.shape}")


def _entrant(codec: Codec, scenes: tuple[Scene, ...], found: list[tuple[float, int]]) -> Entrant:
    """From (quality, bytes) of every picture of all scenes in turn."""
    left = iter(found)
    groups = [[next(left) for _ in scene.pictures] for scene in scenes]
    return Entrant(
        codec,
        tuple(tuple(quality for quality, _ in group) for group in groups),
        tuple(
            8e-6 * sum(size for _, size in group) / scene.megapixels
            for group, scene in zip(groups, scenes, strict=True)
        ),
    )
