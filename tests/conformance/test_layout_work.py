"""No adapter moves images to another layout within a step; and one that does is found."""

import json
import subprocess
import textwrap
from pathlib import Path

import pytest

from tests.conformance.conftest import ROOT, python, variables
from tests.helpers.patience import PATIENT_S

MOVES = Path(__file__).with_name("layout_moves.py")
IMAGES = Path(__file__).with_name("image_model.py")

FRAMEWORKS = ("jax", "tf", "torch")
"""NumPy and MLX have nothing that tells what they really run."""

MOVING = {
    "jax": """
        import jax
        def mover(x):
            move, placed = jax.jit(lambda x: x.transpose(0, 2, 3, 1)), jax.numpy.array(x)
            return lambda: move(placed)
        """,
    "tf": """
        import tensorflow as tf
        def mover(x):
            move, placed = tf.function(lambda x: tf.transpose(x, (0, 2, 3, 1))), tf.constant(x)
            return lambda: move(placed)
        """,
    "torch": """
        import torch
        def mover(x):
            placed = torch.tensor(x)
            return lambda: placed.permute(0, 2, 3, 1).contiguous()
        """,
}
"""An adapter with one transposition too many."""

STEP = """
def build(workload, arrays):
    (step, _), move = right.build(workload, arrays), mover(arrays.inputs["x"])
    def moving():
        move()
        return step()
    return moving
"""


def moves(framework, *pairs):
    """How often each operation that moves an image runs in a step, for each module and work."""
    asked = [word for module, work in pairs for word in (module, f"images/{work}/4")]
    done = subprocess.run(
        [python(framework), "-P", MOVES, framework, IMAGES, "smoke", *asked],
        env=variables(framework),
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=PATIENT_S,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-8000:]
    return json.loads(done.stdout.splitlines()[-1])


@pytest.mark.parametrize("framework", FRAMEWORKS)
def test_no_step_moves_images_and_one_that_does_is_found(tmp_path, framework):
    right, path = f"frameworks.{framework}.adapter", tmp_path / "moving.py"
    names = "NAME, devices, memory, start, to_numpy, wait"
    head = f"from frameworks.{framework} import adapter as right\n"
    head += f"from frameworks.{framework}.adapter import {names}\n"
    path.write_text(head + textwrap.dedent(MOVING[framework]) + STEP)
    *honest, moving = moves(framework, (right, "forward"), (right, "train"), (str(path), "forward"))
    assert honest == [{}, {}]
    assert sum(moving.values()) == 1
