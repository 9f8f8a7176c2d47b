"""Weights in and out of a checkpoint, checked."""

from __future__ import annotations

from collections.abc import Callable, Container, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.overrides import TorchFunctionMode

from occviewer.errors import CheckpointError


def stored_tensors(
    path: Path, network: nn.Module, prefix: str, half: bool, *, exact: Container[str] = ()
) -> dict[str, Tensor]:
    """Tensors of a network as they go into the file; those named in `exact` stay float32."""
    tensors = {}
    for name, tensor in network.state_dict().items():
        tensor = tensor.detach().cpu()
        if tensor.is_floating_point():
            halved = half and name not in exact
            tensor = tensor.to(torch.float16 if halved else torch.float32)
            if not _is_finite(tensor):
                what = "too large for float16 or not finite" if halved else "not finite"
                raise CheckpointError(
                    f"{path} was not written: weights in {name} are {what}; "
                    f"{'store float32 instead' if halved else 'train with a smaller rate'}."
                )
        tensors[prefix + name] = tensor.contiguous().clone()
    return tensors


def fill(path: Path, file: Any, network: nn.Module, names: list[str], prefix: str) -> None:  # noqa: ANN401
    """Give a network without memory its weights, if they fit; for evaluation, on the CPU."""
    wanted = {prefix + name: tensor for name, tensor in network.state_dict().items()}
    _compare(path, wanted, {name: file.get_slice(name).get_shape() for name in names})
    state = {
        name.removeprefix(prefix): _converted(path, name, file.get_tensor(name), wanted[name])
        for name in wanted
    }
    # Copied: within the file tensors lie where its header ends, and the fast kernels want
    # them aligned. What they round must not depend on how long a header is, either.
    network.load_state_dict({name: tensor.clone() for name, tensor in state.items()}, assign=True)
    network.requires_grad_(False).eval()


class WithoutInitialising(TorchFunctionMode):
    """Leave new weights as they are: to fill tensors without memory imports half of torch."""

    def __torch_function__(
        self,
        func: Callable[..., Any],
        types: Any,  # noqa: ANN401 - as torch declares it
        args: tuple[Any, ...] = (),
        kwargs: Mapping[str, Any] | None = None,
    ) -> Any:  # noqa: ANN401
        kwargs = kwargs or {}
        if getattr(func, "__module__", "") == "torch.nn.init" or func in (
            Tensor.normal_,
            Tensor.uniform_,
        ):
            return kwargs["tensor"] if "tensor" in kwargs else args[0]
        if func is torch.eye and len(args) == 2:
            return torch.empty(args, **kwargs)
        if func is Tensor.repeat and all(isinstance(times, int) for times in args[1:]):
            tensor, times = args[0], args[1:]
            sizes = (1,) * (len(times) - tensor.ndim) + tuple(tensor.shape)
            return tensor.new_empty([n * size for n, size in zip(times, sizes, strict=True)])
        return func(*args, **kwargs)


def damaged(path: Path, what: str) -> CheckpointError:
    """Say what is damaged in a checkpoint."""
    return CheckpointError(f"{path} is damaged: {what}; write or download it again.")


def _compare(path: Path, wanted: Mapping[str, Tensor], found: Mapping[str, list[int]]) -> None:
    """Complain of the first tensor that is missing, has the wrong shape or is unexpected."""
    missing = [name for name in wanted if name not in found]
    wrong = [n for n in wanted if n in found and list(wanted[n].shape) != list(found[n])]
    surplus = [name for name in found if name not in wanted]
    if missing:
        problem = f"{missing[0]} is missing"
    elif wrong:
        name = wrong[0]
        problem = f"{name} has shape {tuple(found[name])} instead of {tuple(wanted[name].shape)}"
    elif surplus:
        problem = f"{surplus[0]} belongs to no part of it"
    else:
        return
    more = len(missing) + len(wrong) + len(surplus) - 1
    others = f" (and {more} more like it)" if more else ""
    raise CheckpointError(
        f"{path} does not fit its own network: the tensor {problem}{others}; "
        "write or download it again."
    )


def _converted(path: Path, name: str, tensor: Tensor, wanted: Tensor) -> Tensor:
    if tensor.is_floating_point() != wanted.is_floating_point():
        raise damaged(path, f"the tensor {name} has the type {tensor.dtype}")
    tensor = tensor.to(wanted.dtype)
    if tensor.is_floating_point() and not _is_finite(tensor):
        raise CheckpointError(
            f"{path} has weights that are not finite (in {name}); its training went wrong or the "
            "file is damaged, so use another checkpoint."
        )
    return tensor


def _is_finite(tensor: Tensor) -> bool:
    # By numpy: torch wakes all its threads for each of a hundred small tensors.
    return bool(np.isfinite(tensor.numpy()).all())
