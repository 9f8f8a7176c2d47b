"""One reader per file format; each returns raw arrays and never a `PointCloud`."""
