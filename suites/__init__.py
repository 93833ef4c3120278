"""WHAT is computed: layers, workloads, data and the float64 reference. No framework is named here."""
