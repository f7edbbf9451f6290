# SPDX-License-Identifier: Apache-2.0
"""A bundle computes what torch computes, and a file made with it comes back."""

import copy
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from click.testing import CliRunner

import mezzotint
from mezzotint import bundle as bundles
from mezzotint.errors import UnknownModel
from mezzotint.lab import cli
from mezzotint.lab.export import agree, graphs
from mezzotint.lab.export.bundle import to_bundle
from mezzotint.lab.models.codec import Codec


@pytest.fixture(
    params=[{}, {"element_step": True}, {"scale_context": 5}], ids=lambda p: "".join(p) or "plain"
)
def variant(tiny: Codec, request: pytest.FixtureRequest) -> Codec:
    """The tiny model, and ones with one part more, which is stirred, too."""
    start = tiny.state_dict()
    rows, spread = start["analysis.shortcut.weight"], start["analysis.spread"].flatten()
    model = Codec(replace(tiny.config, **request.param), rows, spread)
    model.load_state_dict(start, strict=False)
    for part in (model.element, model.scale_context):
        for p in part.parameters() if part is not None else ():
            torch.nn.init.normal_(p, std=0.3)
    return model


def test_torch_and_runtime_agree(variant: Codec) -> None:
    frozen = graphs.freeze(variant)
    made = to_bundle(frozen, "tiny", "for tests")
    generator = torch.Generator().manual_seed(0)
    coarse = torch.rand(2, 3, 8, 8, generator=generator)
    pictures = torch.nn.functional.interpolate(coarse, (128, 192), mode="bicubic").clamp(0, 1).mul(255).byte()
    result = agree.check(frozen, made, list(pictures))
    assert result.good, result
    assert result.pixel_share < 0.001


def test_pixels_in_place_by_runs_are_the_synthesis(tiny: Codec) -> None:
    model = copy.deepcopy(tiny)
    torch.nn.init.normal_(
        model.synthesis.head.weight, std=0.05
    )  # it starts at zero, which would show nothing
    torch.nn.init.normal_(model.synthesis.head.bias, std=0.05)
    y, quality = 0.3 * torch.randn(2, model.config.channels, 4, 6), torch.zeros(1)
    with torch.no_grad():
        plain = (model.synthesis(y, quality) * 255 + 128).clamp(0, 255).to(torch.uint8).permute(0, 2, 3, 1)
        quick = graphs.synthesis(model, y)
    assert quick.shape == (2, 64, 96, 3)
    assert plain.float().std() > 20
    assert (quick.int() - plain.int()).abs().max() <= 1  # sums in another order
    assert (quick != plain).float().mean() < 1e-3


def test_half_weights_are_what_torch_uses(tiny: Codec) -> None:
    frozen = graphs.freeze(tiny)
    plain = {
        n: p for n, p in frozen.named_parameters() if not n.startswith(("factorized", "scale_map", "worth"))
    }
    assert all(torch.equal(p, p.half().float()) for p in plain.values())


def test_bundle_survives_its_file_and_codes(tiny: Codec, tmp_path: Path) -> None:
    made = to_bundle(graphs.freeze(tiny), "tiny", "for tests")
    bundles.save(tmp_path / "tiny.mztm", made)
    again = bundles.load(tmp_path / "tiny.mztm")
    assert again.model_id == made.model_id
    picture = np.random.default_rng(0).integers(0, 256, (37, 70, 3), dtype=np.uint8)
    data = mezzotint.encode(picture, 60, model=again)
    assert mezzotint.decode(data, model=tmp_path / "tiny.mztm").shape == picture.shape
    with pytest.raises(UnknownModel, match=made.model_id.hex()):
        mezzotint.decode(data)


def test_export_is_reproducible(tiny: Codec) -> None:
    one, two = (to_bundle(graphs.freeze(tiny), "tiny", "for tests") for _ in range(2))
    assert bundles.dump(one) == bundles.dump(two)


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["train", "nothing", "--photos", ".", "--out", "x"], "known: first"),
        (
            ["export", "first", "--weights", "missing", "--photos", ".", "--name", "n", "--out", "x"],
            "cannot read checkpoint",
        ),
    ],
)
def test_lab_errors_are_one_line(arguments: list[str], says: str) -> None:
    result = CliRunner().invoke(cli.main, arguments)
    assert result.exit_code == 1 and says in result.output and len(result.output.splitlines()) == 1


def test_lab_lists_parts() -> None:
    result = CliRunner().invoke(cli.main, ["list", "--json"])
    assert result.exit_code == 0 and '"depthwise"' in result.output and '"first"' in result.output


def test_price_only_ever_makes_symbols_smaller(tiny: Codec) -> None:
    """The quantise graph: plain rounding at no price, zeros where nothing can be coded, in between no larger symbol."""
    from mezzotint.runtime.backends.onnxruntime_backend import OnnxSession
    from mezzotint.runtime.latents import NEVER

    session = OnnxSession("quantise", graphs.trace(graphs.freeze(tiny), "quantise"), 1)
    rng = np.random.default_rng(0)
    m = tiny.config.channels
    feeds = {
        f"q_{name}": np.ones((1, v.log2.shape[1], 1, 1), np.float32)
        for name, v in graphs.vectors(tiny).items()
    }
    feeds["q_worth"] = np.full((1, m, 1, 1), 5, np.float32)
    feeds = {name: feeds[name] for name in session.inputs if name.startswith("q_")}
    feeds["y"] = rng.normal(0, 2, (1, m, 8, 8)).astype(np.float32)
    feeds["z_hat"] = np.zeros((1, tiny.config.hyper_channels, 2, 2), np.float32)

    def symbols(price: float) -> np.ndarray:
        return session.run(feeds | {"price": np.full_like(feeds["y"], price)})

    first = (
        slice(None),
        slice(None),
        slice(0, None, 2),
        slice(0, None, 2),
    )  # later phases see other neighbours
    sizes = [np.abs(symbols(p)[first]) for p in (0.0, 2.0, 4.0)]
    assert (sizes[1] <= sizes[0]).all() and (sizes[2] <= sizes[1]).all() and sizes[2].sum() < sizes[0].sum()
    assert not symbols(NEVER).any()
