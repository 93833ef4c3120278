"""What is measured beside time: energy, CPU load, what a device's driver counts."""
