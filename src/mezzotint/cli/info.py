# SPDX-License-Identifier: Apache-2.0
"""`mzt info`: what a .mzt file says about itself; no network is loaded and no pixel decoded."""

from __future__ import annotations

import json
from functools import partial
from typing import TYPE_CHECKING, Any

import click

from mezzotint.bitstream import (
    MAX_QUALITY,
    VERSION,
    Container,
    Header,
    Limits,
    Mode,
    overhead,
    read,
    read_header,
    read_length,
)
from mezzotint.cli import files, options
from mezzotint.one_line import spelled
from mezzotint.runtime import deadline

if TYPE_CHECKING:
    from mezzotint.bundle import Summary


@click.command(
    short_help="Show what a .mzt file says about itself.",
    epilog="\b\nExamples:\n  mzt info photo.mzt\n  mzt info photo.mzt --json | jq .layers",
)
@click.argument("source", metavar="FILE")
@options.limits
@options.as_json
def info(source: str, limits: Limits, as_json: bool) -> None:
    """Show the header, boxes and layers of a .mzt file, after checking all its checksums.

    Overhead is every byte that is neither a layer nor the content of a box.
    """
    data = files.read(source, partial(read_length, limits=limits))
    with deadline.within(limits.max_seconds):
        facts = _facts(source, len(data), read(data, limits, deadline.check))
    click.echo(json.dumps(facts, indent=2) if as_json else _table(facts))


def _facts(source: str, size: int, container: Container) -> dict[str, Any]:
    """What --json prints; its keys are promised, so they stand here and nowhere else."""
    header = container.header
    return {
        "file": source,
        "bytes": size,
        "bits_per_pixel": round(8 * size / (header.width * header.height), 4),
        "format_version": VERSION,
        "mode": header.mode.name.lower().replace("_", "-"),
        "width": header.width,
        "height": header.height,
        "channels": header.channels,
        "bit_depth": header.bit_depth,
        "alpha": header.alpha.name.lower(),
        "colour": {
            "primaries": header.colour.primaries,
            "transfer": header.colour.transfer,
            "matrix": header.colour.matrix,
            "full_range": header.colour.full_range,
        },
        "quality": dial(header),
        "quality_index": header.quality if header.mode is Mode.LOSSY else None,
        "max_error": None if header.mode is Mode.LOSSY else header.quality,
        "model": _model(header),
        "tiles": {"side": 1 << header.tile_log2, "columns": header.tile_columns, "rows": header.tile_rows},
        "boxes": [
            {"tag": box.tag.decode("latin-1"), "critical": box.critical, "bytes": len(box.payload)}
            for box in container.boxes
        ],
        "layers": [{"bytes": sum(map(len, layer)), "tiles": len(layer)} for layer in container.layers],
        "overhead_bytes": overhead(container),
    }


def dial(header: Header) -> float | None:
    """The 0..100 of -q; None for a file that was coded without it."""
    return round(100 * header.quality / MAX_QUALITY, 1) if header.mode is Mode.LOSSY else None


def _model(header: Header) -> dict[str, Any]:
    """Whether the file can be decoded here, and by what."""
    if header.mode is not Mode.LOSSY:
        from mezzotint.runtime.lossless import TABLES_ID

        return {
            "id": header.model_id.hex(),
            "known": header.model_id == TABLES_ID,
            "name": "the lossless tables",
        }
    from mezzotint.bundle import listing

    found: Summary | None = next((s for s in listing() if s.model_id == header.model_id), None)
    return {
        "id": header.model_id.hex(),
        "known": found is not None,
        "name": found.card.name if found else None,
    }


def model_name(coded: bytes) -> str:
    """What a file was made with: a model's name, or its id where it is not at hand."""
    found = _model(read_header(coded, Limits.none()))
    return str(found["name"] or found["id"])


def _quality(facts: dict[str, Any]) -> str:
    if facts["quality"] is not None:
        return f"{facts['quality']:g} (index {facts['quality_index']} of {MAX_QUALITY})"
    return f"no sample is off by more than {facts['max_error']}" if facts["max_error"] else "exact"


def _table(facts: dict[str, Any]) -> str:
    model, tiles, colour = facts["model"], facts["tiles"], facts["colour"]
    known = model["name"] if model["known"] else "not at hand: decoding needs --model FILE"
    codes = f"{colour['primaries']}/{colour['transfer']}/{colour['matrix']}"
    rows = [
        (
            "file",
            f"{spelled(facts['file'])}, {facts['bytes']:,} bytes, {facts['bits_per_pixel']:.3f} bits per pixel",
        ),
        ("format", f"version {facts['format_version']}, {facts['mode']}"),
        (
            "picture",
            f"{facts['width']}x{facts['height']}, {facts['channels']} channels of {facts['bit_depth']} bits, "
            f"alpha {facts['alpha']}",
        ),
        ("colour", f"CICP {codes}, {'full' if colour['full_range'] else 'limited'} range"),
        ("quality", _quality(facts)),
        ("model", f"{model['id']}, {known}"),
        ("tiles", f"{tiles['columns']} x {tiles['rows']} of {tiles['side']} pixels a side"),
    ]
    rows += [
        (
            "box",
            f"{box['tag']!a}, {'critical' if box['critical'] else 'ignorable'}, {box['bytes']:,} bytes",
        )
        for box in facts["boxes"]
    ]
    rows += [(f"layer {index}", f"{layer['bytes']:,} bytes") for index, layer in enumerate(facts["layers"])]
    rows.append(("overhead", f"{facts['overhead_bytes']} bytes"))
    return "\n".join(f"{name:<9} {value}" for name, value in rows)
