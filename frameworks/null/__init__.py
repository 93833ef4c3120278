"""null: no framework; measures the harness."""
