# SPDX-License-Identifier: Apache-2.0
"""Train from .mzt files: a torch Dataset that decodes one random crop an item, in the worker processes of a DataLoader.

    python examples/dataset.py                          # makes a few files from the photos beside it, and reads them
    python examples/dataset.py FOLDER --workers 8       # your own .mzt files

Needs the extra `lab` (torch). A crop costs the tiles that it touches, not the whole picture (`tile_log2=9` in encoding
makes them smaller, for photos of several megapixels). Files with loss and without, of 8 or 16 bits, may be mixed.

The trap is threads: every worker is a process of its own, so each decodes on one thread, and loads its networks when it
decodes for the first time. The Dataset itself holds names only: so it pickles (for workers that are spawned) and has no
threads to lose (in those that are forked).
"""

from __future__ import annotations

import argparse
import tempfile
import time
from collections.abc import Iterable
from pathlib import Path

import numpy as np
import torch
from PIL import Image
from torch.utils.data import DataLoader, Dataset

import mezzotint


class Crops(Dataset):
    """Item i is a crop of file i: float32 (3, size, size) from 0 to 1. Grey becomes three planes, alpha is dropped.

    Pictures smaller than a crop are refused: UsageError, from `mezzotint.decode`.
    """

    def __init__(self, paths: Iterable[Path], size: int = 256) -> None:
        self.paths = sorted(paths)
        self.size = size

    def __len__(self) -> int:
        return len(self.paths)

    def __getitem__(self, index: int) -> torch.Tensor:
        data = self.paths[index].read_bytes()
        header = mezzotint.read_header(data)
        # torch's generator: a DataLoader seeds it anew in each worker, which numpy's it may not.
        x, y = (random_start(side, self.size) for side in (header.width, header.height))
        pixels = mezzotint.decode(data, region=(x, y, self.size, self.size), threads=1)
        planes = pixels[None].repeat(3, 0) if pixels.ndim == 2 else pixels[..., :3].transpose(2, 0, 1)
        most = np.float32(2**header.bit_depth - 1)
        return torch.from_numpy(planes / most)  # (3, size, size)


def random_start(side: int, size: int) -> int:
    return int(torch.randint(max(side - size, 0) + 1, ()))


def loader(paths: Iterable[Path], size: int, batch: int, workers: int, start: str | None) -> DataLoader:
    """`start` is "spawn", "fork" or "forkserver"; none is what the system prefers."""
    return DataLoader(
        Crops(paths, size),
        batch_size=batch,
        shuffle=True,
        num_workers=workers,
        multiprocessing_context=start if workers else None,
        persistent_workers=workers > 0,  # an epoch does not load the networks again
    )


def example_files(folder: Path) -> list[Path]:
    """The photos beside this file as .mzt: most with loss, one without."""
    paths = []
    for photo in sorted(Path(__file__).parent.glob("*.png")):
        with Image.open(photo) as image:
            data = mezzotint.encode(image, lossless=photo.stem == "chelsea")
        paths.append(folder / f"{photo.stem}.mzt")
        paths[-1].write_bytes(data)
    return paths


def main() -> None:
    parser = argparse.ArgumentParser(description="Read .mzt files with a DataLoader")
    parser.add_argument(
        "folder", type=Path, nargs="?", help="folder of .mzt files; made from examples/ if left out"
    )
    parser.add_argument("--size", type=int, default=256, help="side of a crop, in pixels")
    parser.add_argument("--batch", type=int, default=4)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--epochs", type=int, default=3)
    parser.add_argument("--start", choices=["fork", "spawn", "forkserver"], help="how worker processes begin")
    arguments = parser.parse_args()

    with tempfile.TemporaryDirectory() as made:
        folder = arguments.folder
        paths = list(folder.rglob("*.mzt")) if folder else example_files(Path(made))
        batches = loader(paths, arguments.size, arguments.batch, arguments.workers, arguments.start)
        for epoch in range(arguments.epochs):
            start, seen, total = time.perf_counter(), 0, 0.0
            for crops in batches:  # (batch, 3, size, size)
                seen += len(crops)
                total += float(crops.mean()) * len(crops)
            seconds = time.perf_counter() - start
            print(
                f"epoch {epoch}: {seen} crops, mean {total / seen:.3f}, {seen / seconds:.1f} crops a second"
            )


if __name__ == "__main__":
    main()
