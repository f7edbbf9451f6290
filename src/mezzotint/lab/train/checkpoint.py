# SPDX-License-Identifier: Apache-2.0
"""Checkpoints in safetensors: a full one to resume exactly, a small fp16 one (weights and their average) to keep.

The full one holds weights, average and optimiser state in float32; with the schedule and the data order being
functions of the step, a resumed run repeats the unbroken one bit for bit on the same machine. Both are written
to a temporary file and moved into place, so a run that is killed leaves the last good one.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file
from torch import Tensor

from mezzotint.lab.models.codec import Codec, CodecConfig
from mezzotint.lab.models.transform import TransformConfig
from mezzotint.lab.train.recipe import Recipe
from mezzotint.one_line import one_line

FORMAT = "mezzotint-lab 1"
State = dict[str, Tensor]


def fingerprint(config: CodecConfig) -> str:
    """The config as text; a checkpoint fits a model when both texts are equal."""
    return json.dumps(asdict(config), sort_keys=True)


def save(path: Path, tensors: State, config: CodecConfig, **facts: Any) -> None:
    """Write tensors with the config and further JSON facts, all or nothing."""
    temporary = path.with_name(path.name + ".part")
    plain = {k: v.detach().cpu().contiguous().clone() for k, v in tensors.items()}
    meta = {"format": FORMAT, "config": fingerprint(config), "facts": json.dumps(facts)}
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        save_file(plain, temporary, meta)
        os.replace(temporary, path)
    except (OSError, SafetensorError) as error:
        temporary.unlink(missing_ok=True)
        raise ValueError(
            f"cannot write checkpoint {path} ({one_line(error)}): free some space, or give another --out"
        ) from error


def load(path: Path, config: CodecConfig) -> tuple[State, dict[str, Any]]:
    """(tensors, facts); ValueError with the remedy when the file is damaged or belongs to another model."""
    tensors, facts, found = load_any(path)
    if found != config:
        raise _of_another_model(path)
    return tensors, facts


def load_any(path: Path) -> tuple[State, dict[str, Any], CodecConfig]:
    """The same for a checkpoint of any model, with its config."""
    with _opened(path) as file:
        tensors = {k: file.get_tensor(k) for k in file.keys()}  # noqa: SIM118 - not a dict
        meta = file.metadata()
    return tensors, *_facts(meta, path)


def look(path: Path) -> tuple[dict[str, Any], CodecConfig]:
    """(facts, config) without reading the weights; a truncated file is seen all the same."""
    with _opened(path) as file:
        meta = file.metadata()
    return _facts(meta, path)


def check(path: Path, recipe: Recipe) -> None:
    """ValueError with the remedy unless the recipe can go on from there."""
    facts, config = look(path)
    if config != recipe.config:
        raise _of_another_model(path)
    if facts.get("recipe") != recipe.name:
        raise ValueError(
            f"{path} is of recipe '{facts.get('recipe')}', not '{recipe.name}': give that recipe or another --out"
        )


@contextmanager
def _opened(path: Path) -> Iterator[Any]:
    try:
        with safe_open(path, framework="pt") as file:
            yield file
    except (OSError, SafetensorError) as error:
        remedy = "delete it or give another, or start in another --out" if path.exists() else "check the path"
        raise ValueError(f"cannot read checkpoint {path} ({one_line(error)}): {remedy}") from error


def _facts(meta: dict[str, str] | None, path: Path) -> tuple[dict[str, Any], CodecConfig]:
    try:
        if not meta or meta["format"] != FORMAT:
            raise KeyError("format")
        facts, fields = json.loads(meta["facts"]), json.loads(meta["config"])
        parts = {name: TransformConfig(**fields.pop(name)) for name in ("analysis", "synthesis")}
        lists = {name: tuple(value) for name, value in fields.items() if isinstance(value, list)}
        return facts, CodecConfig(**{**fields, **lists, **parts})
    except (KeyError, TypeError, AttributeError, ValueError) as error:
        raise ValueError(
            f"{path} is not a checkpoint of this version: start again in another --out"
        ) from error


def _of_another_model(path: Path) -> ValueError:
    return ValueError(f"{path} was made with another model: use its own recipe or another --out")


def with_prefix(prefix: str, state: State) -> State:
    return {f"{prefix}.{k}": v for k, v in state.items()}


def take_prefix(prefix: str, state: State) -> State:
    return {k[len(prefix) + 1 :]: v for k, v in state.items() if k.startswith(prefix + ".")}


def model_from(config: CodecConfig, state: State) -> Codec:
    """A model with these weights; fp16 ones are cast up. ValueError when they are not all there."""
    state = {k: v.float() if v.is_floating_point() else v for k, v in state.items()}
    try:
        rows, spread = state["analysis.shortcut.weight"], state["analysis.spread"].flatten()
        model = Codec(config, rows, spread)
        model.load_state_dict(state)
    except (KeyError, RuntimeError) as error:
        raise ValueError("the checkpoint lacks weights of its model: give another, or start anew") from error
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
    """The inverse; ValueError when these are not the optimisers that the state is of."""
    state: list[dict[int, dict[str, Tensor]]] = [{} for _ in optimisers]
    try:
        for name, value in flat.items():
            owner, p, key = name.split("/")
            state[int(owner)].setdefault(int(p), {})[key] = value
        for optimiser, found in zip(optimisers, state, strict=True):
            parameters = [p for group in optimiser.param_groups for p in group["params"]]
            for number, entry in found.items():
                like = parameters[number]
                if any(v.ndim and v.numel() != like.numel() for v in entry.values()):
                    raise IndexError(number)
                # Laid out as the parameter is: the fused step reads memory in order, whatever the strides say.
                entry |= {
                    k: torch.empty_like(like).copy_(v) for k, v in entry.items() if v.shape == like.shape
                }
            optimiser.load_state_dict({**optimiser.state_dict(), "state": found})
    except (ValueError, IndexError) as error:
        raise ValueError(
            "the checkpoint is of other optimisers than the recipe's: start in another --out, with --from"
        ) from error
