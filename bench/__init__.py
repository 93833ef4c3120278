"""The harness: plan, environments, launch, measure, verify, record."""
