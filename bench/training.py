# SPDX-License-Identifier: Apache-2.0
"""How quick a training step is, beside the arithmetic limit of the machine.

    python bench/training.py third --json results/training-speed.json      (on a GPU: --device cuda)

The limit is the rate of a large matrix product in the precision that the transforms train in; a step is taken as three
forward passes of multiply-accumulates. Photos stand on the device as they do in training, made of noise: content does
not matter to the clock. One process is measured, with the threads that torch takes (OMP_NUM_THREADS).
"""

from __future__ import annotations

import argparse
import json
import time
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import median

import torch
from tqdm import tqdm

from mezzotint.evaluate import machine
from mezzotint.lab import recipes
from mezzotint.lab.data.crops import Crops
from mezzotint.lab.layers.precision import bf16_pays
from mezzotint.lab.models.codec import Codec
from mezzotint.lab.models.cost import count
from mezzotint.lab.train import optim
from mezzotint.lab.train.recipe import Recipe
from mezzotint.lab.train.update import update

SIDE = 2048  # of the matrices that give the limit
PASSES = 3  # forward, gradient of the inputs, gradient of the weights
WARM = 3  # steps before the clock runs


@dataclass(frozen=True)
class Speed:
    """``share`` is of the limit: multiply-accumulates of the networks over those the machine could have done."""

    recipe: str
    device: str
    processor: str
    threads: int
    precision: str
    batch: int
    crop: int
    steps_per_s: float
    megapixels_per_s: float
    data_share: float  # of a step's time, for cutting and turning crops
    forward_gmac: float  # of one batch
    limit_gmac_per_s: float
    share: float


def measure(recipe: Recipe, batch: int, steps: int, device: str) -> Speed:
    s, config = recipe.schedule, recipe.config
    torch.manual_seed(0)
    model = Codec(config, 0.03 * torch.randn(config.channels, 768), torch.ones(config.channels)).to(device)
    for tensor in model.parameters():
        if tensor.ndim == 4:
            tensor.data = tensor.data.contiguous(memory_format=torch.channels_last)
    optimisers = optim.build(model, s.lr, s.muon_lr)
    photos = [
        torch.randint(0, 256, (3, 2 * s.crop, 2 * s.crop), dtype=torch.uint8, device=device) for _ in range(8)
    ]
    crops = Crops(photos, s.crop, batch)
    cut, whole = [], []
    for step in tqdm(range(WARM + steps), desc="steps", leave=False):
        begun = _now(device)
        x = crops.at(step)
        quality = torch.randint(0, 4096, (batch,)).to(device)
        cut.append(_now(device) - begun)
        update(model, optimisers, x, quality, s, step)
        whole.append(_now(device) - begun)
    macs, seconds = count(model, x, quality).macs, median(whole[WARM:])
    precision = torch.bfloat16 if bf16_pays(torch.device(device).type) else torch.float32
    limit = _limit(precision, device)
    return Speed(
        recipe=recipe.name,
        device=torch.cuda.get_device_name() if device.startswith("cuda") else "cpu",
        processor=machine.processor(),
        threads=torch.get_num_threads(),
        precision=str(precision).removeprefix("torch."),
        batch=batch,
        crop=s.crop,
        steps_per_s=round(1 / seconds, 3),
        megapixels_per_s=round(batch * s.crop**2 / seconds / 1e6, 3),
        data_share=round(median(cut[WARM:]) / seconds, 3),
        forward_gmac=round(macs / 1e9, 2),
        limit_gmac_per_s=round(limit / 1e9, 1),
        share=round(PASSES * macs / seconds / limit, 3),
    )


def _limit(precision: torch.dtype, device: str) -> float:
    """Multiply-accumulates a second of the best of some large products."""
    a, b = (torch.randn(SIDE, SIDE, device=device, dtype=precision) for _ in range(2))
    best = float("inf")
    for _ in range(8):
        begun = _now(device)
        a @ b
        best = min(best, _now(device) - begun)
    return SIDE**3 / best


def _now(device: str) -> float:
    if device.startswith("cuda"):
        torch.cuda.synchronize()
    return time.perf_counter()


def main() -> None:
    parser = argparse.ArgumentParser(description="Speed of training beside the limit of the machine")
    parser.add_argument("recipe", help="a name, as mzt-lab train takes it")
    parser.add_argument("--device", default="cpu")
    parser.add_argument(
        "--batch", type=int, help="crops a step of this process; the recipe's own unless given"
    )
    parser.add_argument("--steps", type=int, default=12)
    parser.add_argument("--json", type=Path, help="write the figures there")
    arguments = parser.parse_args()
    try:
        recipe = recipes.find(arguments.recipe)
    except ValueError as error:
        parser.error(str(error))
    found = asdict(
        measure(recipe, arguments.batch or recipe.schedule.batch, arguments.steps, arguments.device)
    )
    for name, value in found.items():
        print(f"{name:18} {value}")
    if arguments.json:
        arguments.json.write_text(json.dumps(found, indent=1) + "\n")


if __name__ == "__main__":
    main()
