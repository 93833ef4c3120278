"""WHAT is computed: layers, workloads, data, the float64 reference. No framework is named here."""
