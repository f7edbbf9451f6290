# SPDX-License-Identifier: Apache-2.0
"""Every exception a person can meet: what is wrong, and the remedy.

`str(error)` is always one line, "what is wrong; what to do": the command line and a notebook print the same.
Each class has a usual remedy; the place that raises gives a better one where it knows more:

    raise TruncatedFile("the file ends inside the header")
    raise LimitExceeded("the picture has 900 megapixels", "raise --max-pixels if you trust the file")

Trap: both texts go to `Exception.__init__` as plain arguments, so that errors survive pickling between
processes. A subclass that changes the constructor would break that.
"""

from __future__ import annotations

from typing import ClassVar

from mezzotint.one_line import one_line


class MezzotintError(Exception):
    """Base of everything that Mezzotint raises on purpose."""

    usual_remedy: ClassVar[str] = "please report this"

    def __init__(self, what: str, remedy: str | None = None) -> None:
        super().__init__(what, remedy)
        self.what = what
        self.remedy = self.usual_remedy if remedy is None else remedy

    def __str__(self) -> str:
        return one_line(f"{self.what}; {self.remedy}")  # whatever was put into it


# -- the file ---------------------------------------------------------------------------------------------


class NotMezzotint(MezzotintError):
    """Empty, or something else than a .mzt file."""

    usual_remedy = "give a file that Mezzotint has written"


class TruncatedFile(MezzotintError):
    """The file ends before it should."""

    usual_remedy = "copy or download the file again"


class DamagedFile(MezzotintError):
    """A checksum, a reserved bit or a field is wrong, or a coder was not empty at its end."""

    usual_remedy = "copy or download the file again, in binary mode, or try `mzt decode --salvage`"


class UnsupportedVersion(MezzotintError):
    """The file is of another format version."""

    usual_remedy = "install a release of Mezzotint that reads this version"


class UnsupportedMode(MezzotintError):
    """The file needs what this release lacks: a reserved mode or bit depth, a critical box."""

    usual_remedy = "install a newer release of Mezzotint"


class LimitExceeded(MezzotintError):
    """Well-formed, but larger than the reader was told to accept."""

    usual_remedy = "raise the limit if you trust the file"


# -- the model --------------------------------------------------------------------------------------------


class UnknownModel(MezzotintError):
    """No bundle with the model id of the file (or of the asked name) is at hand."""

    usual_remedy = "give its bundle with --model FILE or put it into the folder MZT_MODELS (see `mzt models`)"


class DamagedModel(MezzotintError):
    """A bundle that breaks the rules of a bundle."""

    usual_remedy = "fetch or export the bundle again"


class NonFinite(MezzotintError):
    """A network gave infinities or NaN."""

    usual_remedy = "try another model; if it is the default one, please report this with the picture"


# -- the caller -------------------------------------------------------------------------------------------


class BadImage(MezzotintError):
    """An array or image that cannot be encoded, or a picture file that cannot be read."""

    usual_remedy = (
        "give 8- or 16-bit pixels shaped (H, W), (H, W, 3) or (H, W, 4), or an image that Pillow opens"
    )


class UsageError(MezzotintError):
    """An argument out of its range, or arguments that contradict one another."""

    usual_remedy = "see `mzt --help`"


class OutputExists(MezzotintError):
    """The output is there already."""

    usual_remedy = "give another name, or --force to replace it"


class FileAccess(MezzotintError):
    """Missing file, unreadable folder, full disk: the system refused."""

    usual_remedy = "check the path, its permissions and the space on the disk"


class MissingExtra(MezzotintError):
    """A feature whose optional packages are not installed."""

    usual_remedy = "install the extra that it names, as in `pip install 'mezzotint[eval]'`"


class ConversionWarning(UserWarning):
    """The picture was converted to something that can be coded, and lost something on the way."""
