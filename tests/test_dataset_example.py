# SPDX-License-Identifier: Apache-2.0
"""examples/dataset.py: right crops out of worker processes of every kind, one decode an item, and its command."""

from __future__ import annotations

import multiprocessing
import subprocess
import sys

import numpy as np
import pytest
import torch

import mezzotint

WORKER = '''
"""Counts decodes in worker processes: imported there by name, so it must be a file."""

from functools import partial

import mezzotint


def counted(original, log, data, **options):
    with open(log, "a") as file:
        print(options["threads"], file=file)
    return original(data, **options)


def start(log, worker):
    mezzotint.decode = partial(counted, mezzotint.decode, log)
'''
STARTS = multiprocessing.get_all_start_methods()


@pytest.fixture
def dataset(root, load_module, monkeypatch):
    """The example as a module that workers can import too."""
    monkeypatch.syspath_prepend(root / "examples")
    return load_module(root / "examples" / "dataset.py", "dataset")


@pytest.fixture
def files(photo, tmp_path):
    """Lossless files of every kind, each of one value, so that a crop tells where it comes from."""
    shapes = {"grey": (70, 90), "colour": (64, 64, 3), "alpha": (80, 65, 4), "deep": (66, 64, 3)}
    for number, (name, shape) in enumerate(shapes.items()):
        pixels = np.full(shape, 10 * number, np.uint16 if name == "deep" else np.uint8)
        (tmp_path / f"{name}.mzt").write_bytes(mezzotint.encode(pixels, lossless=True))
    (tmp_path / "photo.mzt").write_bytes(mezzotint.encode(photo[:100, :100], 50))
    return list(tmp_path.glob("*.mzt"))


def test_an_item_is_a_crop_of_its_file(dataset, files, photo, tmp_path):
    whole = mezzotint.decode(next(path for path in files if path.stem == "photo").read_bytes())
    torch.manual_seed(3)
    items = {path.stem: crop for path, crop in zip(sorted(files), dataset.Crops(files, 64), strict=True)}
    for crop in items.values():
        assert (crop.dtype, tuple(crop.shape)) == (torch.float32, (3, 64, 64))
    values = {"grey": 0.0, "colour": 10 / 255, "alpha": 20 / 255, "deep": 30 / 65535}
    for name, value in values.items():
        assert torch.allclose(items[name], torch.tensor(value))
    found = (items["photo"].numpy() * 255).round().astype(np.uint8).transpose(1, 2, 0)
    places = [(y, x) for y in range(37) for x in range(37)]
    assert min(np.abs(whole[y : y + 64, x : x + 64].astype(int) - found).max() for y, x in places) <= 1


def test_crops_are_random_and_seeded(dataset, files):
    path = [path for path in files if path.stem == "photo"]
    crops = dataset.Crops(path, 32)
    torch.manual_seed(1)
    first, second = crops[0], crops[0]
    torch.manual_seed(1)
    assert torch.equal(first, crops[0])
    assert not torch.equal(first, second)


@pytest.mark.parametrize(
    "start",
    [pytest.param(start, marks=[] if start == "fork" else pytest.mark.slow) for start in STARTS],
)
@pytest.mark.filterwarnings("ignore:This DataLoader will create 2")  # where there is one core
def test_one_decode_an_item_in_every_kind_of_worker(dataset, files, tmp_path, monkeypatch, start):
    """And the parent has decoded before: what it had loaded must not be used by a forked child."""
    (tmp_path / "counting_worker.py").write_text(WORKER)
    monkeypatch.syspath_prepend(tmp_path)
    counting = __import__("counting_worker")
    photo = next(path for path in files if path.stem == "photo").read_bytes()
    for threads in (1, None):
        mezzotint.decode(photo, threads=threads)
    log = tmp_path / "decodes"
    batches = dataset.loader(files, 64, 2, 2, start)
    batches.worker_init_fn = counting.partial(counting.start, str(log))
    batches.timeout = 60
    for _ in range(2):
        assert sum(len(batch) for batch in batches) == len(files)
    assert log.read_text().splitlines() == ["1"] * (2 * len(files))  # each on one thread


@pytest.mark.slow
def test_its_command(root, tmp_path):
    command = [
        sys.executable,
        "-W",
        "ignore:This DataLoader will create 2",  # where there is one core
        root / "examples" / "dataset.py",
        "--workers",
        "2",
        "--epochs",
        "2",
        "--size",
        "64",
    ]
    done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=120, cwd=tmp_path)
    lines = done.stdout.splitlines()
    assert [line.split(",")[0] for line in lines] == ["epoch 0: 4 crops", "epoch 1: 4 crops"]
    assert done.stderr == ""
