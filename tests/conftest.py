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
