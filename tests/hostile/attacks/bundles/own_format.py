# SPDX-License-Identifier: Apache-2.0
"""A graph that is two: ONNX without a fault to a reader of protobuf, and to onnxruntime a model in its own format.

onnxruntime takes bytes whose fifth to eighth are "ORTM" for a FlatBuffer, whose first four say where its root is. In
protobuf they are the start of a name, so the root lies 65 MB into the file, in a comment. What the other model holds no
checker of ONNX has seen.
"""

from __future__ import annotations

import struct
from pathlib import Path

import onnx
import onnxruntime as ort
from onnx import helper

from attacks.bundles import wire
from attacks.bundles.drafts import draft

MARK = b"ORTM"
# ir_version = 8, and a producer of four letters; as a number a multiple of 8, which FlatBuffers want of their root.
START = wire.join([wire.Field(1, wire.VARINT, 8), wire.Field(2, wire.BYTES, MARK)])


def two_in_one(folder: Path) -> bytes:
    """`synthesis` of the tiny model for the checker; the same with an output `other` by chance for the runtime."""
    hidden = _in_own_format(folder)
    (old_root,) = struct.unpack_from("<I", hidden)
    (root,) = struct.unpack_from("<I", START)
    table, vtable = _root_table(hidden, old_root)
    body = (root + len(table) + 64) // 16 * 16  # where the hidden model goes, aligned as it was
    clean = START + wire.join(
        [field for field in wire.split(draft().blob("synthesis")) if field.number not in (1, 2)]
    )
    room = body + len(hidden) - len(clean)
    length = room - 1 - len(wire.varint(room - 6))
    made = bytearray(
        clean + wire.varint(6 << 3 | wire.BYTES) + wire.varint(length) + bytes(length)
    )  # a comment
    assert len(made) == body + len(hidden)
    struct.pack_into("<i", table, 0, root - (body + vtable))
    for field in _fields(hidden, vtable):
        (offset,) = struct.unpack_from("<I", hidden, old_root + field)
        struct.pack_into("<I", table, field, body + old_root + field + offset - (root + field))
    made[root : root + len(table)] = table
    made[body:] = hidden
    return bytes(made)


def _in_own_format(folder: Path) -> bytes:
    model = onnx.load_from_string(draft().blob("synthesis"))
    model.graph.node.append(helper.make_node("RandomNormalLike", ["y_hat"], ["other"]))
    model.graph.output.append(helper.make_tensor_value_info("other", 1, None))
    options = ort.SessionOptions()
    options.optimized_model_filepath = str(folder / "hidden.ort")
    options.add_session_config_entry("session.save_model_format", "ORT")
    options.graph_optimization_level = ort.GraphOptimizationLevel.ORT_DISABLE_ALL
    ort.InferenceSession(model.SerializeToString(), options, providers=["CPUExecutionProvider"])
    return (folder / "hidden.ort").read_bytes()


def _root_table(data: bytes, root: int) -> tuple[bytearray, int]:
    """Room for a table as long as the root's, and where its vtable is."""
    vtable = root - struct.unpack_from("<i", data, root)[0]
    return bytearray(struct.unpack_from("<H", data, vtable + 2)[0]), vtable


def _fields(data: bytes, vtable: int) -> list[int]:
    """Where in the root its fields are, which are offsets all."""
    count = struct.unpack_from("<H", data, vtable)[0] // 2 - 2
    return [place for place in struct.unpack_from(f"<{count}H", data, vtable + 4) if place]
