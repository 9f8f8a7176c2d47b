"""Families of published networks: what their files look like and what goes without saying."""

from occviewer.models.families.base import Family, Setting
from occviewer.models.families.convonet import CONVONET
from occviewer.models.families.deepsdf import DEEPSDF
from occviewer.models.families.ifnet import IFNET
from occviewer.models.families.imnet import IMNET
from occviewer.models.families.mlp import MLP
from occviewer.models.families.onet import ONET
from occviewer.models.families.vecset import VECSET

__all__ = ["FAMILIES", "Family", "Setting"]

FAMILIES: tuple[Family, ...] = (ONET, CONVONET, IFNET, DEEPSDF, IMNET, VECSET, MLP)
"""Every family that files are compared with."""
