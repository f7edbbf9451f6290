# SPDX-License-Identifier: Apache-2.0
"""A part of row 13, and proof that the row finds what it looks for; harden.py runs it whole."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import constriction
import numpy as np
import pytest
from attacks import runtimes
from attacks.machines import coder as plain_coder
from attacks.machines.pairs import Setup, compare
from attacks.machines.pictures import PICTURES, files, pictures
from attacks.machines.sessions import MAKERS, widened
from attacks.machines.settings import NEEDS, Setting, settings

from mezzotint.bundle import default
from mezzotint.runtime.latents import vector

HERE = settings()[0]


def real(runtime: str, threads: int = 1) -> Setting:
    """A setting of this processor, as it comes."""
    return next(
        setting
        for setting in reversed(HERE)
        if (setting.runtime, setting.threads, setting.emulator) == (runtime, threads, "")
    )


def test_numpy_and_onnxruntime_read_each_others_files() -> None:
    """And one that rounds what networks give is found out by its pixels: the integers are right even so."""
    ticks: list[None] = []
    coarse = replace(real("onnxruntime"), runtime="coarse")
    chosen = [real("numpy"), real("onnxruntime", 2), coarse]
    outcome = runtimes.attack(3, 1, lambda: ticks.append(None), chosen)
    assert (outcome.tried, outcome.wrong) == (9, 4)
    assert len(ticks) == 3
    for fault in outcome.faults:
        assert "coarse" in fault and "samples differ" in fault


def test_a_setting_chosen_twice_runs_once() -> None:
    """Two processes once wrote to one file of answers, which then held one and a half."""
    outcome = runtimes.attack(1, 2, chosen=[real("onnxruntime"), real("onnxruntime")])
    assert (outcome.tried, outcome.faults) == (1, ())


def test_a_process_that_dies_is_wrong() -> None:
    outcome = runtimes.attack(1, 3, chosen=[replace(real("onnxruntime"), runtime="nothing")])
    assert outcome.wrong == 1
    assert "KeyError: 'nothing'" in outcome.faults[0]


@pytest.mark.slow
@pytest.mark.parametrize("threads", [1, 8])
@pytest.mark.parametrize("runtime", NEEDS)
def test_every_runtime(runtime: str, threads: int) -> None:
    chosen = [s for s in HERE if (s.runtime, s.threads, s.emulator) == (runtime, threads, "")]
    if not chosen:
        pytest.skip(f"{runtime} is not installed")
    outcome = runtimes.attack(6, 4, chosen=[real("onnxruntime", 2), *chosen])
    assert (outcome.tried, outcome.faults) == ((len(chosen) + 1) ** 2, ())


@pytest.mark.slow
@pytest.mark.parametrize("isa", ["AVX2", "ARM"])
def test_onnxruntime_on_an_emulated_processor(isa: str) -> None:
    chosen = [s for s in HERE if (s.runtime, s.threads, s.isa) == ("onnxruntime", 1, isa) and s.emulator]
    if not chosen:
        pytest.skip("no emulator, or no MZT_AARCH64_ROOT")
    outcome = runtimes.attack(3, 5, chosen=[real("onnxruntime"), replace(chosen[0], share=1.0)])
    assert outcome.faults == ()


# -- how pairs are judged ---------------------------------------------------------------------------------


def setup(name: str, hashes: Sequence[str], pixels: Sequence[int]) -> Setup:
    """Two files of 10,000 samples each, the first of which differ by `pixels` from those of others."""
    flat = np.full((2, 10_000), 100, np.uint8)
    flat[0, : len(pixels)] += np.array(pixels, np.uint8)
    return Setup(name, [0, 1], ["first", "second"], dict(enumerate(hashes)), {0: flat[0], 1: flat[1]})


SOUND = setup("a", ["first", "second"], [])


@pytest.mark.parametrize(
    ("hashes", "pixels", "fault"),
    [
        (["first", "second"], [], ""),
        (["first", "second"], [1] * 3, ""),
        (["first", "second"], [1] * 4, "4 of 20000 samples differ, by 1 at most"),
        (["first", "second"], [2], "1 of 20000 samples differ, by 2 at most"),
        (["first", "other"], [], "the latents of 1 of 2 files differ"),
        (["first", "DamagedFile: it ends early"], [], "the latents of 1 of 2 files differ"),
    ],
)
def test_what_is_wrong(hashes: list[str], pixels: list[int], fault: str) -> None:
    same, there, back, _ = compare([SOUND, setup("b", hashes, pixels)])
    assert same.fault == ""
    assert (there.encoded_on, there.decoded_on, there.fault) == ("a", "b", fault)
    assert back.fault == ("" if "latents" in fault else fault)


def test_nothing_compared_is_no_pass() -> None:
    nothing = replace(SOUND, pixels={})
    assert [pair.fault for pair in compare([nothing])] == ["nothing to compare"]


# -- what it stands on ------------------------------------------------------------------------------------


def test_five_hundred_files() -> None:
    wanted = files(runtimes.WHOLE, 0)
    assert len({(file.picture, file.quality) for file in wanted}) == 500 == runtimes.WHOLE
    assert files(7, 0) == wanted[:7] != files(7, 1)
    shapes = [picture.shape for picture in pictures()]
    assert len(shapes) == PICTURES
    assert {len(shape) for shape in shapes} == {2, 3}
    assert len({picture.tobytes() for picture in pictures()}) == PICTURES


@pytest.mark.parametrize("runtime", ["numpy", "torch", "openvino", "widened"])
def test_every_runtime_runs_the_graphs_of_the_default_model(runtime: str) -> None:
    """In this process: one that gets an operator wrong would be far from onnxruntime, not a rounding."""
    pytest.importorskip(NEEDS.get(runtime, "onnxruntime"))
    bundle, rng = default(), np.random.default_rng(6)
    symbols = np.rint(rng.laplace(0, 0.7, (1, bundle.card.latent_channels, 8, 12))).astype(np.float32)
    z_hat = np.rint(rng.normal(0, 3, (1, bundle.card.hyper_channels, 2, 3))).astype(np.float32)
    given = {"symbols": symbols, "z_hat": z_hat, "y": symbols, "price": np.abs(symbols)}
    for graph in ("hyper_analysis", "quantise", "dequantise"):
        outputs = []
        for name in ("onnxruntime", runtime):
            session = MAKERS[name](graph, bundle.graph(graph), 1)
            feeds = {
                port: given[port] if port in given else vector(bundle, port.removeprefix("q_"), 2000)
                for port in session.inputs
            }
            outputs.append(session.run(feeds))
        assert np.allclose(*outputs, atol=1e-4)


def test_wider_weights_are_the_same_weights() -> None:
    import onnx

    narrow = default().graph("dequantise")
    before, after = (onnx.load_from_string(model).graph.initializer for model in (narrow, widened(narrow)))
    assert onnx.TensorProto.FLOAT16 in {part.data_type for part in before}
    assert onnx.TensorProto.FLOAT16 not in {part.data_type for part in after}
    for one, other in zip(before, after, strict=True):
        assert np.array_equal(onnx.numpy_helper.to_array(one), onnx.numpy_helper.to_array(other))


def test_the_plain_coder_codes_as_constriction() -> None:
    rng = np.random.default_rng(7)
    frequencies = rng.multinomial((1 << 24) - 40, rng.dirichlet(np.full(40, 0.2))) + 1.0
    symbols = rng.choice(40, 500, p=frequencies / (1 << 24)).astype(np.int32)
    words = []
    for stack, model in (
        (constriction.stream.stack.AnsCoder, constriction.stream.model.Categorical),
        (plain_coder.AnsCoder, plain_coder.Categorical),
    ):
        coder, table = (
            stack(np.array([1 << 24], np.uint32)),
            model(frequencies - 1, perfect=False, lazy=False),
        )
        coder.encode_reverse(symbols, table)
        assert coder.pos() != (0, 1 << 24)
        words.append(coder.get_compressed())
        again = stack(words[-1])
        assert np.array_equal(again.decode(table, 500), symbols)
        assert again.pos() == (0, 1 << 24)
    assert np.array_equal(*words)


def test_what_is_missing_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    from attacks.machines import settings as machine_settings

    monkeypatch.setattr(machine_settings, "find_spec", lambda name: None if name == "openvino" else object())
    monkeypatch.setattr(machine_settings, "ROOT", None)
    found, missing = settings()
    assert not [setting for setting in found if setting.runtime == "openvino"]
    assert [line for line in missing if "openvino is not installed; pip install" in line]


def test_settings_say_what_a_process_may_use() -> None:
    setting = real("onnxruntime", 8)
    environment = setting.environment()
    assert environment["OPENBLAS_NUM_THREADS"] == "8"
    package, attacks = environment["PYTHONPATH"].split(os.pathsep)[:2]
    assert (Path(package) / "mezzotint").is_dir() and (Path(attacks) / "attacks").is_dir()
