# SPDX-License-Identifier: Apache-2.0
"""What `mzt batch` does to one file: the bytes of a picture to those of a .mzt file, or back, and whether they match.

Both are pickled to worker processes and load numpy, Pillow and the model there, once each.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass, fields
from typing import TYPE_CHECKING, Any

from mezzotint.bitstream import Limits, Mode, read_header, read_length
from mezzotint.bulk import Converted
from mezzotint.cli import files
from mezzotint.errors import UsageError

if TYPE_CHECKING:
    from mezzotint.runtime.pictures import Picture

_FILE = "the file"  # the name of the file stands before the line


@dataclass(frozen=True)
class EncodeOptions:
    """Arguments of `mezzotint.encode`, by its own names; a new one is one line here."""

    quality: float = 75
    lossless: bool = False
    max_error: int = 0
    target_bytes: int | None = None
    target_bpp: float | None = None
    target_psnr: float | None = None
    target_ssim: float | None = None
    effort: int = 0
    strip: tuple[str, ...] = ()
    model: str | None = None

    def arguments(self) -> dict[str, Any]:
        """Those that were given."""
        return {key: value for key, value in asdict(self).items() if value != _DEFAULTS[key]}

    def check(self) -> None:
        """UsageError where they contradict one another."""
        from mezzotint.runtime.choice import chosen

        kinds = ("bytes", "bpp", "psnr", "ssim")
        targets = {kind: getattr(self, f"target_{kind}") for kind in kinds}
        chosen(self.quality, self.lossless, self.max_error, targets)
        if self.effort and (self.lossless or self.max_error):
            raise UsageError("--effort is for lossy coding", "leave it out")


_DEFAULTS = {field.name: field.default for field in fields(EncodeOptions)}


@dataclass(frozen=True)
class Encoder:
    """Picture files to .mzt files."""

    options: EncodeOptions
    limits: Limits

    def key(self) -> str:
        """A hash of all that shapes a file; options at their defaults do not count, so that new ones change nothing."""
        return _key("encode", self.options.arguments())

    def open(self) -> None:
        if not self.options.lossless and not self.options.max_error:
            _warm(self.options.model)
        if self.options.effort:
            from mezzotint.runtime.effort import refiner

            refiner(self.options.effort)

    def length(self, first: bytes) -> None:
        """Pillow looks at a picture's own header, and needs the file for it."""

    def convert(self, data: bytes) -> Converted:
        import mezzotint
        from mezzotint.cli import pictures

        arguments = self.options.arguments()
        picture = pictures.load_picture(data, _FILE, self.limits, arguments.pop("strip", ()))
        coded = mezzotint.encode(picture, threads=1, limits=self.limits, **arguments)
        return Converted(coded, picture.width * picture.height)

    def compare(self, source: bytes, written: bytes) -> str:
        import mezzotint
        from mezzotint.cli import matching, pictures

        if lost := matching.beyond(source):
            return lost
        picture = pictures.load_picture(source, _FILE, self.limits)  # with what was stripped
        model = self.options.model
        again = mezzotint.decode(written, as_="picture", threads=1, limits=self.limits, model=model)
        header = read_header(written, self.limits)
        return matching.after_coding(picture, again, None if header.mode is Mode.LOSSY else header.quality)


@dataclass(frozen=True)
class Decoder:
    """.mzt files to picture files."""

    form: str  # the name of the format, as pictures.form_of gives it
    model: str | None
    limits: Limits

    def key(self) -> str:
        """A hash of all that shapes a file."""
        return _key("decode", {"form": self.form, "model": self.model})

    def open(self) -> None:
        if self.model is not None:
            _warm(self.model)

    def length(self, first: bytes) -> int:
        return read_length(first, self.limits)

    def convert(self, data: bytes) -> Converted:
        from mezzotint.cli import pictures

        picture = self._decoded(data)
        return Converted(pictures.dump(picture, self.form), picture.width * picture.height)

    def compare(self, source: bytes, written: bytes) -> str:
        from mezzotint.cli import matching, pictures

        back = pictures.load_picture(written, _FILE, self.limits)
        return matching.in_format(self._decoded(source), back, self.form)

    def _decoded(self, data: bytes) -> Picture:
        import mezzotint

        return mezzotint.decode(data, as_="picture", threads=1, limits=self.limits, model=self.model)


def _key(direction: str, arguments: dict[str, Any]) -> str:
    """Of a model the content counts, wherever its file lies."""
    if model := arguments.get("model"):
        arguments = {**arguments, "model": hashlib.sha256(files.read(model)).hexdigest()}
    text = json.dumps([direction, arguments], sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def _warm(model: str | None) -> None:
    """Load a model now: if it is damaged, that is said once and not of every file."""
    from mezzotint import bundle
    from mezzotint.runtime.latents import open_model

    open_model(bundle.resolve(model), threads=1)
