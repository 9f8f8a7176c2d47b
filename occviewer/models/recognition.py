"""Which network a file of tensors belongs to, by their names and shapes alone."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import torch

from occviewer.errors import CheckpointError
from occviewer.models.families.base import Config, Family, Settings, Shapes
from occviewer.models.sniffing import one_line
from occviewer.models.weights import WithoutInitialising
from occviewer.networks import OccupancyNetwork, build_network

# Batch norms count their batches since PyTorch 0.4.1, and nothing needs the number.
_COUNTERS = r".*\bnum_batches_tracked$"

_SHOWN = 3


@dataclass(frozen=True)
class Fit:
    """How well the tensors of a file fit a family.

    Attributes
    ----------
    family : Family
    config : dict
        Of the network that fits best.
    network : OccupancyNetwork
        Without memory (on the meta device).
    missing, unexpected : tuple of str
        Names that the network has and the file has not, and the other way round.
    wrong : tuple of (str, tuple, tuple)
        Names of another shape, the file's shape and the network's.
    score : float
        Share of the names in either that agree, 0..1.
    """

    family: Family
    config: Config
    network: OccupancyNetwork
    missing: tuple[str, ...]
    unexpected: tuple[str, ...]
    wrong: tuple[tuple[str, tuple[int, ...], tuple[int, ...]], ...]
    score: float

    @property
    def fits(self) -> bool:
        """Whether nothing is left over on either side."""
        return not (self.missing or self.unexpected or self.wrong)

    def differences(self) -> str:
        """Say what does not agree."""
        parts = []
        if self.missing:
            parts.append(f"{_counted(self.missing)} missing ({_listed(self.missing)})")
        if self.unexpected:
            parts.append(f"{_counted(self.unexpected)} unexpected ({_listed(self.unexpected)})")
        if self.wrong:
            shapes = [f"{name} is {found}, expected {want}" for name, found, want in self.wrong]
            parts.append(f"{_counted(shapes)} of another shape ({_listed(shapes)})")
        return ", ".join(parts)


def fit(family: Family, shapes: Shapes, settings: Settings) -> Fit | str:
    """Compare the tensors of a file with a family; say why where no network can be made."""
    try:
        config = family.configure(shapes, settings)
        config.update({name: settings[name] for name in ("scale", "axes") if name in settings})
        with torch.device("meta"), WithoutInitialising():
            network = build_network(config)
    except Exception as error:  # whatever impossible shapes do to a constructor
        return one_line(error)
    wanted = {name: tuple(tensor.shape) for name, tensor in network.state_dict().items()}
    optional = re.compile(f"{_COUNTERS}|{family.ignored}")
    missing = [n for n in wanted if n not in shapes and not optional.match(n)]
    unexpected = [n for n in shapes if n not in wanted and not optional.match(n)]
    wrong = [
        (name, tuple(shapes[name]), shape)
        for name, shape in wanted.items()
        if name in shapes and tuple(shapes[name]) != shape and not optional.match(name)
    ]
    agree = sum(name in shapes for name in wanted) - len(wrong)
    total = agree + len(missing) + len(unexpected) + len(wrong)
    return Fit(
        family,
        config,
        network,
        tuple(missing),
        tuple(unexpected),
        tuple(wrong),
        agree / max(total, 1),
    )


def recognise(
    path: Path, families: Sequence[tuple[Family, Shapes, Settings]], hint: str = ""
) -> Fit:
    """Find the family whose network the tensors of a file are.

    Parameters
    ----------
    path : Path
        For the message.
    families : sequence of (Family, Shapes, Settings)
        What to compare with; the shapes under the family's names.
    hint : str
        Said at the end of the message where nothing fits.

    Raises
    ------
    CheckpointError
        None fits; the message says which came closest and what is different.
    """
    found = [fit(*candidate) for candidate in families]
    fits = [candidate for candidate in found if isinstance(candidate, Fit)]
    best = max(fits, key=lambda candidate: (candidate.fits, candidate.score), default=None)
    if best is not None and best.fits:
        return best
    advice = hint or "choose a checkpoint of a family that occviewer inspect --families lists"
    if best is None or best.score < 0.05:
        shapes = families[0][1] if families else {}
        raise CheckpointError(
            f"{path} fits no network that OccViewer knows: expected the tensors of one of "
            f"{', '.join(family.name for family, _, _ in families)}, found {_listed(list(shapes))};"
            f" {advice}."
        )
    raise CheckpointError(
        f"{path} fits no network that OccViewer knows. Closest is {best.family.title}: "
        f"{best.differences()}; {advice}."
    )


def _counted(names: Sequence[object]) -> str:
    return "1 tensor is" if len(names) == 1 else f"{len(names)} tensors are"


def _listed(names: Sequence[str]) -> str:
    shown = ", ".join(names[:_SHOWN])
    return f"{shown}, …" if len(names) > _SHOWN else shown or "none"
