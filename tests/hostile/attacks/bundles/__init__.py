# SPDX-License-Identifier: Apache-2.0
"""Row 17: bundles made by hand that must be refused, and mutated ones that must be refused or be whole models.

A trial is wrong where `load` raises anything but the error that a case expects, says something else, takes longer than
2 s or more memory than a small multiple of the file, or opens a file that a graph names. A mutated bundle may be
accepted: then it must keep every law, have the id that the document gives, and some of them run, in another process.
"""

from __future__ import annotations

import base64
import hashlib
import json
import tempfile
import warnings
from collections.abc import Callable
from functools import cache
from pathlib import Path
from statistics import median
from time import perf_counter

import numpy as np

from attacks import memory
from attacks.bits import part
from attacks.bundles import cases as bundle_cases
from attacks.bundles import external_cases, foreign_cases, law_cases, onnx_cases, used_cases
from attacks.bundles.child import REFUSED, WRONG, Child
from attacks.bundles.drafts import Hostile, sound
from attacks.bundles.mutations import mutations
from attacks.bundles.watch import watched
from attacks.trial import SHOWN, SLOWEST, Outcome, nothing
from mezzotint.bundle import Bundle, dump, load
from mezzotint.bundle.laws import check
from mezzotint.errors import DamagedModel, MezzotintError

HAND_MADE = 817
MUTATED = 10_000
WHOLE = HAND_MADE + MUTATED
RUN_EVERY = 4  # of the mutated bundles that are accepted
MOST, TIMES = 32_000_000, 8  # bytes that loading may take, and how often the file itself
LONGEST = 400  # characters of an error


def attack(count: int, seed: int, tick: Callable[[], object] = nothing) -> Outcome:
    """All that are made by hand and `MUTATED` more; of a smaller `count`, each kind is half."""
    rng = np.random.default_rng(seed)
    by_hand = max(count - MUTATED, count // 2)
    with tempfile.TemporaryDirectory() as folder, Child() as child:
        external_cases.world(Path(folder))
        trials = _Trials(child, tick)
        with watched(Path(folder)) as opened:
            for case in part(hand_made(Path(folder)), by_hand, rng):
                trials.hostile(case)
            for what, data, kind in mutations(count - trials.tried, rng):
                trials.mutated(what, data, kind)
    for name in opened:
        trials.fault("weights outside", b"", f"{name} was opened")
    return trials.outcome()


@cache
def _origin(kind: str) -> Bundle:
    return load(sound(kind))


def hand_made(folder: Path) -> list[Hostile]:
    """Every case; `folder` holds what `external_cases.world` made."""
    modules = bundle_cases, law_cases, foreign_cases, onnx_cases, used_cases
    return [*(case for module in modules for case in module.cases()), *external_cases.cases(folder)]


class _Trials:
    """Counts what comes of each bundle."""

    def __init__(self, child: Child, tick: Callable[[], object]) -> None:
        self._child, self._tick = child, tick
        self._times: list[float] = []
        self._peaks: list[int] = []
        self._faults: list[str] = []
        self._refused = self._wrong = self._accepted = 0

    @property
    def tried(self) -> int:
        return len(self._times)

    def hostile(self, case: Hostile) -> None:
        """It must be refused, by `load` or where it is used, with this error and this text."""
        error, fault = self._load(case.data)[1:]
        if not fault and case.used:
            fault = str(error) if error else self._used(case)
        elif not fault:
            fault = expected(case, error)
        self._count(case.what, case.data, fault, refused=not fault)

    def mutated(self, what: str, data: bytes, kind: str) -> None:
        bundle, error, fault = self._load(data)
        if error is not None and not fault:
            fault = "" if isinstance(error, DamagedModel) else f"{type(error).__name__}: {error}"
        if bundle is not None and not fault:
            fault = broken(bundle, _origin(kind))
            if not fault and self._accepted % RUN_EVERY == 0:
                fault = "; ".join(step.why for step in self._child.run(data) if step.outcome == WRONG)
            self._accepted += 1
        self._count(what, data, fault, refused=bundle is None and not fault)

    def fault(self, what: str, data: bytes, fault: str) -> None:
        self._wrong += 1
        if len(self._faults) < SHOWN:
            self._faults.append(f"{what}: {fault}; {base64.b64encode(data[:6000]).decode()}")

    def outcome(self) -> Outcome:
        peak = max(self._peaks) if self._peaks else None
        slowest, middle = max(self._times), median(self._times)
        return Outcome(self.tried, self._refused, self._wrong, slowest, peak, middle, tuple(self._faults))

    def _load(self, data: bytes) -> tuple[Bundle | None, MezzotintError | None, str]:
        """What came of loading: a bundle, an error of ours, or what is wrong."""
        bundle, error, fault = None, None, ""
        before = memory.begin()
        start = perf_counter()
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("error")
                bundle = load(data)
        except MezzotintError as found:
            error = found
        except KeyboardInterrupt:
            raise
        except BaseException as found:
            fault = f"{type(found).__name__}: {found}"
        self._times.append(perf_counter() - start)
        peak = memory.rise(before)
        if peak is not None:
            self._peaks.append(peak)
        if not fault and self._times[-1] > SLOWEST:
            fault = f"took {self._times[-1]:.2f} s"
        if not fault and (peak or 0) > MOST + TIMES * len(data):
            fault = f"took {peak} bytes, of a file of {len(data)}"
        if not fault and error is not None and (len(str(error)) > LONGEST or not str(error).isprintable()):
            fault = f"an error of {len(str(error))} characters: {str(error)[:LONGEST]!a}"
        return bundle, error, fault

    def _used(self, case: Hostile) -> str:
        steps = self._child.run(case.data)
        wrong = [step.why for step in steps if step.outcome == WRONG]
        if wrong:
            return "; ".join(wrong)
        refusals = [step.why for step in steps if step.outcome == REFUSED]
        name = "" if case.error is MezzotintError else f"{case.error.__name__}: "
        if any(why.startswith(name) and case.message in why for why in refusals):
            return ""
        return f"{refusals} instead of {name}{case.message}"

    def _count(self, what: str, data: bytes, fault: str, refused: bool) -> None:
        self._refused += refused
        if fault:
            self.fault(what, data, fault)
        self._tick()


def expected(case: Hostile, error: MezzotintError | None) -> str:
    """What is wrong with this end of a case that `load` must refuse, or ""."""
    if error is None:
        return "was accepted"
    if type(error) is not case.error or case.message not in str(error):
        return f"{type(error).__name__}: {error}, instead of {case.error.__name__}: {case.message}"
    return ""


def broken(bundle: Bundle, origin: Bundle) -> str:
    """What is wrong with a mutated bundle that was accepted, or "".

    Its id is worked out from its bytes, and is that of the bundle it was made of exactly where the decoder's side is.
    """
    try:
        check(bundle)
    except MezzotintError as error:
        return f"accepted, and breaks a law: {error}"
    data = dump(bundle)
    if bundle.model_id != identity(data):
        return f"its id is {bundle.model_id.hex()} instead of {identity(data).hex()}"
    if dump(load(data)) != data:
        return "it does not come back as it was written"
    if (bundle.model_id == origin.model_id) != (_decoders(bundle) == _decoders(origin)):
        return "the same id for another decoder, or another id for the same"
    return ""


def identity(data: bytes) -> bytes:
    """The model id from the bytes of a bundle, as docs/format.md section 6.2 has it."""
    length = int.from_bytes(data[8:12], "little")
    header, place = json.loads(data[12 : 12 + length]), 12 + length
    entries = []
    for blob in header["blobs"]:
        content = data[place + blob["offset"] :][: blob["length"]]
        digest = hashlib.sha256(content).hexdigest()
        if blob["side"] == "decoder":
            entries.append([blob["name"], blob["kind"], blob["dtype"], blob["shape"], len(content), digest])
    channels = [header["latent_channels"], header["latent_groups"], header["hyper_channels"]]
    numbers = [header["synthesis_halo"], header["anchors"], header["z_banks"]]
    text = json.dumps(["mezzotint model 1", channels, numbers, sorted(entries)], separators=(",", ":"))
    return hashlib.sha256(text.encode("ascii")).digest()[:8]


def _decoders(bundle: Bundle) -> tuple[object, ...]:
    """What every file of a model depends on."""
    card = bundle.card
    blobs = {
        blob.entry.name: (blob.entry, blob.data) for blob in bundle.blobs if blob.entry.side == "decoder"
    }
    numbers = card.latent_channels, card.latent_groups, card.hyper_channels, card.synthesis_halo
    return *numbers, card.anchors, card.z_banks, blobs
