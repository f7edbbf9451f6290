# SPDX-License-Identifier: Apache-2.0
"""Mezzotint inside other people's libraries, one file each; the optional package is imported in that file only.

Takes: what the library hands over: a chunk of an array, a request to read or write.
Gives: what it expects back, through `mezzotint.encode` and `mezzotint.decode`.
May import: the library that the file is named after, `runtime`, `bitstream`, `errors`.
"""
