"""What a reader must know before believing a figure, gravest first."""
