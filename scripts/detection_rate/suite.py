"""The product as a suite of one case."""

from scripts.detection_rate.work import N
from suites.workload import Product


def cases(preset):
    """The one product, in every preset."""
    return (Product(suite="power", name="product", m=N, k=N, n=N),)
