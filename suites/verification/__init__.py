"""Whether answers are right: what is looked at, how it is compared, and the float64 reference."""
