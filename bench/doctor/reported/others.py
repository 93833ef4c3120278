"""MLX, TensorFlow's plugin for Metal, and both of JAX's."""

from __future__ import annotations

from bench.doctor.reported.known import Known

OTHERS = (
    Known(
        package="mlx",
        issue="mlx#3800",
        what="gradients of grouped convolutions with a stride are wrong",
        why="the input's is 5 to 56 times off: training of MobileNetV2 and EfficientNet-B0 in the "
        "suite cnn will be wrong, and ranked nowhere",
        severity="spoils",
        versions=("0.18.1", "0.32"),
    ),
    Known(
        package="mlx",
        issue="mlx#3630, jax-mps#168",
        what="the gradient of a layer norm's bias is wrong now and then",
        why="in 5 to 15 % of evaluations, by all of its value: training in the suites transformer "
        "and vendor may be wrong, and a check may miss it",
        severity="spoils",
        versions=(None, "0.32"),
    ),
    Known(
        package="mlx",
        issue="mlx#3248, mlx#3327, mlx#3591",
        what="arrays of more than 2^31 values give wrong answers",
        why="convolutions, products and slices count places in 32 bits",
    ),
    Known(
        package="jax-mps",
        issue="jax-mps#168",
        what="the gradient of a layer norm's bias is wrong now and then",
        why="it computes with MLX, and carried its mend from 0.10.4 on: training in the suite "
        "transformer may be wrong, and a check may miss it",
        severity="spoils",
        versions=(None, "0.10.4"),
    ),
    Known(
        package="jax-mps",
        issue="jax-mps#195, jax-mps#206",
        what="loops, their gradients and large fused kernels may be wrong",
        why="kernels that could not be encoded left outputs unwritten, and values were read back "
        "too early",
        severity="limits",
        versions=(None, "0.10.10"),
    ),
    Known(
        package="tensorflow-metal",
        issue="tf-keras#140, keras#18370",
        what="the loss may grow without bound in training",
        why="from the first epoch on with TensorFlow 2.19, on M2 and M2 Pro under macOS 15.3, and "
        "nobody has said that others are spared: the suites learn and sweep may be wrong",
        severity="limits",
        versions=("1.2", None),
        beside=("tensorflow", ("2.19", "2.20")),
        do="Compare the loss with the CPU's: `make bench FRAMEWORK=tf DEVICE=cpu`.",
    ),
    Known(
        package="tensorflow-metal",
        issue="tensorflow#92686",
        what="dense models may answer differently on the GPU and on the CPU",
        why="reported of TensorFlow 2.14 with 1.1.0 and 2.16.2 with 1.2.0",
        severity="limits",
        versions=("1.1", None),
    ),
    Known(
        package="tensorflow-metal",
        issue="tensorflow#92564, tensorflow#62361, keras#21108",
        what="training may stall at a lower accuracy than elsewhere",
        why="87 to 89 % were reported where other devices reach 92.5 to 98 %",
        severity="limits",
        do="Compare the accuracy with the CPU's: `make bench FRAMEWORK=tf DEVICE=cpu`.",
    ),
    Known(
        package="jax-metal",
        issue="jax#16326, jax#16420, jax#17590",
        what="updates of slices, broadcasts and in1d are wrong",
        why="elements are written to the wrong places; the plugin is no longer maintained",
        severity="limits",
    ),
)
