# SPDX-License-Identifier: Apache-2.0
"""The backend says which graph failed, and is loaded no earlier and no further than needed."""

import subprocess
import sys
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest
from numpy.typing import NDArray

import mezzotint
from mezzotint.bundle import Bundle, save
from mezzotint.errors import DamagedModel
from mezzotint.runtime.backends.onnxruntime_backend import OnnxSession, cores
from mezzotint.runtime.latents import Model


def test_a_session_runs(tiny: ModuleType) -> None:
    session = OnnxSession("hyper_analysis", tiny.hyper_analysis(), 1)
    assert session.inputs == ("y",)
    out = session.run({"y": np.ones((1, 8, 8, 4), np.float32)})
    assert out.shape == (1, 4, 2, 1)


def test_graphs_that_cannot_load_or_run_are_named(tiny: ModuleType) -> None:
    with pytest.raises(DamagedModel, match="'synthesis'"):
        OnnxSession("synthesis", b"no graph", 1)
    session = OnnxSession("hyper_analysis", tiny.hyper_analysis(), 1)
    with pytest.raises(DamagedModel, match="'hyper_analysis'"):
        session.run({"y": np.ones((1, 3, 8, 4), np.float32)})


def test_outputs_of_another_shape_are_refused(bundle: Bundle) -> None:
    model = Model(bundle, 1)
    with pytest.raises(DamagedModel, match="instead of"):
        model.run("hyper_analysis", 0, (4, 9, 9), y=np.ones((1, 8, 8, 4), np.float32))


def test_vectors_are_interpolated_in_the_logarithm(bundle: Bundle) -> None:
    """The tiny model's step runs from 2^7 to 2^1 over three anchors, linear in the logarithm."""
    model = Model(bundle, 1)
    arrays = {"symbols": np.ones((1, 8, 4, 4), np.float32), "z_hat": np.zeros((1, 4, 1, 1), np.float32)}
    for quality in (0, 1, 1000, 2047, 2048, 4094, 4095):
        found = model.run("dequantise", quality, (8, 4, 4), **arrays)
        np.testing.assert_allclose(found, 2 ** (7 - 6 * quality / 4095), rtol=1e-5)


def test_decoding_loads_no_encoder_graph(
    bundle: Bundle, photo: NDArray[np.uint8], monkeypatch: pytest.MonkeyPatch
) -> None:
    data = mezzotint.encode(photo, model=bundle)
    asked = set()
    original = Model.session

    def session(self: Model, graph: str) -> object:
        asked.add(graph)
        return original(self, graph)

    monkeypatch.setattr(Model, "session", session)
    mezzotint.decode(data, model=bundle)
    assert asked == {"dequantise", "synthesis"}


def test_cores_are_counted() -> None:
    assert cores() >= 1


def modules_after(code: str) -> set[str]:
    code += "\nimport sys; print(' '.join(sys.modules))"
    run = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    assert run.stderr == ""  # the runtime is quiet
    return set(run.stdout.split())


def test_a_header_needs_no_runtime() -> None:
    loaded = modules_after("from mezzotint import read_header, Limits, MezzotintError")
    assert not loaded & {"numpy", "onnxruntime", "constriction", "PIL", "torch"}


def test_decoding_imports_neither_torch_nor_the_lab(
    bundle: Bundle, photo: NDArray[np.uint8], tmp_path: Path
) -> None:
    save(tmp_path / "a.mztm", bundle)
    (tmp_path / "a.mzt").write_bytes(mezzotint.encode(photo, model=bundle))
    loaded = modules_after(
        "import mezzotint, pathlib\n"
        f"folder = pathlib.Path({str(tmp_path)!r})\n"
        "mezzotint.decode((folder / 'a.mzt').read_bytes(), model=folder / 'a.mztm')"
    )
    assert "onnxruntime" in loaded
    assert not {name for name in loaded if name.split(".")[0] in ("torch", "onnx", "scipy", "PIL")}
    assert not {name for name in loaded if name.startswith(("mezzotint.lab", "mezzotint.runtime.encode"))}
