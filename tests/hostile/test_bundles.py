# SPDX-License-Identifier: Apache-2.0
"""Row 17 in parts: its size, that it can fail, and that nothing is unpickled or read that no one named."""

from __future__ import annotations

import ast
import json
import os
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import onnxruntime as ort
import pytest
from attacks import bundles
from attacks.bundles import external_cases, foreign_cases, onnx_cases, own_format, used_cases
from attacks.bundles.child import ENDED, REFUSED, WRONG, Child
from attacks.bundles.drafts import KINDS, Hostile, apart, draft, sound
from attacks.bundles.mutations import mutations
from attacks.bundles.watch import watched
from attacks.files import cut, model
from onnx import helper

import mezzotint
from mezzotint.bundle import dump, load, onnx_check
from mezzotint.errors import DamagedModel, UnknownModel
from mezzotint.runtime.backends.onnxruntime_backend import OnnxSession

HOSTILE = Path(__file__).parent
SOURCE = HOSTILE.parents[1] / "src" / "mezzotint"


@pytest.fixture
def world(tmp_path: Path) -> Path:
    external_cases.world(tmp_path)
    return tmp_path


def test_there_are_as_many_as_it_says(world: Path) -> None:
    cases = bundles.hand_made(world)
    assert len(cases) == bundles.HAND_MADE >= 200
    assert len({case.data for case in cases}) == len(cases)  # no case twice
    assert (
        min(Counter(len(case.message) > 0 for case in cases).values()) < 12
    )  # nearly all say what must be said


def test_what_they_are_made_of_is_sound() -> None:
    """Or they would be refused for another reason than theirs."""
    for kind in KINDS:
        assert load(sound(kind)).model_id == bundles.identity(sound(kind))
        assert draft(kind).settle().packed() == sound(kind)
    for change in (
        lambda _: None,
        onnx_cases.adding("node", helper.make_node("Relu", ["x0"], ["n"])),
    ):
        load(onnx_cases.bundled(change))
    assert load(onnx_cases.rewired((7, 1), lambda node: node)).blobs == load(sound()).blobs


def test_mutations_are_of_every_kind() -> None:
    made = list(mutations(600, np.random.default_rng(4)))
    assert {kind for _, _, kind in made} == set(KINDS)
    assert len({what.split(", ")[1] for what, _, _ in made}) == 8
    accepted = 0
    for _, data, _ in made:
        try:
            load(data)
        except DamagedModel:
            continue
        accepted += 1
    assert 60 < accepted < 300  # all or none would say nothing of the laws


# -- that it can fail -------------------------------------------------------------------------------------


def test_a_wrong_outcome_is_seen() -> None:
    with Child() as child:
        trials = bundles._Trials(child, lambda: None)
        trials.hostile(Hostile("right", b"", "is not a Mezzotint model"))
        trials.hostile(Hostile("sound", sound(), "anything"))
        trials.hostile(Hostile("another text", b"", "is cut off"))
        trials.hostile(Hostile("another class", b"", "is not a Mezzotint model", UnknownModel))
        trials.hostile(Hostile("sound, used", sound(), "cannot run", used=True))
        trials.hostile(Hostile("refused too early", b"", "is not a Mezzotint model", used=True))
        trials.mutated("sound", sound(), "plain")
        outcome = trials.outcome()
    assert (outcome.tried, outcome.refused, outcome.wrong) == (7, 1, 5)
    told = [fault.split(";")[0] for fault in outcome.faults]
    assert told[0] == "sound: was accepted" and "instead of DamagedModel: is cut off" in outcome.faults[1]


def test_a_mutant_under_a_false_id_is_seen() -> None:
    bundle = load(sound())
    bundle.__dict__["model_id"] = bytes(8)  # where it is kept once it was worked out
    assert "its id is" in bundles.broken(bundle, model())
    assert bundles.broken(load(sound("context")), model(True)) == ""
    assert "another decoder" not in bundles.broken(load(sound("context")), model())


def test_a_process_that_ends_is_seen_and_begun_anew() -> None:
    with Child() as child:
        (step,) = child.run(b"no bundle")
        assert (step.outcome, "the process ended" in step.why) == (WRONG, True)
        assert [step.outcome for step in child.run(sound("preview"))] == [ENDED] * 4
        _, change, _ = next(used_cases.versions())
        refused = child.run(onnx_cases.bundled(change, "preview"))
        assert {step.outcome for step in refused} == {REFUSED, ENDED}


# -- nothing is unpickled ---------------------------------------------------------------------------------

MODULES = {
    "pickle",
    "_pickle",
    "cPickle",
    "cloudpickle",
    "dill",
    "marshal",
    "shelve",
    "joblib",
    "torch",
    "jsonpickle",
}
CALLS = {"eval", "exec", "compile", "__import__"}


def forbidden(tree: ast.Module) -> Iterator[str]:
    """What a module of the codec half may not do."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names if alias.name.split(".")[0] in MODULES)
        elif isinstance(node, ast.ImportFrom) and (node.module or "").split(".")[0] in MODULES:
            yield str(node.module)
        elif isinstance(node, ast.Call):
            name = node.func.id if isinstance(node.func, ast.Name) else ""
            attribute = node.func.attr if isinstance(node.func, ast.Attribute) else ""
            if name in CALLS or attribute in ("Unpickler", "read_pickle"):
                yield name or attribute
            owner = node.func.value if isinstance(node.func, ast.Attribute) else None
            if attribute == "load" and isinstance(owner, ast.Name) and owner.id in ("np", "numpy"):
                plain = [key.value for key in node.keywords if key.arg == "allow_pickle"]
                if not plain or not isinstance(plain[0], ast.Constant) or plain[0].value is not False:
                    yield "numpy.load without allow_pickle=False"
            if "import_module" in (name, attribute):
                yield "import_module"


def test_the_codec_half_neither_unpickles_nor_evaluates() -> None:
    found = {}
    for path in sorted(SOURCE.rglob("*.py")):
        if "lab" not in path.relative_to(SOURCE).parts:
            found[str(path.relative_to(SOURCE))] = list(forbidden(ast.parse(path.read_text("utf-8"))))
    assert len(found) > 150
    # The public names are imported when first used, by a table of modules that stands beside it.
    assert {name: what for name, what in found.items() if what} == {"__init__.py": ["import_module"]}


@pytest.mark.parametrize(
    "code",
    [
        "import pickle",
        "import torch.nn as nn",
        "from marshal import loads",
        "def f():\n    from joblib import load",
        "eval('1')",
        "exec(text)",
        "__import__(name)",
        "importlib.import_module(name)",
        "import numpy as np\nnp.load(file)",
        "import numpy as np\nnp.load(file, allow_pickle=True)",
        "import numpy as np\nnp.load(file, allow_pickle=asked)",
        "pandas.read_pickle(path)",
    ],
)
def test_what_would_is_seen(code: str) -> None:
    assert list(forbidden(ast.parse(code)))


@pytest.mark.parametrize("step", [7, pytest.param(1, marks=pytest.mark.slow)])
def test_nothing_is_unpickled_and_nothing_else_opened(step: int) -> None:
    """In a process whose pickle raises, with an audit hook, over hand-made bundles, one in `step`, and a sound one."""
    told = json.loads(_child(f"from attacks.bundles.audited import main; main({step})"))
    assert told["tried"] == told["refused"] > 700 // step
    assert told["other"] == []
    assert told["control"] == ["open", "something was unpickled"]
    assert not foreign_cases.MARK.exists()


def test_the_pickles_would_leave_a_mark(tmp_path: Path) -> None:
    """They are live: unpickled, each of them opens a file to write."""
    code = """
import io, pickle, tempfile
from pathlib import Path
import numpy as np
from attacks.bundles import foreign_cases as cases
mark = cases.MARK
marks = 0
for protocol in range(6):
    pickle.loads(cases.pickle(protocol)).close()
    marks += mark.exists()
    mark.unlink()
np.load(io.BytesIO(cases.object_array()), allow_pickle=True)
marks += mark.exists()
mark.unlink()
print(marks)
"""
    assert _child(code, TMPDIR=str(tmp_path)) == "7"


# -- nothing is read outside ------------------------------------------------------------------------------


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="only Linux tells what compiled code opens")
def test_weights_outside_are_never_read(world: Path) -> None:
    """Each graph works where the runtime alone has it: so it is our checker that keeps it from the file."""
    code = """
from attacks.bundles import external_cases
from attacks.bundles.drafts import apart
from attacks.bundles.onnx_cases import bundled
import onnxruntime, sys
for name in external_cases.NAMES:
    graph = apart(bundled(external_cases.moved(name))).blob("synthesis")
    onnxruntime.InferenceSession(graph, providers=["CPUExecutionProvider"])
"""
    with watched(world) as opened:
        _child(code, cwd=world)
    assert {"weights.bin", "hard"} <= set(opened)  # a link by the name that it leads to
    code = """
from pathlib import Path
from attacks.bundles import external_cases
from mezzotint.bundle import load
from mezzotint.errors import DamagedModel
for case in external_cases.cases(Path.cwd()):
    try:
        load(case.data)
        raise SystemExit(case.what)
    except DamagedModel:
        pass
"""
    with watched(world) as opened:
        _child(code, cwd=world)
    assert not set(opened) - {""}  # "" is the folder itself


def test_the_runtime_prints_nothing(capfd: pytest.CaptureFixture[str]) -> None:
    """It would say that it tries another provider, in the middle of a picture that goes to standard output."""
    case = next(used_cases.cases())
    with pytest.raises(DamagedModel, match="cannot be loaded"):
        OnnxSession("synthesis", apart(case.data).blob("synthesis"), 1)
    assert capfd.readouterr() == ("", "")


def test_what_the_runtime_says_moves_no_cursor() -> None:
    def named(graph: onnx_cases.Model) -> None:
        graph.graph.node[0].input[0] = "\x1b[2J\x07"

    graph = apart(onnx_cases.bundled(named)).blob("synthesis")
    with pytest.raises(DamagedModel) as caught:
        OnnxSession("synthesis", graph, 1)
    assert str(caught.value).isprintable()


@pytest.mark.slow
def test_the_runtime_reads_no_format_of_its_own(tmp_path: Path) -> None:
    data = own_format.two_in_one(tmp_path)
    with pytest.raises(DamagedModel, match="a format of its own"):
        onnx_check.inspect(data, "synthesis")
    hidden = ort.InferenceSession(data, providers=["CPUExecutionProvider"])
    assert [port.name for port in hidden.get_outputs()] == ["pixels", "other"]  # what nobody has checked
    assert len(OnnxSession("synthesis", data, 1)._session.get_outputs()) == 1


# -- what the mutated ones found --------------------------------------------------------------------------


@pytest.mark.parametrize("shift", [-3000, -1, 1, 2, 3000])
def test_tables_that_do_not_reach_zero_encode(shift: int) -> None:
    """No law says that a table has -1, 0 and 1: the encoder looked for their frequencies all the same."""
    made = draft()
    minima = np.frombuffer(made.blob("y.minima"), np.int32).copy()
    minima[1:] += np.int32(shift)
    bundle = load(made.put("y.minima", minima.tobytes()).packed())
    data = mezzotint.encode(cut(64, 64), model=bundle, threads=1)
    assert mezzotint.decode(data, model=bundle, threads=1).shape == (64, 64, 3)
    assert dump(load(dump(bundle))) == dump(bundle)


def _child(code: str, cwd: Path = HOSTILE, **environment: str) -> str:
    """What a process prints that runs this, with the attacks to import."""
    variables = {**os.environ, "PYTHONPATH": str(HOSTILE), "OMP_NUM_THREADS": "1", **environment}
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=cwd, env=variables, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr[-2000:]
    return done.stdout.strip()
