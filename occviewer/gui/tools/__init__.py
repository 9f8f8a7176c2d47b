"""Tools on the cloud: what the mouse does in the 3D view besides moving the camera.

`projecting`, `selecting`, `moving` and `cropping` are numbers only and know no Qt.
"""
