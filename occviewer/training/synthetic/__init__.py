"""Furniture made up by rules: as many different training shapes as one asks for."""
