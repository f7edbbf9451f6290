# SPDX-License-Identifier: Apache-2.0
"""Run one command and print "exit status, wall seconds, peak bytes of resident memory"; POSIX only.

    python -I -S launcher.py COMMAND ...

A process of its own, and run as a plain file so that it stays small: on Linux the peak of a command counts what the
process that started it held at that moment, and a bench holds pictures and models. Trap: so nothing may be imported
here that need not be, least of all numpy.
"""

import os
import sys
import time


def main(command: list[str]) -> None:
    quiet = [(os.POSIX_SPAWN_OPEN, 1, os.devnull, os.O_WRONLY, 0)]
    start = time.perf_counter()
    child = os.posix_spawnp(command[0], command, os.environ, file_actions=quiet)
    _, status, usage = os.wait4(child, 0)
    seconds = time.perf_counter() - start
    unit = 1 if sys.platform == "darwin" else 1024  # of ru_maxrss
    print(os.waitstatus_to_exitcode(status), seconds, usage.ru_maxrss * unit)


if __name__ == "__main__":
    main(sys.argv[1:])
