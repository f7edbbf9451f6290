# SPDX-License-Identifier: Apache-2.0
"""The laws of a bundle, checked once, for what the lab hands over and for files alike; the codec relies on them.

The trap: the side of a vector is not a free choice. One that any decoder graph reads belongs to the decoder side,
and so to the model id; a bundle that says otherwise is refused. An optional graph may read only those, so that no
vector is there for its sake.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

import numpy as np

from mezzotint.bundle import onnx_check
from mezzotint.bundle.schema import (
    ARRAYS,
    CONTEXT_ARRAYS,
    DECODER,
    DTYPES,
    ENCODER,
    FREQUENCY_TOTAL,
    GRAPHS,
    OPTIONAL,
    OPTIONAL_GRAPHS,
    Y_TABLES,
    Z_CELL,
    Z_MAXIMUM,
    Z_MINIMUM,
    Blob,
    Bundle,
    Card,
    Entry,
)
from mezzotint.errors import DamagedModel

VECTOR = re.compile(r"vector\.[a-z][a-z0-9_]{0,40}")
_MAX = {
    "latent_channels": 1024,
    "hyper_channels": 1024,
    "analysis_halo": 1024,
    "synthesis_halo": 64,
    "anchors": 64,
    "z_banks": 256,
}
_MIN = {"analysis_halo": 0, "synthesis_halo": 0, "anchors": 2}
_MAX_GROUPS = 14  # the header of a file counts at most 15 layers, one of them z
_MAX_TABLE_ENTRIES = 1 << 22
_MAX_FEATURES = 1024  # of the scale context
_REMEDY = "get the bundle again, or export it anew"


def input_of(vector: str) -> str:
    return "q_" + vector.removeprefix("vector.")


def damaged(what: str) -> DamagedModel:
    return DamagedModel(f"the model bundle is refused: {what}", _REMEDY)


def check_header(card: Card, entries: Iterable[Entry]) -> None:
    """The laws that can be checked before any blob is read."""
    for name, most in _MAX.items():
        value = getattr(card, name)
        if not _MIN.get(name, 1) <= value <= most:
            raise damaged(f"{name} is {value}, outside {_MIN.get(name, 1)}..{most}")
    groups = card.latent_groups
    if not 1 <= len(groups) <= _MAX_GROUPS or min(groups) < 1 or sum(groups) != card.latent_channels:
        raise damaged(f"latent_groups {list(groups)[:20]} do not add up to {card.latent_channels} channels")
    if card.analysis_halo % Z_CELL:
        raise damaged(f"analysis_halo {card.analysis_halo} is not a multiple of {Z_CELL}")
    if not card.name or len(card.name) > 100 or not card.name.isprintable():
        raise damaged("its name is empty, too long or not printable")
    names = set()
    for entry in entries:
        _check_entry(card, entry)
        if entry.name in names:
            raise damaged(f"the blob {entry.name!r} occurs twice")
        names.add(entry.name)
    needed = GRAPHS.keys() | ARRAYS.keys()
    if names & CONTEXT_ARRAYS.keys():
        needed |= CONTEXT_ARRAYS.keys()
    missing = needed - names
    if missing:
        raise damaged(f"the blob {min(missing)!r} is missing")


def _shapes(card: Card) -> dict[str, tuple[int | None, ...]]:
    m, cz = card.latent_channels, card.hyper_channels
    groups = card.latent_groups
    return {
        "scale.inner": (len(groups) - 1, None, 2, m - groups[-1]),
        "scale.outer": (m - groups[0], None),
        "scale.weight": (16 * m, cz),
        "scale.bias": (16 * m,),
        "scale.offset": (card.anchors, m),
        "y.frequencies": (None,),
        "y.lengths": (Y_TABLES,),
        "y.minima": (Y_TABLES,),
        "z.frequencies": (card.z_banks, cz, Z_MAXIMUM - Z_MINIMUM + 1),
    }


def _check_entry(card: Card, entry: Entry) -> None:
    name = entry.name
    graphs = GRAPHS | OPTIONAL_GRAPHS
    if name in graphs:
        if (entry.kind, entry.side, entry.dtype, entry.shape) != ("onnx", graphs[name][0], "", ()):
            raise damaged(f"the graph {name!r} is declared wrongly")
        return
    shape: tuple[int | None, ...]
    if name in ARRAYS | CONTEXT_ARRAYS:
        dtype, shape, sides = (ARRAYS | CONTEXT_ARRAYS)[name], _shapes(card)[name], {DECODER}
    elif VECTOR.fullmatch(name):
        dtype, shape, sides = "float32", (card.anchors, None), {ENCODER, DECODER}
    else:
        raise damaged(f"the blob {name[:60]!r} is unknown")
    fits = len(shape) == len(entry.shape) and all(
        want == have if want is not None else 1 <= have <= _MAX_TABLE_ENTRIES
        for want, have in zip(shape, entry.shape, strict=True)
    )
    if entry.kind != "array" or entry.dtype != dtype or entry.side not in sides or not fits:
        raise damaged(f"the array {name!r} is declared wrongly")
    if name == "scale.outer" and entry.shape[1] > _MAX_FEATURES:
        raise damaged(f"its scale context has {entry.shape[1]} features")
    size = np.dtype(DTYPES[dtype]).itemsize
    for side in entry.shape:
        size *= side
    if size != entry.length:
        raise damaged(f"the array {name!r} has {entry.length} bytes instead of {size}")


def check(bundle: Bundle) -> None:
    """Every law of a bundle; DamagedModel when one is broken."""
    check_header(bundle.card, (blob.entry for blob in bundle.blobs))
    _check_tables(bundle)
    _check_vectors(bundle)
    # Making them checks them: the bounds of scale map and context, and the laws of every table.
    _ = bundle.scale_map, bundle.scale_context, bundle.y_tables


def _check_tables(bundle: Bundle) -> None:
    lengths = np.asarray(bundle.array("y.lengths"), np.int64)
    minima = np.asarray(bundle.array("y.minima"), np.int64)
    frequencies = np.asarray(bundle.array("y.frequencies"))
    if lengths[0] != 1 or minima[0] != 0 or lengths[1:].min() < 2 or lengths.sum() != frequencies.size:
        raise damaged("the lengths of its y tables are wrong")
    if np.abs(minima).max() >= 1 << 15 or lengths.max() >= 1 << 16:
        raise damaged("a y table of it is too long")
    totals = np.add.reduceat(frequencies, np.cumsum(lengths) - lengths, dtype=np.uint64)
    z = np.asarray(bundle.array("z.frequencies"))
    if (totals != FREQUENCY_TOTAL).any() or (z.sum(axis=2, dtype=np.uint64) != FREQUENCY_TOTAL).any():
        raise damaged("the frequencies of a table do not sum to 2^24")
    if frequencies.min() < 1 or z.min() < 1:
        raise damaged("a symbol of a table has no frequency")


def _check_vectors(bundle: Bundle) -> None:
    vectors = {input_of(b.entry.name): b for b in bundle.blobs if b.entry.name.startswith("vector.")}
    steps = vectors.get("q_step")
    if bundle.scale_context is not None and (
        steps is None or steps.entry.shape[1] != bundle.card.latent_channels
    ):
        raise damaged("it has a scale context and no vector 'step' of a step for each channel")
    readers = _check_graphs(bundle, vectors)
    for name, blob in vectors.items():
        sides = readers[name]
        if OPTIONAL in sides and DECODER not in sides:
            raise damaged(
                f"{blob.entry.name!r} is read by an optional graph and by none of the decoder's side"
            )
        if blob.entry.side != (DECODER if DECODER in sides else ENCODER if sides else ""):
            raise damaged(f"{blob.entry.name!r} is declared on the wrong side")
        values = np.asarray(blob.array, np.float32)
        if not np.isfinite(values).all() or np.abs(values).max() > 64:
            raise damaged(f"{blob.entry.name!r} is not a table of usable logarithms")


def _check_graphs(bundle: Bundle, vectors: dict[str, Blob]) -> dict[str, set[str]]:
    """The sides of the graphs that read each vector, by its input's name."""
    readers: dict[str, set[str]] = {name: set() for name in vectors}
    for name, (side, inputs, output) in (GRAPHS | OPTIONAL_GRAPHS).items():
        if name in OPTIONAL_GRAPHS and not bundle.has(name):
            continue
        graph = onnx_check.inspect(bundle.graph(name), name)
        plain = {port.name: port.element for port in graph.inputs if not port.name.startswith("q_")}
        if plain != inputs or [port.element for port in graph.outputs] != [output]:
            raise damaged(f"the graph {name!r} has the wrong inputs or outputs")
        if any(len(port.dims) != 4 for port in graph.inputs + graph.outputs):
            raise damaged(f"the graph {name!r} has an input or output without four axes")
        for port in graph.inputs:
            if port.name in plain:
                continue
            if port.name not in vectors:
                raise damaged(f"the graph {name!r} reads {port.name[:60]!r}, which the bundle lacks")
            channels = vectors[port.name].entry.shape[1]
            if port.element != onnx_check.FLOAT or port.dims[1] not in (None, channels):
                raise damaged(f"the graph {name!r} reads {port.name!r} in another shape")
            readers[port.name].add(side)
        if name in OPTIONAL_GRAPHS:
            _check_first_group(bundle.card, name, graph)
    return readers


def _check_first_group(card: Card, name: str, graph: onnx_check.Graph) -> None:
    """The channels of an optional graph: those of the first group and of z come in, three planes go out."""
    expected = {"symbols": card.latent_groups[0], "z_hat": card.hyper_channels}
    for port in graph.inputs:
        if port.name in expected and port.dims[1] not in (None, expected[port.name]):
            raise damaged(f"the graph {name!r} reads {port.name!r} in another shape")
    if graph.outputs[0].dims[3] not in (None, 3):
        raise damaged(f"the graph {name!r} gives no pixels of three planes")
