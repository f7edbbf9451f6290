# SPDX-License-Identifier: Apache-2.0
"""Every graph of a bundle gives in torch what onnxruntime gives, and has the gradient of what it computes."""

from __future__ import annotations

import numpy as np
import onnx
import pytest

torch = pytest.importorskip("torch")

from mezzotint import bundle as bundles  # noqa: E402
from mezzotint.errors import MezzotintError  # noqa: E402
from mezzotint.lab.refine.graph import Graph  # noqa: E402
from mezzotint.lab.refine.operators import OPERATORS  # noqa: E402
from mezzotint.runtime.latents import open_model, vector  # noqa: E402

GRAPHS = ("analysis", "hyper_analysis", "quantise", "dequantise", "synthesis")
QUALITY = 2000


@pytest.fixture(scope="module", params=["default", "tiny"])
def model(request, bundle):
    return open_model(bundles.default() if request.param == "default" else bundle, 1)


def inputs(model, name):
    """Values such as the codec meets, for a picture of 64x128; the vectors of the bundle."""
    rng = np.random.default_rng(3)
    m, cz = model.card.latent_channels, model.card.hyper_channels
    size = 60 if model.card.name == "tiny" else 0.1  # its y counts in steps of 255
    plain = {
        "pixels": rng.integers(0, 256, (1, 64, 128, 3)).astype(np.uint8),
        "y": rng.normal(0, size, (1, m, 4, 8)).astype(np.float32),
        "y_hat": rng.normal(0, size, (1, m, 4, 8)).astype(np.float32),
        "symbols": np.rint(rng.normal(0, 1, (1, m, 4, 8))).astype(np.float32),
        "z_hat": rng.integers(-5, 6, (1, cz, 1, 2)).astype(np.float32),
        "price": rng.uniform(0, 5, (1, m, 4, 8)).astype(np.float32),
    }
    names = model.session(name).inputs
    return {n: plain[n] if n in plain else vector(model.bundle, n.removeprefix("q_"), QUALITY) for n in names}


@pytest.mark.parametrize("name", GRAPHS)
def test_as_onnxruntime(model, name):
    feeds = inputs(model, name)
    expected = model.session(name).run(feeds)
    graph = Graph.load(model.bundle.graph(name), name)
    found = graph.run({k: torch.tensor(v) for k, v in feeds.items()}).numpy()
    if name == "synthesis":  # onnxruntime's are bytes
        assert np.abs(np.floor(found) - expected.astype(np.float32)).max() <= 1
        assert (np.floor(found) != expected).mean() < 0.01
    else:
        assert np.abs(found - expected).max() < 1e-4 * max(1, np.abs(expected).max())
    assert np.abs(expected.astype(np.float32)).max() > 0.01


@pytest.mark.parametrize("name", GRAPHS)
def test_bound_inputs_change_nothing_but_the_nodes_left(model, name):
    feeds = {k: torch.tensor(v) for k, v in inputs(model, name).items()}
    graph = Graph.load(model.bundle.graph(name), name)
    first = next(iter(feeds))
    bound = graph.bind({k: v for k, v in feeds.items() if k != first})
    assert torch.equal(bound.run({first: feeds[first]}), graph.run(feeds))
    assert len(bound.nodes) <= len(graph.nodes)


def test_gradient_of_the_synthesis(model):
    feeds = {k: torch.tensor(v) for k, v in inputs(model, "synthesis").items()}
    y_hat = feeds.pop("y_hat").requires_grad_()
    graph = Graph.load(model.bundle.graph("synthesis"), "synthesis").bind(feeds)
    weight = torch.randn(1, 64, 128, 3, generator=torch.Generator().manual_seed(0))

    def value(y):
        return (graph.run({"y_hat": y}, {"Round": lambda x: x}) * weight).sum(dtype=torch.float64)

    (gradient,) = torch.autograd.grad(value(y_hat), y_hat)
    along = torch.sign(gradient) * 1e-3
    with torch.no_grad():
        difference = (value(y_hat + along) - value(y_hat - along)) / 2
    assert float(difference) == pytest.approx(float((gradient * along).sum()), rel=0.02)


def test_an_unknown_operator_is_named(tiny):
    node = onnx.helper.make_node("Softplus", ["y_hat"], ["pixels"])
    latent = tiny.latent()
    graph = tiny.graph([node], {"y_hat": latent}, ("pixels", *latent))
    with pytest.raises(MezzotintError, match="'synthesis'.*operator Softplus.*effort 0"):
        Graph.load(graph, "synthesis")


def single(operator, count, **attributes):
    """A node's attributes as they are read from a file, and the bytes of a graph that holds only it."""
    names = [f"i{n}" for n in range(count)]
    node = onnx.helper.make_node(operator, names, ["o"], **attributes)
    return names, node


@pytest.mark.parametrize(
    ("operator", "attributes", "shapes"),
    [
        ("Conv", {"pads": [0, 1, 2, 1]}, [(1, 4, 6, 8), (6, 4, 3, 3), (6,)]),  # uneven padding
        ("Conv", {"strides": [2, 2], "group": 2}, [(1, 4, 6, 8), (6, 2, 2, 2)]),
        ("Conv", {}, [(2, 4, 6, 8), (6, 4, 1, 1), (6,)]),
        ("ConvTranspose", {"strides": [2, 2], "pads": [1, 0, 1, 0]}, [(1, 4, 5, 5), (4, 3, 4, 4), (3,)]),
        ("DepthToSpace", {"blocksize": 2, "mode": "DCR"}, [(1, 12, 3, 4)]),
        ("DepthToSpace", {"blocksize": 2, "mode": "CRD"}, [(1, 12, 3, 4)]),
        ("Concat", {"axis": -1}, [(1, 2, 3, 4), (1, 2, 3, 5)]),
        ("Transpose", {"perm": [0, 2, 3, 1]}, [(1, 2, 3, 4)]),
    ],
)
def test_operators_with_other_attributes(operator, attributes, shapes):
    import onnxruntime

    rng = np.random.default_rng(0)
    arrays = [rng.normal(size=shape).astype(np.float32) for shape in shapes]
    names, node = single(operator, len(arrays), **attributes)
    kind = onnx.TensorProto.FLOAT
    ports = [onnx.helper.make_tensor_value_info(n, kind, a.shape) for n, a in zip(names, arrays, strict=True)]
    end = onnx.helper.make_tensor_value_info("o", kind, [None] * 4)
    graph = onnx.helper.make_graph([node], "one", ports, [end])
    data = onnx.helper.make_model(
        graph, opset_imports=[onnx.helper.make_opsetid("", 17)], ir_version=9
    ).SerializeToString()
    feeds = dict(zip(names, arrays, strict=True))
    session = onnxruntime.InferenceSession(data, providers=["CPUExecutionProvider"])
    found = Graph.load(data, "one").run({k: torch.tensor(v) for k, v in feeds.items()}).numpy()
    assert np.allclose(found, session.run(None, feeds)[0], atol=1e-5)
    assert operator in OPERATORS


def test_reshape_keeps_a_side_of_0():
    x, shape = torch.zeros(2, 3, 4), torch.tensor([0, -1])
    assert OPERATORS["Reshape"]({}, x, shape).shape == (2, 12)
    assert OPERATORS["Reshape"]({"allowzero": 1}, torch.zeros(0, 3), torch.tensor([3, 0])).shape == (3, 0)


@pytest.mark.parametrize(("axis", "indices"), [(0, 1), (1, [2, 0]), (-1, [[0, -1], [3, 3]])])
def test_gather_is_numpys_take(axis, indices):
    x = np.arange(24.0).reshape(2, 3, 4)
    found = OPERATORS["Gather"]({"axis": axis}, torch.tensor(x), torch.tensor(indices))
    assert np.array_equal(found.numpy(), np.take(x, indices, axis))


def test_whole_numbers_divide_to_whole_numbers() -> None:
    """Sizes did not, once: no picture could be refined with a synthesis that works some out."""
    found = OPERATORS["Div"]({}, torch.tensor([7, 64]), torch.tensor(2))
    assert found.dtype == torch.int64 and found.tolist() == [3, 32]
    assert OPERATORS["Div"]({}, torch.tensor([7.0]), torch.tensor(2.0)).tolist() == [3.5]
