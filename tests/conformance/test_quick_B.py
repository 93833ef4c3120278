import pytest
from tests.conformance.conftest import DEEP
import os
ONLY = tuple(f"deep/{n}" for n in os.environ["ONLY"].split(","))
@pytest.mark.parametrize(("framework","execution"), [("torch","eager"),("torch","compile"),("tf","function"),("tf","xla"),("tf","eager"),("jax","jit"),("mlx","compile"),("mlx","lazy")])
def test_quick(examine, framework, execution):
    assert examine(framework, execution=execution, suites=(DEEP,), only=ONLY) == []
