# SPDX-License-Identifier: Apache-2.0
"""What everything that works with several processes needs: a folder of one's own, and workers that start in order.

Takes: the path of a lock file; nothing.
Gives: context managers.
May import: `errors`, and nothing outside the standard library.
"""

from mezzotint.processes.inherit import inherited
from mezzotint.processes.lock import locked

__all__ = ["inherited", "locked"]
