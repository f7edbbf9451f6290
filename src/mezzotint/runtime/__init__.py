# SPDX-License-Identifier: Apache-2.0
"""Pixels to coded picture and back.

Takes: a uint8 array or a Pillow image, a quality, a model; or the bytes of a file.
Gives: the bytes of a file; or an array or a Pillow image.
May import: `bundle`, `bitstream`, `entropy`, `intnet`, `errors`, `one_line`; inside, `encode` and `decode` share
`latents`, which stands on `tiles`, `backends` and `pictures`, and never import each other.
"""
