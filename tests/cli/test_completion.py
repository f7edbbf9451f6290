# SPDX-License-Identifier: Apache-2.0
"""`mzt completion`: the scripts, what Tab offers, and Tab pressed in a real shell on a terminal of its own."""

from __future__ import annotations

import os
import select
import shutil
import subprocess
import sys
import time
from pathlib import Path

import pytest

fcntl = pytest.importorskip("fcntl", reason="POSIX terminals")
pty = pytest.importorskip("pty", reason="POSIX terminals")
termios = pytest.importorskip("termios", reason="POSIX terminals")

SHELLS = ["bash", "zsh", "fish"]
START = {  # what makes each start alike everywhere, without a person's own settings
    "bash": (["bash", "--norc", "--noprofile", "-i"], 'eval "$(mzt completion bash)"'),
    "zsh": (["zsh", "-f", "-i"], 'autoload -U compinit; compinit -u -D; eval "$(mzt completion zsh)"'),
    "fish": (["fish", "--no-config", "-i"], "mzt completion fish | source"),
}


@pytest.fixture
def commands(tmp_path):
    """An environment whose `mzt` is that of this Python, and whose home is empty."""
    tool = tmp_path / "bin" / "mzt"
    tool.parent.mkdir()
    tool.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m mezzotint "$@"\n')
    tool.chmod(0o755)
    path = os.pathsep.join([str(tool.parent), os.environ["PATH"]])
    kept = {key: value for key, value in os.environ.items() if not key.startswith(("PYTEST", "XDG", "ZDOT"))}
    return kept | {"PATH": path, "HOME": str(tmp_path), "TERM": "dumb", "PS1": "$ "}


def offered(shell: str, line: str, environment: dict[str, str]) -> list[str]:
    """What `mzt` answers to Tab at the end of a line."""
    words = line.split(" ")
    here = words[-1] if shell == "fish" else str(len(words) - 1)
    asked = {"_MZT_COMPLETE": f"{shell}_complete", "COMP_WORDS": line, "COMP_CWORD": here}
    done = subprocess.run(
        ["mzt"], env=environment | asked, capture_output=True, text=True, check=True, timeout=60
    )
    assert done.stderr == ""
    return done.stdout.split()


@pytest.mark.parametrize("shell", SHELLS)
def test_the_script_names_the_program(mzt, shell):
    result = mzt("completion", shell)
    script = result.out.decode()
    assert (result.status, result.err) == (0, "")
    assert f"_MZT_COMPLETE={shell}_complete" in script
    assert "_mzt_completion" in script
    assert "%(" not in script  # every gap of the template is filled


def test_an_unknown_shell_is_wrong_usage(mzt):
    result = mzt("completion", "tcsh")
    assert (result.status, result.out) == (2, b"")
    assert "'bash', 'zsh', 'fish'" in result.err
    assert mzt("completion").status == 2


def test_verbs_options_choices_and_files_are_offered(commands):
    assert offered("bash", "mzt dec", commands) == ["plain,decode"]
    assert "plain,encode" in offered("bash", "mzt ", commands)
    assert offered("bash", "mzt nonsense", commands) == []
    assert offered("bash", "mzt encode --qual", commands) == ["plain,--quality"]
    assert offered("bash", "mzt report --metric ps", commands) == ["plain,psnr"]
    assert offered("bash", "mzt completion z", commands) == ["plain,zsh"]
    for line in ("mzt encode ", "mzt encode ph", "mzt encode photo.png ", "mzt decode a.mzt --model mo"):
        assert offered("bash", line, commands) == [f"file,{line.split(' ')[-1]}"]
    assert offered("fish", "mzt encode ph", commands) == ["file,ph"]
    assert offered("zsh", "mzt encode ph", commands) == ["file", "ph", "_"]


@pytest.mark.parametrize(
    "shell",
    [
        pytest.param(shell, marks=pytest.mark.skipif(not shutil.which(shell), reason=f"no {shell} here"))
        for shell in SHELLS
    ],
)
def test_tab_in_a_real_shell(commands, tmp_path, shell):
    folder = tmp_path / "pictures"
    folder.mkdir()
    (folder / "photo.mzt").touch()
    (folder / "drawing.png").touch()
    command, setting_up = START[shell]
    with Terminal(command, commands, folder) as terminal:
        terminal.type(f"{setting_up}; echo re''ady\n", until="ready")
        terminal.type("mzt deco\t", until="decode")
        terminal.type("pho\t", until="photo.mzt")
        # The line as the shell has it, printed instead of run.
        terminal.type("\x01echo 'so:' \n", until="so: mzt decode photo.mzt")


class Terminal:
    """A shell that believes it talks to a person."""

    def __init__(self, command: list[str], environment: dict[str, str], folder: Path) -> None:
        def own() -> None:  # Ctrl-C, jobs and Tab need a terminal that is the shell's own
            fcntl.ioctl(0, termios.TIOCSCTTY, 0)

        self._person, shell = pty.openpty()
        where = {"stdin": shell, "stdout": shell, "stderr": shell, "cwd": folder, "env": environment}
        self._child = subprocess.Popen(command, start_new_session=True, preexec_fn=own, **where)
        os.close(shell)

    def __enter__(self) -> Terminal:
        return self

    def __exit__(self, *_: object) -> None:
        os.close(self._person)  # a shell ends with its terminal
        self._child.wait(timeout=30)

    def type(self, keys: str, until: str) -> None:
        """Press keys, and wait until the screen shows something new."""
        os.write(self._person, keys.encode())
        screen, give_up = "", time.monotonic() + 30
        while until not in screen:
            ready, _, _ = select.select([self._person], [], [], max(0.0, give_up - time.monotonic()))
            assert ready, f"the shell did not show {until!r}, but {screen!r}"
            screen += os.read(self._person, 4096).decode(errors="replace")
