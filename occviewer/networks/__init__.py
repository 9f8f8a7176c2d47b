"""Torch modules: one file per architecture, built from plain configurations."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from occviewer.networks.base import Features, OccupancyNetwork, PointCloudNetwork
from occviewer.networks.convonet import ConvONet
from occviewer.networks.convonet_crop import CropConvONet
from occviewer.networks.deepsdf import DeepSDF
from occviewer.networks.house import HouseNetwork
from occviewer.networks.ifnet import IFNet
from occviewer.networks.imnet import IMNet
from occviewer.networks.mlp import ShapeMLP
from occviewer.networks.onet import ONet
from occviewer.networks.pointnetpp import PointConvONet
from occviewer.networks.vecset import VecSet

__all__ = [
    "NETWORKS",
    "ConvONet",
    "CropConvONet",
    "Features",
    "HouseNetwork",
    "ONet",
    "OccupancyNetwork",
    "PointCloudNetwork",
    "PointConvONet",
    "build_network",
]

NETWORKS: dict[str, type[OccupancyNetwork]] = {
    network.architecture: network
    for network in (
        ONet,
        ConvONet,
        HouseNetwork,
        PointConvONet,
        CropConvONet,
        DeepSDF,
        IMNet,
        IFNet,
        VecSet,
        ShapeMLP,
    )
}


def build_network(config: Mapping[str, Any]) -> OccupancyNetwork:
    """Make a network with fresh weights from its configuration.

    Parameters
    ----------
    config : mapping
        ``architecture`` (a key of `NETWORKS`) and the constructor's parameters; what is
        missing takes its default. `OccupancyNetwork.config` is such a mapping.

    Raises
    ------
    ValueError
        When the architecture or a parameter is unknown, or a value impossible.
    """
    parameters = dict(config)
    architecture = parameters.pop("architecture", None)
    if architecture not in NETWORKS:
        known = ", ".join(sorted(NETWORKS))
        raise ValueError(f"Unknown architecture {architecture!r}; known are {known}.")
    try:
        return NETWORKS[architecture](**parameters)
    except TypeError as error:
        raise ValueError(f"The configuration of {architecture} does not fit: {error}.") from error
