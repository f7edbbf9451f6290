# SPDX-License-Identifier: Apache-2.0
"""A forked child codes and ends, whatever its parent had used, and whatever other threads of it were doing."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from mezzotint.bundle import Bundle, save

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork here")

# Children end by sys.exit: what is torn down then is what used to wait for threads that a child does not have.
PROGRAM = """
import os, signal, sys, threading, time
import numpy as np, mezzotint

path, busy = sys.argv[1], sys.argv[2] == "busy"
picture = np.arange(90 * 70 * 3, dtype=np.uint32).reshape(90, 70, 3).astype(np.uint8)
def there_and_back():
    files = [mezzotint.encode(picture, model=path, threads=2), mezzotint.encode(picture, lossless=True)]
    return files, [mezzotint.decode(file, model=path, threads=2).tobytes() for file in files]
wanted = there_and_back()
going = busy
def work():
    while going:
        there_and_back()
threads = [threading.Thread(target=work) for _ in range(3 * busy)]
for thread in threads:
    thread.start()
bad = 0
for _ in range(4):
    child = os.fork()
    if not child:
        signal.alarm(60)  # kills whom nothing wakes
        sys.exit(int(there_and_back() != wanted))
    bad += os.waitpid(child, 0)[1] != 0
going = False
sys.exit(bad)
"""


@pytest.mark.parametrize("parent", ["idle", "busy"])
def test_a_forked_child_codes_and_ends(parent: str, bundle: Bundle, tmp_path: Path) -> None:
    save(tmp_path / "tiny.mztm", bundle)
    command = [sys.executable, "-W", "ignore", "-c", PROGRAM, str(tmp_path / "tiny.mztm"), parent]
    done = subprocess.run(command, capture_output=True, text=True, timeout=300)
    assert (done.returncode, done.stderr) == (0, "")


def test_the_runtime_reports_to_nobody(bundle: Bundle, tmp_path: Path) -> None:
    """It would from a thread of its own, and keep a number of the machine below the home."""
    save(tmp_path / "tiny.mztm", bundle)
    script = (
        "import mezzotint, os, sys, numpy as np\n"
        "picture = np.zeros((64, 64, 3), np.uint8)\n"
        "mezzotint.encode(picture, model=sys.argv[1], threads=1)\n"
        "print(len(os.listdir('/proc/self/task')) if os.path.exists('/proc/self/task') else 1)"
    )
    home = tmp_path / "home"
    home.mkdir()
    environment = {
        **{name: value for name, value in os.environ.items() if name != "ORT_DISABLE_TELEMETRY"},
        "HOME": str(home),
        "XDG_CACHE_HOME": str(home / "cache"),
        "OMP_NUM_THREADS": "1",
    }
    command = [sys.executable, "-c", script, str(tmp_path / "tiny.mztm")]
    done = subprocess.run(command, check=True, capture_output=True, text=True, env=environment)
    assert done.stdout.strip() == "1"
    assert list(home.iterdir()) == []
