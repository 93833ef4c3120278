"""What several adapters use: layers as functions, layouts, windows, batches, lives, versions."""
