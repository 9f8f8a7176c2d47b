"""Families of published networks: what their files look like and what goes without saying."""

from occviewer.models.families.base import Family, Setting
from occviewer.models.families.convonet import CONVONET
from occviewer.models.families.onet import ONET

__all__ = ["FAMILIES", "Family", "Setting"]

FAMILIES: tuple[Family, ...] = (ONET, CONVONET)
"""Every family that files are compared with."""
