# SPDX-License-Identifier: Apache-2.0
"""Checkpoints in safetensors: a full one to resume exactly, a small fp16 one (weights and their average) to keep.

The full one holds weights, average and optimiser state in float32; with the schedule and the data order being
functions of the step, a resumed run repeats the unbroken one bit for bit on the same machine. Both are written
to a temporary file and moved into place, so a run that is killed leaves the last good one.
"""

from __future__ import annotations

import json
import os
from dataclasses import asdict
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file
from torch import Tensor

from mezzotint.lab.models.codec import Codec, CodecConfig
from mezzotint.lab.models.transform import TransformConfig

FORMAT = "mezzotint-lab 1"
State = dict[str, Tensor]


def fingerprint(config: CodecConfig) -> str:
    """The config as text; a checkpoint fits a model when both texts are equal."""
    return json.dumps(asdict(config), sort_keys=True)


def save(path: Path, tensors: State, config: CodecConfig, **facts: Any) -> None:
    """Write tensors with the config and further JSON facts, all or nothing."""
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(path.name + ".part")
    plain = {k: v.detach().cpu().contiguous().clone() for k, v in tensors.items()}
    save_file(plain, temporary, {"format": FORMAT, "config": fingerprint(config), "facts": json.dumps(facts)})
    os.replace(temporary, path)


def load(path: Path, config: CodecConfig) -> tuple[State, dict[str, Any]]:
    """(tensors, facts); ValueError with the remedy when the file is damaged or belongs to another model."""
    tensors, facts, found = load_any(path)
    if found != config:
        raise ValueError(f"{path} was made with another model: use its own recipe or another --out")
    return tensors, facts


def load_any(path: Path) -> tuple[State, dict[str, Any], CodecConfig]:
    """The same for a checkpoint of any model, with its config."""
    try:
        with safe_open(path, framework="pt") as file:
            meta = file.metadata() or {}
            tensors = {k: file.get_tensor(k) for k in file.keys()}  # noqa: SIM118 - not a dict
    except (OSError, SafetensorError) as error:
        raise ValueError(
            f"cannot read checkpoint {path} ({error}): delete it or give another --out"
        ) from error
    if meta.get("format") != FORMAT:
        raise ValueError(f"{path} is not a checkpoint of this version: start again in another --out")
    return tensors, json.loads(meta["facts"]), _config(json.loads(meta["config"]), path)


def _config(fields: dict[str, Any], path: Path) -> CodecConfig:
    """The inverse of `fingerprint`."""
    try:
        parts = {name: TransformConfig(**fields.pop(name)) for name in ("analysis", "synthesis")}
        lists = {name: tuple(value) for name, value in fields.items() if isinstance(value, list)}
        return CodecConfig(**{**fields, **lists, **parts})
    except (KeyError, TypeError, AttributeError) as error:
        raise ValueError(
            f"{path} is not a checkpoint of this version: start again in another --out"
        ) from error


def with_prefix(prefix: str, state: State) -> State:
    return {f"{prefix}.{k}": v for k, v in state.items()}


def take_prefix(prefix: str, state: State) -> State:
    return {k[len(prefix) + 1 :]: v for k, v in state.items() if k.startswith(prefix + ".")}


def model_from(config: CodecConfig, state: State) -> Codec:
    """A model with these weights; fp16 ones are cast up."""
    state = {k: v.float() if v.is_floating_point() else v for k, v in state.items()}
    rows, spread = state["analysis.shortcut.weight"], state["analysis.spread"].flatten()
    model = Codec(config, rows, spread)
    model.load_state_dict(state)
    return model


def load_model(path: Path, config: CodecConfig) -> Codec:
    """The averaged weights of a full or small checkpoint, ready to export."""
    tensors, _ = load(path, config)
    return model_from(config, take_prefix("ema", tensors)).eval()


def optimiser_tensors(optimisers: list[torch.optim.Optimizer]) -> State:
    """State of all optimisers as flat names ``index/parameter/key``."""
    flat = {}
    for i, optimiser in enumerate(optimisers):
        for p, entry in optimiser.state_dict()["state"].items():
            flat.update({f"{i}/{p}/{k}": torch.as_tensor(v) for k, v in entry.items()})
    return flat


def restore_optimisers(optimisers: list[torch.optim.Optimizer], flat: State) -> None:
    for i, optimiser in enumerate(optimisers):
        state: dict[int, dict[str, Tensor]] = {}
        for name, value in flat.items():
            owner, p, key = name.split("/")
            if int(owner) == i:
                state.setdefault(int(p), {})[key] = value
        whole = optimiser.state_dict()
        whole["state"] = state
        optimiser.load_state_dict(whole)
