"""Codes: what an encoder makes of an observation."""

from __future__ import annotations

import io
import json
import math
import os
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from types import MappingProxyType
from typing import Any

import numpy as np
import torch
from torch import Tensor

from occviewer.errors import OccviewerError
from occviewer.files import write_whole
from occviewer.placement import Placement

_FORMAT = "occviewer-code"
_ABOUT = "about"
_LENIENCY = "leniency"


class CodeError(OccviewerError):
    """A code cannot be read or written, or belongs to another model."""


@dataclass(frozen=True, eq=False)
class Code:
    """A latent vector, or feature planes and grids, with where its observation lies.

    Attributes
    ----------
    tensors : mapping of str to Tensor
        Float32, without a batch dimension: for the house model ``plane_xz``, ``plane_xy``,
        ``plane_yz`` (C, R, R) and ``grid`` (C, R, R, R), for ONet ``c`` (c_dim,). Not to be
        written to.
    placement : Placement
        From the observation's world to the box, in which the code lives.
    model : str
        Name of the model whose code it is.
    notes : tuple of str
        What a person should know: how the cloud was cleaned, how it was placed.
    facts : mapping
        The same for programs, as JSON values: points read and used, the alignment.
    """

    tensors: Mapping[str, Tensor]
    placement: Placement
    model: str
    notes: tuple[str, ...] = ()
    facts: Mapping[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        object.__setattr__(self, "tensors", MappingProxyType(dict(self.tensors)))
        object.__setattr__(self, "facts", MappingProxyType(dict(self.facts)))
        object.__setattr__(self, "notes", tuple(self.notes))

    @property
    def leniency(self) -> float:
        """What is added to the logits of the code's field; see `lenient`."""
        value = self.facts.get(_LENIENCY, 0.0)
        known = isinstance(value, int | float) and math.isfinite(value)
        return float(value) if known else 0.0

    def lenient(self, leniency: float) -> Code:
        """Take less than usual for inside, by so many logits.

        Of a shape between others less is known than of one that was seen: its thin parts would
        be missing at the level that suits those.
        """
        facts = {name: value for name, value in self.facts.items() if name != _LENIENCY}
        if leniency:
            facts[_LENIENCY] = leniency
        return replace(self, facts=facts)

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write the code to an ``.npz`` file, beside its place and then renamed.

        Raises
        ------
        CodeError
            The suffix is another, or the file cannot be written.
        """
        path = Path(path)
        if path.suffix.lower() != ".npz":
            raise CodeError(f"{path}: a code is written as .npz; choose a name that ends so.")
        about = {
            "format": _FORMAT,
            "model": self.model,
            "placement": self.placement.as_dict(),
            "notes": list(self.notes),
            "facts": dict(self.facts),
        }
        content = io.BytesIO()
        arrays = {f"tensor_{name}": t.detach().cpu().numpy() for name, t in self.tensors.items()}
        arrays[_ABOUT] = np.array(json.dumps(about))
        np.savez_compressed(content, allow_pickle=False, **arrays)
        write_whole(path, content.getvalue(), CodeError)

    @classmethod
    def load(cls, path: str | os.PathLike[str]) -> Code:
        """Read what `save` wrote; tensors are on the CPU. Runs nothing that a file contains.

        Raises
        ------
        CodeError
            The file is missing, damaged or no code.
        """
        path = Path(path)
        try:
            # Opened here, because numpy leaves a damaged file open.
            with path.open("rb") as stream, np.load(stream, allow_pickle=False) as file:
                about = json.loads(str(file[_ABOUT][()]))
                if about["format"] != _FORMAT:
                    raise KeyError("format")
                tensors = {
                    name.removeprefix("tensor_"): torch.from_numpy(file[name].astype(np.float32))
                    for name in file.files
                    if name != _ABOUT
                }
            code = cls(
                tensors,
                Placement.from_dict(about["placement"]),
                str(about["model"]),
                tuple(str(note) for note in about["notes"]),
                dict(about["facts"]),
            )
        except FileNotFoundError as error:
            raise CodeError(f"{path} does not exist; check the path.") from error
        except OSError as error:
            raise CodeError(
                f"{path} cannot be read ({error.strerror or error}); check the path."
            ) from error
        except Exception as error:  # whatever a damaged file does to zip, numpy and JSON
            raise CodeError(
                f"{path} is no code that OccViewer saved, or is damaged; encode the scan again."
            ) from error
        if not all(bool(torch.isfinite(tensor).all()) for tensor in code.tensors.values()):
            raise CodeError(f"{path} holds numbers that are not finite; encode the scan again.")
        return code
