# SPDX-License-Identifier: Apache-2.0
"""Many files: every picture below a folder converted into the same place below another, until all is done.

Takes: an `Order` (from where, to where, how names change), and a `Converter`, which turns the bytes of one file into
those of another; what those bytes are is the converter's affair, so that pictures and codecs stay out of here.
Gives: the files, a journal beside them, and a `Summary`.
May import: `errors`, `one_line`. Processes are started anew (spawn), never forked: a fork inherits locks that nobody
opens again.

    walk      folder by folder, what lies below SRC
    names     what each output is called, however often the job was stopped before
    journal   what is done, in DST/.mezzotint-journal.jsonl
    plan      for each source: skip, adopt, check, convert or refuse
    make      one job: read, convert, write to a temporary file, read back, compare
    worker    one process that does such jobs; `local` holds as many as there are cores
    settle    takes what workers made into place; renames, writes the journal, deletes
    run       all of it

What must hold whenever the job dies, by any signal or power cut: no file under a final name is incomplete, nothing is
lost, nothing is done twice. The order of steps that gives this is in `settle.py`.
"""

from mezzotint.bulk.job import Converted, Converter
from mezzotint.bulk.run import Order, Watcher, run
from mezzotint.bulk.tally import Progress, Remark, Summary
from mezzotint.bulk.walk import Tree

__all__ = ["Converted", "Converter", "Order", "Progress", "Remark", "Summary", "Tree", "Watcher", "run"]
