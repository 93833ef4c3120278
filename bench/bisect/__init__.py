"""Which release made the difference: versions measured in pairs until the step is found."""
