"""The latent space of each kind of model, and the one function that opens it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import torch
from torch import Tensor, nn

from occviewer.latent.axes import (
    FEWEST_CODES,
    Axes,
    LatentError,
    Offsets,
    axes_of_vectors,
    random_axes,
    trained_axes,
)
from occviewer.latent.particulars import (
    kept_in_blend,
    kept_when_moved,
    own_in_blend,
    own_when_moved,
)
from occviewer.latent.space import LatentSpace
from occviewer.models.checkpoint import load_bottleneck
from occviewer.models.codes import Code, CodeError
from occviewer.models.model import Model
from occviewer.networks.bottleneck import Bottleneck

_VECTOR = "c"  # the only tensor of codes that are vectors
_RANDOM_AXES = 16


class BottleneckSpace(LatentSpace):
    """Features of a local model through its bottleneck."""

    def __init__(self, model: Model, bottleneck: Bottleneck) -> None:
        self._bottleneck = bottleneck.to(model.device)
        _lay_out(self._bottleneck)
        super().__init__(model, trained_axes(self._bottleneck), "")

    def _vector_of(self, tensors: Mapping[str, Tensor]) -> Tensor:
        return self._bottleneck.encode({name: t[None] for name, t in tensors.items()})[0]

    def _tensors_of(self, vector: Tensor) -> dict[str, Tensor]:
        return {name: t[0] for name, t in self._bottleneck.decode(vector[None]).items()}

    def _moved(self, vector: Tensor, axes: Axes, offsets: Offsets) -> tuple[Tensor, float]:
        distance = float(axes.steps(offsets).norm())
        kept, own = kept_when_moved(distance), own_when_moved(distance)
        moved = axes.moved_among_shapes(vector, offsets, own)
        outline, cells = moved.tensor_split([self._bottleneck.outline])
        return torch.cat([outline, kept * cells]), kept

    def _mixed(self, vectors: Tensor, shares: Sequence[float]) -> tuple[Tensor, Sequence[float]]:
        outlines, cells = vectors.tensor_split([self._bottleneck.outline], 1)
        kept = kept_in_blend(cells, shares)
        mixed = (outlines.new_tensor(shares) @ outlines, cells.new_tensor(kept) @ cells)
        vector = torch.cat(mixed)
        if self.axes is not None:
            vector = self.axes.moved_among_shapes(vector, (), own_in_blend(kept))
        return vector, kept


class VectorSpace(LatentSpace):
    """Codes that are a vector and nothing else."""

    def _vector_of(self, tensors: Mapping[str, Tensor]) -> Tensor:
        return tensors[_VECTOR]

    def _tensors_of(self, vector: Tensor) -> dict[str, Tensor]:
        return {_VECTOR: vector.clone()}

    def _beyond(
        self, tensors: Mapping[str, Tensor], explained: Mapping[str, Tensor]
    ) -> dict[str, Tensor]:
        if tensors[_VECTOR].shape != explained[_VECTOR].shape:
            raise KeyError(_VECTOR)
        return {}  # rounding is no detail


class FeatureSpace(LatentSpace):
    """Features of a local model that has no bottleneck: they can be blended only."""

    def _vector_of(self, tensors: Mapping[str, Tensor]) -> Tensor:
        return torch.zeros(0, device=self._device)

    def _tensors_of(self, vector: Tensor) -> dict[str, Tensor]:
        return {}


def latent_space(
    model: Model, codes: Sequence[Code] = (), *, random_seed: int | None = None
) -> LatentSpace:
    """Open the latent space of a model.

    Parameters
    ----------
    model : Model
    codes : sequence of Code
        For a model whose codes are vectors: from three on, the axes are their principal
        components. Not needed where axes were stored with the model.
    random_seed : int, optional
        For such a model: take random orthogonal directions around the first code as axes.

    Returns
    -------
    LatentSpace
        It can always blend. Where it has no `axes`, it says why.

    Raises
    ------
    CheckpointError
        The model's file is damaged.
    LatentError
        The codes are all the same, or there is none to lay random axes around.
    """
    bottleneck = None if model.path is None else load_bottleneck(model.path)
    if bottleneck is not None:
        return BottleneckSpace(model, bottleneck)
    if model.network.architecture != "onet":
        return FeatureSpace(
            model,
            None,
            f"The model {model.name!r} keeps shapes in local features without a latent vector, "
            "so there are no sliders and no samples, but interpolation works; a model of the "
            "architecture 'house' gets a latent space by  occviewer train-latent.",
        )
    vectors = [_vector(code, model) for code in codes]
    axes = None
    if random_seed is not None:
        if not vectors:
            raise LatentError("Random axes start from a code: encode a scan first.")
        axes = random_axes(vectors[0], _RANDOM_AXES, random_seed)
    elif len(vectors) >= FEWEST_CODES:
        axes = axes_of_vectors(torch.stack(vectors))
    return VectorSpace(
        model,
        axes,
        f"The model {model.name!r} has a latent vector, but no axes were stored with it: give at "
        f"least {FEWEST_CODES} codes to find their principal axes, or take random ones.",
    )


def _vector(code: Code, model: Model) -> Tensor:
    if set(code.tensors) != {_VECTOR}:
        raise CodeError(
            f"The code does not fit the model {model.name!r}; encode the scan with this model."
        )
    return code.tensors[_VECTOR].to(model.device)


def _lay_out(network: nn.Module) -> None:
    """Lay out convolution weights as the fast kernels want them."""
    for module in network.modules():
        if isinstance(module, nn.Conv2d | nn.ConvTranspose2d):
            module.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
        elif isinstance(module, nn.Conv3d | nn.ConvTranspose3d):
            module.to(memory_format=torch.channels_last_3d)  # type: ignore[call-overload]
