"""The document: all that a session holds, the changes it allows, and its files."""

from occviewer.document import commands
from occviewer.document.errors import DocumentError
from occviewer.document.history import History
from occviewer.document.model_reference import ModelReference
from occviewer.document.picture_source import Masking, Picture, PictureFit, PictureSource
from occviewer.document.recovery import Autosave, Recoverable, find_recoverable
from occviewer.document.session import SUFFIX, load_session, save_session
from occviewer.document.settings import BlendPad, ExtractionSettings, SamplingSettings, Track
from occviewer.document.shape import LatentEdit, Shape, ShelfEntry
from occviewer.document.shape_source import ShapeSource
from occviewer.document.source import Placing, Source
from occviewer.document.state import Document
from occviewer.document.voxel_source import VoxelSource

__all__ = [
    "SUFFIX",
    "Autosave",
    "BlendPad",
    "Document",
    "DocumentError",
    "ExtractionSettings",
    "History",
    "LatentEdit",
    "Masking",
    "ModelReference",
    "Picture",
    "PictureFit",
    "PictureSource",
    "Placing",
    "Recoverable",
    "SamplingSettings",
    "Shape",
    "ShapeSource",
    "ShelfEntry",
    "Source",
    "Track",
    "VoxelSource",
    "commands",
    "find_recoverable",
    "load_session",
    "save_session",
]
