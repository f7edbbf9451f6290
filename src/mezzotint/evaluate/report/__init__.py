# SPDX-License-Identifier: Apache-2.0
"""Measurements -> comparisons: BD-rates of everything against everything, plots, tables, a page.

Takes: the rows of a sweep and what is known of their origin.
Gives: a `Report`, and the files that show it: the same bytes for the same rows.
May import: `evaluate.curves` and what stands below it. matplotlib and scipy (extra `eval`) are imported where used.
"""

from mezzotint.evaluate.report.assemble import assemble
from mezzotint.evaluate.report.contents import Report
from mezzotint.evaluate.report.origin import read
from mezzotint.evaluate.report.write import table, write

__all__ = ["Report", "assemble", "read", "table", "write"]
