# SPDX-License-Identifier: Apache-2.0
"""What all fuzz targets share: the command line, the instrumented import, and the measuring of every run.

    python fuzz/fuzz_header.py --seconds 60     fuzz it; needs Atheris
    python fuzz/fuzz_header.py FILE ...         run these inputs through it, as to reproduce a crash; needs nothing

libFuzzer runs in a process of its own, `--inside` (inside.py), that another one starts and reads (outside.py). Trap:
the package must be imported within `instrumented`, or nothing of it is watched for coverage.
"""

from __future__ import annotations

import argparse
import random
import sys
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from time import process_time

Mutate = Callable[[bytes, int], bytes]  # (input, most bytes) -> another one, libFuzzer's own way

HERE = Path(__file__).resolve().parent
INSIDE = "--inside"
MISSING = (
    "Atheris is not installed, and fuzzing needs it; run `make fuzz` (Linux, Python 3.11 or later), "
    "or .venv/bin/pip install -c constraints.txt 'atheris>=3.0'"
)


class Broken(AssertionError):
    """A law of a target does not hold: what a fuzzer looks for."""


@dataclass(frozen=True)
class Target:
    """`run` gives in a word what came of an input; Broken, or any other exception, is a finding."""

    name: str
    run: Callable[[bytes], str]
    mutate: Callable[[bytes, int, random.Random, Mutate], bytes]  # (input, most bytes, ...) -> another one
    longest: int  # bytes of an input
    seconds: float  # of processor time that an input may take

    @property
    def corpus(self) -> Path:
        return HERE / "corpus" / self.name


@contextmanager
def instrumented() -> Iterator[None]:
    """Imports of the package within are watched for coverage, if this is the process of the fuzzer."""
    if INSIDE not in sys.argv:
        yield
        return
    import atheris

    with atheris.instrument_imports(include=["mezzotint"]):
        yield


def need(holds: object, what: str) -> None:
    if not holds:
        raise Broken(what)


def attempt(target: Target, data: bytes) -> tuple[str, float]:
    """What came of an input, and its seconds of processor time; a warning that nobody expects is a finding."""
    start = process_time()
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        word = target.run(data)
    return word, process_time() - start


def main(target: Target) -> int:
    if INSIDE in sys.argv:
        import inside

        return inside.fuzz(target)
    options = _options(target)
    if options.files:
        return _reproduce(target, options.files)
    if find_spec("atheris") is None:
        print(MISSING, file=sys.stderr)
        return 2
    import outside

    return outside.renew(target, Path(options.renew)) if options.renew else outside.fuzz(target, options)


def _options(target: Target) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=f"Fuzz {target.name}, or run given inputs once.")
    parser.add_argument("files", nargs="*", metavar="FILE", help="inputs to run once instead")
    parser.add_argument("--seconds", type=int, default=60, help="how long to fuzz (60)")
    parser.add_argument(
        "--seed", type=int, default=0, help="of the random choices; 0 for another one each time"
    )
    parser.add_argument(
        "--grow", metavar="DIR", help="keep new inputs there, and begin with those that are there"
    )
    parser.add_argument(
        "--renew", metavar="DIR", help="take what is new in DIR into the corpus, which is kept small"
    )
    parser.add_argument(
        "--findings", metavar="DIR", default=HERE / "findings", help="where inputs that break a law go"
    )
    parser.add_argument("--json", metavar="FILE", help="put the figures there, beside those of earlier runs")
    parser.add_argument("--quiet", action="store_true", help="print the figures alone")
    return parser.parse_args()


# -- one input --------------------------------------------------------------------------------------------


def _reproduce(target: Target, files: list[str]) -> int:
    """Each input once, with whatever it raises shown in full; 1 where one is wrong."""
    for name in files:
        word, seconds = attempt(target, Path(name).read_bytes())
        print(f"{name}: {word}, {seconds * 1000:.1f} ms")
        if seconds > target.seconds:
            print(f"{name}: over the {target.seconds} s that an input may take", file=sys.stderr)
            return 1
    return 0
