"""What the figures come to: rankings, CPU against GPU, crossovers, configurations."""
