# SPDX-License-Identifier: Apache-2.0
"""How fast, how large and how costly: what `mzt bench` measures.

Takes: a `Plan`: a folder of photos, codecs, thread counts, a model.
Gives: rows as they are found, frozen dataclasses, one kind for each part; as JSON (document.py) or text (tables.py).
May import: `codecs`, `images`, `failures` and `machine` of this package, `runtime` and below. onnx (extra `eval`) is
imported in macs.py alone.

Speeds are measured in processes of their own on as many processors as threads, rivals in turns with us; memory and cold
start on whole commands.
"""
