# SPDX-License-Identifier: Apache-2.0
"""`mzt info`: what a .mzt file says about itself; no network is loaded and no pixel decoded."""

from __future__ import annotations

import json
from functools import partial
from typing import TYPE_CHECKING, Any

import click

from mezzotint.bitstream import MAX_QUALITY, VERSION, Container, Limits, overhead, read, read_header
from mezzotint.cli import files, options

if TYPE_CHECKING:
    from mezzotint.bundle import Summary


@click.command(
    short_help="Show what a .mzt file says about itself.",
    epilog="\b\nExamples:\n  mzt info photo.mzt\n  mzt info photo.mzt --json | jq .layers",
)
@click.argument("source", metavar="FILE")
@options.max_pixels
@options.as_json
def info(source: str, max_pixels: int, as_json: bool) -> None:
    """Show the header, boxes and layers of a .mzt file, after checking all its checksums.

    Overhead is every byte that is neither a layer nor the content of a box.
    """
    limits = Limits(max_pixels=max_pixels)
    data = files.read(source, partial(read_header, limits=limits))
    facts = _facts(source, len(data), read(data, limits))
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
        "quality": round(100 * header.quality / MAX_QUALITY, 1),
        "quality_index": header.quality,
        "model": _model(header.model_id),
        "tiles": {"side": 1 << header.tile_log2, "columns": header.tile_columns, "rows": header.tile_rows},
        "boxes": [
            {"tag": box.tag.decode("latin-1"), "critical": box.critical, "bytes": len(box.payload)}
            for box in container.boxes
        ],
        "layers": [{"bytes": sum(map(len, layer)), "tiles": len(layer)} for layer in container.layers],
        "overhead_bytes": overhead(container),
    }


def _model(model_id: bytes) -> dict[str, Any]:
    from mezzotint.bundle import listing

    found: Summary | None = next((s for s in listing() if s.model_id == model_id), None)
    return {
        "id": model_id.hex(),
        "known": found is not None,
        "name": found.card.name if found else None,
    }


def _table(facts: dict[str, Any]) -> str:
    model, tiles, colour = facts["model"], facts["tiles"], facts["colour"]
    known = model["name"] if model["known"] else "not at hand: decoding needs --model FILE"
    codes = f"{colour['primaries']}/{colour['transfer']}/{colour['matrix']}"
    rows = [
        ("file", f"{facts['file']}, {facts['bytes']:,} bytes, {facts['bits_per_pixel']:.3f} bits per pixel"),
        ("format", f"version {facts['format_version']}, {facts['mode']}"),
        (
            "picture",
            f"{facts['width']}x{facts['height']}, {facts['channels']} channels of {facts['bit_depth']} bits, "
            f"alpha {facts['alpha']}",
        ),
        ("colour", f"CICP {codes}, {'full' if colour['full_range'] else 'limited'} range"),
        ("quality", f"{facts['quality']:g} (index {facts['quality_index']} of {MAX_QUALITY})"),
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
