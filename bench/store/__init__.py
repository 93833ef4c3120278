"""The store of many machines' runs, on any file system that fsspec knows."""
