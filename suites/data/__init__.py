"""What workloads begin with: seeded arrays, batches from the host, published files."""
