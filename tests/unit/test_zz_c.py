import sys
sys.path.insert(0,'/tmp/w/C')
import pytest
from tests.conformance.conftest import *
import tests.conformance.conftest as c
import os
FW=os.environ.get("FW","numpy,jax,torch,mlx,tf").split(",")
PR=os.environ.get("PR","float32").split(",")
ONLY=os.environ.get("ONLY","decoder_")
@pytest.mark.parametrize("precision", PR)
@pytest.mark.parametrize("framework", FW)
def test(examine, framework, precision):
    for e in FRAMEWORKS[framework].executions:
        bad=examine(framework,"cpu",e,precision,suites=("matmul","hackintosh",c.DEEP,),only=type("O",(),{"__contains__":lambda s,x: ("writer_" in x or "64" in x or "100" in x) and "_10" not in x[:0]})())
        print(framework,e,precision,bad)
        assert not bad
