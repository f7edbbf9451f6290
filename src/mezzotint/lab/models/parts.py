# SPDX-License-Identifier: Apache-2.0
"""All interchangeable parts: importing this file registers every mixer, quantizer and prior; `facts` says what each is.

A new part is one file and one line here (a test finds the forgotten ones). What a part costs is counted on latents of
LATENTS channels at 1/16 of a 768x512 picture; parts that look at the whole picture cost more on a larger one.
"""

# ruff: noqa: F401 - imported so that they register
from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import torch

from mezzotint.lab.mixers import (
    MIXERS,
    agent_attention,
    biformer,
    convnext,
    craft_hf,
    crate,
    crossformer,
    davit,
    dct_histo,
    dcvc,
    depthwise,
    diffusion_rwkv,
    dinat,
    dlgsanet,
    efficientvit_cga,
    ffc,
    ffnet_metamixer,
    flash_fft_conv,
    fmvit,
    fnet,
    ftic_fft,
    ftic_windows,
    gcvit,
    hat_overlap,
    hcfss_dct,
    hilo,
    hit_sr,
    hornet,
    linear_transformer,
    maxvit,
    recconv,
    rmt,
    robustformer,
    s2aformer,
    shvit,
    smt,
    soft,
    spectformer,
    state_space,
    styleswin,
    svt,
    swin,
    swinv2,
    vig_gla,
    wavemix,
)
from mezzotint.lab.models.cost import count
from mezzotint.lab.priors import (
    PRIORS,
    channel_slices,
    checkerboard,
    factorized_prior,
    flash_gmm,
    four_step,
    ftic_tca,
    gaussian,
    gaussian_mixture,
    grid_context,
    hcfss,
    hyperprior,
    mlicv2,
    one_shot,
    s2lic,
)
from mezzotint.lab.quantizers import (
    QUANTIZERS,
    fsq,
    noise,
    residual_vq,
    softround,
    ste,
    vq,
    vq_normalised,
)
from mezzotint.lab.registry import Entry

REGISTRIES = {registry.kind: registry for registry in (MIXERS, QUANTIZERS, PRIORS)}
LATENTS = 192
HEIGHT, WIDTH = 32, 48


@dataclass(frozen=True)
class Facts:
    """What `mzt-lab list` shows of a part; None where a field does not apply to its kind."""

    kind: str
    name: str  # in a spec
    id: str  # that of the list of published systems, where it stands in it
    family: str
    title: str
    year: int | None
    reach: int | None  # cells on each side that an output sees; None for the whole picture, too
    aligned: int | None  # period of its windows
    parameters: int
    kmac_px: float | None  # None for whole systems, whose files are measured instead
    scaled_down: str


def facts(kind: str | None = None, family: str | None = None) -> Iterator[Facts]:
    """Parts of a kind and family, all unless given, with default options."""
    for registry in REGISTRIES.values():
        for entry in registry.entries():
            if kind in (None, registry.kind) and family in (None, entry.source.family):
                yield _facts(registry.kind, entry)


def families() -> list[str]:
    return sorted({entry.source.family for registry in REGISTRIES.values() for entry in registry.entries()})


def _facts(kind: str, entry: Entry) -> Facts:
    part, source = entry.build(LATENTS).eval(), entry.source
    cost = count(part, torch.zeros(1, LATENTS, HEIGHT, WIDTH))
    return Facts(
        kind=kind,
        name=entry.name,
        id=source.id,
        family=source.family,
        title=source.title,
        year=source.year,
        reach=getattr(part, "reach", None),
        aligned=getattr(part, "aligned", None),
        parameters=cost.parameters,
        kmac_px=round(cost.macs / (1000 * 256 * HEIGHT * WIDTH), 4),
        scaled_down=source.scaled_down,
    )
