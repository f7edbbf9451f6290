# SPDX-License-Identifier: Apache-2.0
"""The command as a whole: help that fits a screen, exit statuses, and a start that loads nothing heavy."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from mezzotint.cli import program

VERBS = [
    "encode",
    "decode",
    "batch",
    "info",
    "compare",
    "models",
    "eval",
    "report",
    "bench",
    "completion",
    "version",
]
SCREEN = 30  # rows of 80 columns
HEAVY = {"numpy", "PIL", "onnxruntime", "constriction", "torch", "scipy"}


@pytest.mark.parametrize("verb", [None, *VERBS])
def test_help_fits_a_screen_and_shows_an_example(mzt, verb):
    result = mzt(*([verb] if verb else []), "--help")
    lines = result.out.decode().splitlines()
    assert result.status == 0
    assert len(lines) <= SCREEN
    assert max(map(len, lines)) <= 80
    assert any(line.strip().startswith("Example") for line in lines)
    assert any(" mzt " in line for line in lines[1:])


def test_every_verb_is_there(mzt):
    assert sorted(program.program.commands) == sorted(VERBS)


@pytest.mark.parametrize(
    "arguments", [["frobnicate"], ["encode"], ["encode", "a", "b", "c"], ["encode", "--nonsense", "a", "b"]]
)
def test_wrong_usage(mzt, arguments):
    result = mzt(*arguments)
    assert (result.status, result.out) == (2, b"")
    assert result.err.startswith("mzt: ")
    assert "--help`" in result.err or "-o FOLDER" in result.err
    assert result.err.count("\n") == 1


@pytest.mark.parametrize(("problem", "status"), [(KeyboardInterrupt, 130), (MemoryError, 1)])
def test_interruptions(mzt, picture, monkeypatch, problem, status):
    def interrupt(*_: object, **__: object) -> None:
        raise problem

    monkeypatch.setattr("mezzotint.encode", interrupt)
    result = mzt("encode", picture, "out.mzt")
    assert result.status == status
    assert result.err.strip().startswith("mzt: ")
    assert sorted(path.name for path in picture.parent.iterdir()) == ["photo.png"]


def waiting_encode(folder):
    """`mzt encode - out.mzt` at the point where it has begun its file and waits for its input."""

    def hear_ctrl_c():  # which is ignored where tests run in the background
        signal.signal(signal.SIGINT, signal.SIG_DFL)

    command = [sys.executable, "-m", "mezzotint", "encode", "-", "out.mzt"]
    pipes = {"stdin": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
    child = subprocess.Popen(command, **pipes, preexec_fn=hear_ctrl_c)
    assert child.stdin is not None
    child.stdin.write("x" * 500_000)  # more than a pipe holds, less than it reads at once
    child.stdin.flush()  # returns when it has begun to read: all is imported by then
    assert len(list(folder.iterdir())) == 1
    return child


@pytest.mark.skipif(sys.platform == "win32", reason="POSIX signals")
def test_ctrl_c(folder):
    child = waiting_encode(folder)
    child.send_signal(signal.SIGINT)
    _, err = child.communicate(timeout=30)
    assert child.returncode == 130
    assert err.strip() == "mzt: interrupted"
    assert list(folder.iterdir()) == []


@pytest.mark.parametrize("arguments", [["--help"], ["encode", "--help"], ["--version"], ["nonsense"]])
def test_a_light_start(arguments):
    script = (
        "import sys; from mezzotint.cli.program import run; run(sys.argv[1:]); "
        f"print(sorted({HEAVY} & set(sys.modules)))"
    )
    done = subprocess.run(
        [sys.executable, "-c", script, *arguments], capture_output=True, text=True, check=True, timeout=60
    )
    assert done.stdout.splitlines()[-1] == "[]"


def test_info_runs_no_network(coded):
    script = (
        "import sys; from mezzotint.cli.program import run; assert run(['info', sys.argv[1]]) == 0; "
        "print('onnxruntime' in sys.modules)"
    )
    done = subprocess.run(
        [sys.executable, "-c", script, str(coded)], capture_output=True, text=True, check=True, timeout=60
    )
    assert done.stdout.splitlines()[-1] == "False"


def test_python_dash_m(coded, folder):
    command = [sys.executable, "-m", "mezzotint", "decode", "-", "-", "--quiet"]
    done = subprocess.run(command, input=coded.read_bytes(), capture_output=True, check=True, timeout=60)
    assert done.stdout.startswith(b"\x89PNG")
    assert done.stderr == b""
    bad = subprocess.run(command, input=b"nonsense", capture_output=True, check=False, timeout=60)
    assert (bad.returncode, bad.stdout) == (1, b"")
    assert bad.stderr.startswith(b"mzt: ")


def test_a_closed_pipe_is_one_line(coded):
    command = f"{sys.executable} -m mezzotint decode {coded} - --quiet | true"
    done = subprocess.run(command, shell=True, capture_output=True, text=True, check=False, timeout=60)
    assert "Traceback" not in done.stderr


@pytest.mark.skipif(sys.platform == "win32", reason="POSIX signals")
def test_a_killed_command_leaves_no_file(folder):
    child = waiting_encode(folder)
    child.terminate()
    _, err = child.communicate(timeout=30)
    assert (child.returncode, err) == (128 + signal.SIGTERM, "")
    assert list(folder.iterdir()) == []


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="Linux only")
@pytest.mark.parametrize("arguments", ["info photo.mzt", "info photo.mzt --json", "models", "--help"])
def test_a_full_stdout_is_one_line(coded, arguments):
    command = f"{sys.executable} -m mezzotint {arguments} > /dev/full"
    done = subprocess.run(command, shell=True, capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode == 1
    assert done.stderr == "mzt: stdout cannot be written: No space left on device; redirect it elsewhere\n"


@pytest.mark.skipif(sys.platform == "win32", reason="POSIX shell")
@pytest.mark.parametrize("arguments", ["encode photo.png - >&-", "info - <&-", "encode - out.mzt <&-"])
def test_a_closed_stream_is_one_line(coded, arguments):
    command = f"{sys.executable} -m mezzotint {arguments}"
    done = subprocess.run(command, shell=True, capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode == 1
    assert done.stderr.endswith("is closed; name a file instead of `-`\n")
    assert done.stderr.count("\n") == 1


@pytest.mark.skipif(sys.platform != "linux", reason="names that are no text")
def test_names_that_are_no_text(coded):
    os.rename(os.fsencode(coded), b"\xff.mzt")
    environment = {**os.environ, "PYTHONIOENCODING": "utf-8:strict"}
    command = [sys.executable, "-m", "mezzotint", "info", b"\xff.mzt"]
    done = subprocess.run(command, capture_output=True, check=False, timeout=60, env=environment)
    assert (done.returncode, done.stderr) == (0, b"")


def test_no_verb_shows_the_help(mzt):
    result = mzt()
    assert (result.status, result.out) == (2, b"")
    assert result.err.splitlines()[0].startswith("Usage: mzt ")
    assert len(result.err.splitlines()) > 10
