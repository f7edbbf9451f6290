# SPDX-License-Identifier: Apache-2.0
"""A trained model as a bundle: graphs, integer scale map, tables, quality vectors, card."""

from __future__ import annotations

import numpy as np
from torch import Tensor

from mezzotint.bundle import Bundle, Card, assemble
from mezzotint.lab.export.graphs import VECTORS, trace, vectors
from mezzotint.lab.models.codec import Codec
from mezzotint.lab.models.transform import halo
from mezzotint.lab.priors.tables import y_tables, z_tables


def to_bundle(frozen: Codec, name: str, about: str, counts: Tensor | None = None) -> Bundle:
    """Assemble and check; ``frozen`` comes from `graphs.freeze`. DamagedModel if a law of the format is broken."""
    c = frozen.config
    weight, bias, offset = frozen.scale_map.integers()
    y = y_tables(counts)
    arrays: dict[str, np.ndarray] = {
        "scale.weight": weight.detach().numpy().astype(np.int8),
        "scale.bias": bias.detach().numpy().astype(np.int32),
        "scale.offset": offset.detach().numpy().astype(np.int32),
        "y.frequencies": y.frequencies,
        "y.lengths": y.lengths,
        "y.minima": y.minima,
        "z.frequencies": z_tables(frozen.factorized),
    }
    if frozen.scale_context is not None:
        inner, outer = frozen.scale_context.integers()
        arrays["scale.inner"] = inner.detach().numpy().astype(np.int8)
        arrays["scale.outer"] = outer.detach().numpy().astype(np.int8)
    arrays |= {f"vector.{k}": v.log2.detach().numpy().astype(np.float32) for k, v in vectors(frozen).items()}
    card = Card(
        name=name,
        about=about,
        latent_channels=c.channels,
        latent_groups=c.groups,
        hyper_channels=c.hyper_channels,
        analysis_halo=halo(c.analysis)[0],
        synthesis_halo=halo(c.synthesis)[1],
        anchors=c.anchors,
        z_banks=c.z_banks,
    )
    return assemble(card, {graph: trace(frozen, graph) for graph in VECTORS}, arrays)
