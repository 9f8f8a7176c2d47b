"""Meshes to labelled shapes, shapes to examples, examples to a trained model, and its scores.

Import the modules themselves: the training loop and what it reads with must work where
only torch, numpy and safetensors are installed.
"""
