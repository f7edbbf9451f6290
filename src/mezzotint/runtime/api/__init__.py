# SPDX-License-Identifier: Apache-2.0
"""What people call: `encode`, `decode` and `salvage`, one file each, so that decoding never imports the encoder.

Takes: arrays, Pillow images, bytes, and every option of the library.
Gives: bytes; arrays or Pillow images.
May import: everything in `runtime`.
"""
