# SPDX-License-Identifier: Apache-2.0
"""The results of each part as text for a terminal of 100 columns."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from mezzotint.bundle.schema import DECODER, ENCODER
from mezzotint.evaluate.speed.bench import Row
from mezzotint.evaluate.speed.coding import Coding, StageTime
from mezzotint.evaluate.speed.macs import Cost, total
from mezzotint.evaluate.speed.memory import Line, Peak
from mezzotint.evaluate.speed.spread import Spread
from mezzotint.evaluate.speed.start import Start
from mezzotint.evaluate.speed.symbols import Symbols


def table(part: str, rows: Sequence[Row]) -> str:
    """Several lines, or "" where the part has no rows."""
    return "\n".join(_TABLES[part](rows))


def _coding(rows: Sequence[Row]) -> Iterator[str]:
    cells = [row for row in rows if isinstance(row, Coding)]
    for pictures, threads in dict.fromkeys((row.pictures, row.threads) for row in cells):
        here = [row for row in cells if (row.pictures, row.threads) == (pictures, threads)]
        yield f"\nMP/s on {pictures}, {_count(threads)}; x = times as fast as {here[0].against}"
        yield f"{'':<36} {'bpp':>5} {'encode':>20} {'x':>6} {'decode':>20} {'x':>6}"
        for encode, decode in zip(here[::2], here[1::2], strict=True):
            sides = " ".join(f"{_range(row.mp_per_s):>20} {_ratio(row.ratio):>6}" for row in (encode, decode))
            yield f"{encode.codec + ' ' + encode.settings:<36.36} {encode.bpp:>5.2f} {sides}"


def _stages(rows: Sequence[Row]) -> Iterator[str]:
    cells = [row for row in rows if isinstance(row, StageTime)]
    for pictures, threads in dict.fromkeys((row.pictures, row.threads) for row in cells):
        chosen = [row for row in cells if (row.pictures, row.threads) == (pictures, threads)]
        here = {(row.stage, row.side): row.ms_per_mp for row in chosen}
        yield f"\nour time on {pictures}, {_count(threads)}: ms for a megapixel"
        yield f"{'':<20} {'encode':>24} {'':>6} {'decode':>24}"
        for stage in sorted(dict.fromkeys(stage for stage, _ in here), key="whole".__eq__):
            shown = []
            for side in ("encode", "decode"):
                found = here.get((stage, side))
                share = f"{found.median / here['whole', side].median:.0%}" if found else ""
                shown.append(f"{_range(found) if found else '-':>24} {share:>6}")
            yield f"{stage:<20} {' '.join(shown)}".rstrip()


def _start(rows: Sequence[Row]) -> Iterator[str]:
    cells = [row for row in rows if isinstance(row, Start)]
    if cells:
        yield f"\nwhole commands on 768x512, {_count(cells[0].threads)}, started cold"
        yield f"{'':<20} {'seconds':>24} {'peak MiB':>10}"
    for row in cells:
        yield f"{row.command:<20} {_range(row.seconds):>24} {row.peak_mib:>10.0f}"


def _memory(rows: Sequence[Row]) -> Iterator[str]:
    cells = {(row.pixels, row.side): row for row in rows if isinstance(row, Peak)}
    if cells:
        yield "\npeak memory of whole commands"
        yield f"{'MP':<8} {'encode MiB':>12} {'s':>8} {'decode MiB':>12} {'s':>8}"
    for pixels in dict.fromkeys(pixels for pixels, _ in cells):
        sides = [cells[pixels, side] for side in ("encode", "decode") if (pixels, side) in cells]
        yield f"{pixels / 1e6:<8.2f} " + " ".join(
            f"{row.peak_mib:>12.0f} {row.seconds:>8.2f}" for row in sides
        )
    for line in (row for row in rows if isinstance(row, Line)):
        law = f"{line.fixed_mib:.0f} MiB + {line.bytes_per_pixel:.1f} bytes a pixel"
        yield f"{line.side}, {line.span}: {law} (to {line.worst_mib:.0f} MiB)"


def _macs(rows: Sequence[Row]) -> Iterator[str]:
    cells = tuple(row for row in rows if isinstance(row, Cost))
    if not cells:
        return
    yield "\nthousand multiply-accumulates for a pixel, counted in the model"
    yield f"{'':<22} {'encode':>9} {'decode':>9}"
    for row in cells:
        sides = [f"{row.per_pixel / 1000:.3f}" if side in row.sides else "" for side in (ENCODER, DECODER)]
        fixed = f"  and {row.fixed:,.0f} for the picture" if abs(row.fixed) >= 1 else ""
        unknown = f"  NOT COUNTED: {', '.join(row.unknown)}" if row.unknown else ""
        yield f"{row.graph:<22} {sides[0]:>9} {sides[1]:>9}{fixed}{unknown}".rstrip()
    yield f"{'sum':<22} {total(cells, ENCODER) / 1000:>9.3f} {total(cells, DECODER) / 1000:>9.3f}"


def _entropy(rows: Sequence[Row]) -> Iterator[str]:
    cells = [row for row in rows if isinstance(row, Symbols)]
    yield "\nentropy coding alone, million symbols a second"
    yield f"{'':<22} {'of wall time':>24} {'of processor time':>24} {'bits/symbol':>12}"
    for row in cells:
        name = f"{row.mixture}, {row.side}"
        yield f"{name:<22} {_range(row.per_s):>24} {_range(row.per_processor_s):>24} {row.bits_per_symbol:>12.2f}"


_TABLES: dict[str, Callable[[Sequence[Row]], Iterator[str]]] = {
    "coding": _coding,
    "stages": _stages,
    "start": _start,
    "memory": _memory,
    "macs": _macs,
    "entropy": _entropy,
}


def _range(values: Spread) -> str:
    """The median and the quartiles, to three digits."""
    median, low, high = (_three(value) for value in (values.median, values.low, values.high))
    return f"{median} ({low}..{high})"


def _ratio(values: Spread) -> str:
    return _three(values.median)


def _three(value: float) -> str:
    digits = 3 if value < 1 else 2 if value < 10 else 1 if value < 100 else 0
    return f"{value:.{digits}f}"


def _count(threads: int) -> str:
    return f"{threads} thread{'s' if threads > 1 else ''}"
