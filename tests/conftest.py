"""What all tests share: few threads, and no network."""

import os
import socket

import pytest

# Several test processes at once must not fight for the cores; the variables also
# reach the programs that tests start. They count only before numpy and torch load.
for _variable in ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
    os.environ.setdefault(_variable, "1")


@pytest.fixture(autouse=True)
def no_network(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let a test reach this machine only (processes of distributed training talk here)."""
    connect = socket.socket.connect

    def connect_here(self: socket.socket, address) -> None:
        host = address[0] if isinstance(address, tuple) else ""
        if host not in ("", "localhost", "127.0.0.1", "::1", socket.gethostname()):
            pytest.fail(f"the tests use no network, but this one connects to {address}")
        connect(self, address)

    monkeypatch.setattr(socket.socket, "connect", connect_here)


@pytest.fixture
def onnx_model(tmp_path):
    """Make ONNX files of a network of one layer: how much red there is, beyond a bias.

    With ``keep`` the file gives back what it takes.
    """
    onnx = pytest.importorskip("onnx")
    from onnx import TensorProto, helper

    def make(name, bias=0.0, dtype="float32", shape=(1, 3, 64, 64), sigmoid=True, keep=False):
        kind = TensorProto.FLOAT if dtype == "float32" else TensorProto.FLOAT16
        weights = [
            helper.make_tensor("w", kind, (1, 3, 1, 1), [20.0, 0.0, 0.0]),
            helper.make_tensor("b", kind, (1,), [20.0 * bias]),
        ]
        if keep:
            nodes, weights = [helper.make_node("Identity", ["picture"], ["map"])], []
        else:
            nodes = [
                helper.make_node("Conv", ["picture", "w", "b"], ["map" if not sigmoid else "l"])
            ]
            if sigmoid:
                nodes.append(helper.make_node("Sigmoid", ["l"], ["map"]))
        out = shape if keep else (shape[0], 1, *shape[2:])
        graph = helper.make_graph(
            nodes,
            "red",
            [helper.make_tensor_value_info("picture", kind, shape)],
            [helper.make_tensor_value_info("map", kind, out)],
            weights,
        )
        model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)], ir_version=8)
        onnx.save(model, tmp_path / name)
        return tmp_path / name

    return make
