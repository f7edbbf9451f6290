# SPDX-License-Identifier: Apache-2.0
"""The pictures of a report.

Takes: the contents of a report.
Gives: SVG and PNG files as bytes, the same bytes for the same contents and the same matplotlib.
May import: `report.contents` and what it is made of. matplotlib (extra `eval`) is imported in canvas.py alone.
"""
