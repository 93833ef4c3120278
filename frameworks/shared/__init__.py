"""What several adapters use: layouts, windows, lifecycles, batches."""
