# SPDX-License-Identifier: Apache-2.0
"""Bundles whose bytes or whose header is wrong, by hand; the blobs and their hashes are right.

Each breaks one rule of docs/format.md section 6.1, so that the message must be that of this rule.
"""

from __future__ import annotations

import json
import struct
from collections.abc import Callable, Iterator
from typing import Any

from attacks.bundles.drafts import KINDS, MAGIC, Draft, Hostile, draft, sound, wrapped

CUT = "its header is too long or cut off"
JSON = "its header is not valid JSON"
BYTES = "bytes instead of"


def cases() -> Iterator[Hostile]:
    yield from outside()
    yield from lengths()
    yield from texts()
    yield from card_values()
    yield from card_types()
    yield from records()
    yield from record_types()
    yield from sets_of_blobs()


def outside() -> Iterator[Hostile]:
    """Magic, version, and what is in front of the header or behind the last blob."""
    data, no = sound(), "it is not a Mezzotint model"
    for name, made in (
        ("nothing", b""),
        ("one byte", MAGIC[:1]),
        ("half a magic", MAGIC[:2]),
        ("the magic alone", MAGIC),
        ("eleven bytes", data[:11]),
        ("the magic of pictures", b"\x8dMZ\n" + data[4:]),
        ("a space in front", b" " + data),
        ("its bytes in pairs turned round", bytes(data[i ^ 1] for i in range(len(data) & ~1))),
        ("a magic in lower case", b"\x8dmzm" + data[4:]),
    ):
        yield Hostile(name, made, no)
    for version in (0, 2, 256, 2**31, 2**32 - 1):
        made = data[:4] + struct.pack("<I", version) + data[8:]
        yield Hostile(f"version {version}", made, f"its format version is {version}")
    for name, made in (
        ("a byte behind", data + b"\0"),
        ("a megabyte behind", data + bytes(2**20)),
        ("itself behind", data + data),
        ("a ZIP archive behind", data + b"PK\x05\x06" + bytes(18)),
        ("the last byte is missing", data[:-1]),
        ("the last blob is missing", data[: -len(draft().blobs[-1])]),
        ("half of it", data[: len(data) // 2]),
        ("no blobs", data[: len(data) - sum(map(len, draft().blobs))]),
    ):
        yield Hostile(name, made, BYTES)


def lengths() -> Iterator[Hostile]:
    """What is said of the length of the header."""
    made = draft()
    text, blobs = _text(made), b"".join(made.blobs)
    for length in (2**32 - 1, 2**31, 2**31 - 1, 2**20 + 1, len(text) + len(blobs) + 1):
        yield Hostile(f"a header of {length} bytes", wrapped(text, blobs, length=length), CUT)
    yield Hostile("a header of 2^63 bytes, in 8", MAGIC + struct.pack("<IQ", 1, 2**63) + text + blobs, JSON)
    padded = text + b" " * (2**20 + 1 - len(text))
    yield Hostile("a header that is a byte too long", wrapped(padded, blobs), CUT)
    for length in (0, 1, len(text) - 1, len(text) + 1, len(text) + len(blobs)):
        yield Hostile(f"{length} instead of {len(text)} bytes", wrapped(text, blobs, length=length), JSON)
    for gap in (1, 8):
        yield Hostile(f"a gap of {gap} behind the header", wrapped(text, bytes(gap) + blobs), BYTES)


def texts() -> Iterator[Hostile]:
    """Headers that are no JSON, or no JSON for us."""
    made = draft()
    text, blobs = _text(made).decode(), b"".join(made.blobs)
    inside = text[:-1]
    for name, changed in (
        ("a byte order mark", "\ufeff" + text),
        ("a comment", "/* so */" + text),
        ("a comma at the end", inside + ",}"),
        ("single quotes", text.replace('"', "'")),
        ("two objects", text + text),
        ("zeros behind", text + "\0\0\0"),
        ("a raw line in a string", text.replace("tiny", "ti\nny", 1)),
        ("nothing but a brace", "{"),
        ("ten thousand brackets", "[" * 10_000),
        ("a million brackets", "[" * 1_000_000),
        ("deep lists in about", inside + ',"about":' + "[" * 200_000 + "]" * 200_000 + "}"),
        ("deep objects in about", inside + ',"about":' + '{"a":' * 100_000 + "1" + "}" * 100_000 + "}"),
        ("NaN", text.replace('"anchors":3', '"anchors":NaN')),
        ("Infinity", text.replace('"anchors":3', '"anchors":Infinity')),
        ("-Infinity", text.replace('"anchors":3', '"anchors":-Infinity')),
        ("a real number", text.replace('"anchors":3', '"anchors":3.0')),
        ("1e999", text.replace('"anchors":3', '"anchors":1e999')),
        ("5,000 digits", text.replace('"anchors":3', '"anchors":' + "3" * 5_000)),
        ("900,000 digits", text.replace('"anchors":3', '"anchors":' + "3" * 900_000)),
        ("a number with 21 digits", text.replace('"anchors":3', '"anchors":' + "3" * 21)),
        ("a key twice", '{"name":"other",' + text[1:]),
        ("blobs twice", inside + ',"blobs":[]}'),
        ("a key of a blob twice", text.replace('"kind":', '"kind":"array","kind":', 1)),
        ("a key twice, once by escapes", '{"n\\u0061me":"other",' + text[1:]),
    ):
        assert changed != text, name
        yield Hostile(name, wrapped(changed.encode(), blobs), JSON)
    for name, raw in (
        ("UTF-16", text.encode("utf-16")),
        ("Latin-1", text.replace("tiny", "tiné").encode("latin-1")),
        ("half a character in UTF-8", text.replace("tiny", "ti\ud800ny").encode("utf-8", "surrogatepass")),
        ("an overlong slash", text.encode().replace(b"tiny", b"\xc0\xafny")),
    ):
        yield Hostile(name, wrapped(raw, blobs), JSON)
    for name, changed in (
        ("a list", "[]"),
        ("null", "null"),
        ("a word", '"x"'),
        ("a number", "7"),
        ("true", "true"),
    ):
        yield Hostile(
            f"{name} for a header", wrapped(changed.encode(), b""), "its header is not a JSON object"
        )
    half = "holds half a character"
    yield Hostile(
        "half a character in about", wrapped(text.replace("A *", "\\ud800 *").encode(), blobs), half
    )
    yield Hostile("half a character in name", wrapped(text.replace("tiny", "\\udfff").encode(), blobs), half)
    yield Hostile(
        "the other half first", wrapped(text.replace("tiny", "\\udc00\\ud800").encode(), blobs), half
    )
    yield Hostile("half a character in a blob's name", _record("name", "\ud800", packer=_escaped), half)
    many = json.dumps({"blobs": [{}] * 200_000}).encode()
    yield Hostile("200,000 empty blobs", wrapped(many, b""), "is missing")
    yield Hostile(
        "200,000 keys", wrapped(json.dumps({str(i): 0 for i in range(75_000)}).encode(), b""), "is unknown"
    )


def card_values() -> Iterator[Hostile]:
    """Numbers and words of the header, beyond what is allowed."""
    bounds = {
        "latent_channels": (1, 1024),
        "hyper_channels": (1, 1024),
        "analysis_halo": (0, 1024),
        "synthesis_halo": (0, 64),
        "anchors": (2, 64),
        "z_banks": (1, 256),
    }
    for key, (least, most) in bounds.items():
        for value in (least - 1, most + 1, -(2**63), 2**63, 10**19):
            yield Hostile(f"{key} {value}", _top(key, value), f"{key} is {value}, outside {least}..{most}")
    yield Hostile("M of other groups", _top("latent_channels", 9), "do not add up")
    yield Hostile("another Cz", _top("hyper_channels", 5), "is declared wrongly")
    yield Hostile("another A", _top("anchors", 4), "is declared wrongly")
    yield Hostile("another B", _top("z_banks", 3), "is declared wrongly")
    for halo in (1, 63, 65):
        yield Hostile(f"analysis_halo {halo}", _top("analysis_halo", halo), "is not a multiple of 64")
    for name, groups in (
        ("no groups", []),
        ("an empty group", [8, 0]),
        ("a negative group", [9, -1]),
        ("groups that would wrap round", [2**63 + 3, 5 - 2**63]),
        ("fifteen groups", [1] * 15),
        ("300,000 groups", [0] * 300_000),
        ("groups that lack a channel", [3, 4]),
    ):
        yield Hostile(name, _top("latent_groups", groups), "do not add up")
    for name in ("", "x" * 101, "two\nlines", "\x1b[31mred", "a\0b", "\u202egnp.exe", "\u200b"):
        yield Hostile(
            f"the name {name[:9]!a}", _top("name", name), "its name is empty, too long or not printable"
        )
    yield Hostile("format 0", _top("format", 0), "its header has another format")
    yield Hostile("format 2", _top("format", 2), "its header has another format")


def card_types() -> Iterator[Hostile]:
    """Every key of the header with a value of another type, without it, and a key too many."""
    strange: tuple[Any, ...] = (None, True, [], {}, "3")
    for key, value in draft().header.items():
        if key != "blobs":
            for other in strange:
                if type(other) is type(value) and not (key == "format" and other is True):
                    continue
                message = "another format" if key == "format" else f"{key} in its header is not of type"
                yield Hostile(f"{key} {other!r}", _top(key, other), message)
        made = draft()
        del made.header[key]
        yield Hostile(f"without {key}", made.packed(), f"the key {key!r} of its header is missing")
    for key in ("extra", "", "__class__", "Name", "name ", "x" * 1000, "\0"):
        yield Hostile(f"the key {key[:9]!r}", _top(key, 1), f"the key {key[:40]!r} of its header is unknown")
    for groups in ([3, "5"], [3, None], [True, 7], [[3, 5]]):
        yield Hostile(
            f"groups {groups}", _top("latent_groups", groups), "latent_groups in its header is not of type"
        )
    wrong = "its list of blobs is wrong"
    for value in (None, {}, "blobs", 14, [1], [None], [[]], [*draft().header["blobs"], 0]):
        yield Hostile(f"blobs {str(value)[:20]}", _top("blobs", value), wrong)
    yield Hostile("257 blobs", _top("blobs", [{}] * 257), wrong)


def records() -> Iterator[Hostile]:
    """What the header says of one blob, beyond what is true."""
    gap = "does not follow the one before it"
    for offset in (1, -1, 8, 2**31, 2**32, 2**63, -(2**63)):
        yield Hostile(f"the first blob at {offset}", _record("offset", offset), gap)
    second = draft().header["blobs"][1]
    for name, offset in (
        ("overlaps", 0),
        ("overlaps by one", second["offset"] - 1),
        ("a hole", second["offset"] + 1),
    ):
        yield Hostile(f"the second blob: {name}", _record("offset", offset, place=1), gap)
    made = draft()
    first, other = made.header["blobs"][:2]
    first["offset"], other["offset"] = other["offset"], first["offset"]
    yield Hostile("two offsets exchanged", made.packed(), gap)
    for length in (0, -1, 2**30 + 1, 2**32, 2**63, 2**64 - 1):
        yield Hostile(f"a blob of {length} bytes", _record("length", length), "has an impossible length")
    yield Hostile("lengths that agree with offsets, and end outside", _stretched(2**29), BYTES)
    yield Hostile("a length that is one too long", _record("length", len(made.blobs[0]) + 1), gap)
    yield Hostile("a length that is one too short", _record("length", len(made.blobs[0]) - 1), gap)
    for name, text in (
        ("zeros", "0" * 64),
        ("capitals", first["sha256"].upper()),
        ("nothing", ""),
        ("63 digits", first["sha256"][:63]),
        ("spaces round it", f" {first['sha256']} "),
        ("that of the next blob", other["sha256"]),
    ):
        yield Hostile(f"SHA-256: {name}", _record("sha256", text), "has changed (its SHA-256 differs)")
    wrong = "is declared wrongly"
    for key, values in {
        "kind": ("pickle", "array", "ONNX", ""),
        "side": ("decoder", "optional", "both", ""),
        "dtype": ("float32", "object"),
        "shape": ([1], [0]),
    }.items():
        for value in values:
            yield Hostile(f"a graph of {key} {value!r}", _record(key, value), wrong)
    for key, values in {
        "kind": ("pickle", "onnx", "npy", ""),
        "side": ("encoder", "optional", ""),
        "dtype": ("float64", "int64", "uint8", "object", "|O", "<f8", "bool", "float32x", ""),
        "shape": (
            [], [512], [128, 4, 1], [4, 128], [127, 4], [129, 4], [-128, -4], [0, 4], [2**63, 4], [2**32, 2**32],
            [2**64, 2**64], [128] * 1000,
        ),
    }.items():  # fmt: skip
        for value in values:
            yield Hostile(f"scale.weight of {key} {str(value)[:30]}", _of("scale.weight", key, value), wrong)
    for shape in ([3668], [3670], [2**22 + 1], [2**62], [1, 3669]):
        message = "bytes instead of" if len(shape) == 1 and shape[0] < 2**22 else wrong
        yield Hostile(f"y.frequencies of {shape}", _of("y.frequencies", "shape", shape), message)
    for shape in ([3, 2**62], [3, 0], [3, -8], [2, 8], [3, 7], [3]):
        message = "bytes instead of" if shape == [3, 7] else wrong
        yield Hostile(f"vector.step of {shape}", _of("vector.step", "shape", shape), message)
    for name in ("../synthesis", "/etc/passwd", "", "synthesis\0", "vector.Step", "vector.", "vector." + "a" * 42,
                 "vector.__class__", "__reduce__", "a" * 100_000, "archive/data.pkl"):  # fmt: skip
        yield Hostile(f"a blob named {name[:18]!r}", _of("vector.step", "name", name), "is unknown")


def record_types() -> Iterator[Hostile]:
    """Every key of a blob's record with a value of another type, without it, and a key too many."""
    for key, value in draft().header["blobs"][0].items():
        strange: tuple[Any, ...] = (None, True, "3", 3, [], {})
        for other in strange:
            if type(other) is not type(value):
                message = f"{key} in its header is not of type"
                yield Hostile(f"{key} {other!r} of a blob", _record(key, other), message)
        made = draft()
        del made.header["blobs"][0][key]
        yield Hostile(
            f"a blob without {key}", made.packed(), f"the key {key!r} of its list of blobs is missing"
        )
    mixed: tuple[list[Any], ...] = (["1"], [None], [True, 4], [[]], [128, {}])
    for sides in mixed:
        changed = _of("scale.weight", "shape", sides)
        yield Hostile(f"a shape of {sides}", changed, "shape in its header is not of type")
    for key in ("extra", "location", "external_data", "__reduce__"):
        yield Hostile(
            f"{key} in a blob", _record(key, "x"), f"the key {key!r} of its list of blobs is unknown"
        )


def sets_of_blobs() -> Iterator[Hostile]:
    """Blobs missing, twice, or with another's content."""
    for name in [
        record["name"] for record in draft().header["blobs"] if not record["name"].startswith("vector")
    ]:
        made = draft()
        place = made.place(name)
        del made.header["blobs"][place], made.blobs[place]
        yield Hostile(f"without {name}", made.settle().packed(), f"the blob {name!r} is missing")
    for kind in KINDS[1:3]:
        for name in ("synthesis", "scale.weight", "preview", "scale.inner"):
            made = draft(kind)
            if name in [record["name"] for record in made.header["blobs"]]:
                made.header["blobs"].append(dict(made.record(name)))
                made.blobs.append(made.blob(name))
                yield Hostile(
                    f"{name} twice ({kind})", made.settle().packed(), f"the blob {name!r} occurs twice"
                )
    for name in ("scale.inner", "scale.outer"):
        made = draft("context")
        place = made.place(name)
        del made.header["blobs"][place], made.blobs[place]
        yield Hostile(f"a context without {name}", made.settle().packed(), f"the blob {name!r} is missing")
    yield Hostile(
        "another's blob",
        draft().put("analysis", draft().blob("synthesis")).packed(),
        "wrong inputs or outputs",
    )
    made = draft()
    made.blobs[0], made.blobs[1] = made.blobs[1], made.blobs[0]
    yield Hostile("two blobs exchanged", made.packed(), "has changed (its SHA-256 differs)")
    made = draft("preview")
    made.record("preview")["side"] = "decoder"
    yield Hostile("a preview of the decoder's side", made.packed(), "the graph 'preview' is declared wrongly")


# -- how they are made ------------------------------------------------------------------------------------


def _text(made: Draft) -> bytes:
    return json.dumps(made.header, ensure_ascii=False, separators=(",", ":")).encode()


def _top(key: str, value: Any) -> bytes:
    made = draft()
    made.header[key] = value
    return made.packed()


def _record(key: str, value: Any, place: int = 0, packer: Callable[[Draft], bytes] = Draft.packed) -> bytes:
    made = draft()
    made.header["blobs"][place][key] = value
    return packer(made)


def _of(name: str, key: str, value: Any) -> bytes:
    made = draft()
    made.record(name)[key] = value
    return made.packed()


def _escaped(made: Draft) -> bytes:
    return wrapped(json.dumps(made.header).encode(), b"".join(made.blobs))


def _stretched(length: int) -> bytes:
    """The last blob longer than the file, which breaks no rule of its own."""
    made = draft()
    made.header["blobs"][-1]["length"] = length
    return made.packed()
