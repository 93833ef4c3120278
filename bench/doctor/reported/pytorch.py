"""PyTorch, on Apple's GPUs and on AMD's.

A row ends below the first version that has the mend; open ends say that nobody has mended it.
"""

from __future__ import annotations

from bench.doctor.reported.families import RDNA2
from bench.doctor.reported.known import UNREPORTED_MACOS, Known

_TAHOE = ("26", UNREPORTED_MACOS)
_APPLE = ("Apple",)
"""Any chip of Apple's, where no report speaks of AMD's GPUs."""

PYTORCH = (
    Known(
        package="torch",
        issue="pytorch#178697",
        what="linear layers give wrong answers on GPUs of AMD's RDNA2",
        why="from 256 inputs on they are off by 30 to 90 where 0.0001 is usual: nearly every cell "
        "of PyTorch on this GPU will be wrong, and ranked nowhere",
        severity="spoils",
        versions=("2.2.2", None),
        gpus=RDNA2,
    ),
    Known(
        package="torch",
        issue="pytorch#112186, pytorch#92311",
        what="argmax is wrong on AMD GPUs of Intel Macs",
        why="it gave only zeros or nonsense in 2.0 and 2.1, and nobody has said that 2.2.2 is "
        "better: accuracy in the suites learn and lifecycle may be wrong",
        severity="limits",
        versions=("2.0", None),
        gpus="AMD",
        do="Compare the accuracy with the CPU's: `make bench FRAMEWORK=torch DEVICE=cpu`.",
    ),
    Known(
        package="torch",
        issue="pytorch#122016",
        what="single elements are written to the wrong place since macOS 14.4",
        why="the update of the system alone changed results of PyTorch 2.2.0 and 2.2.1",
        severity="limits",
        versions=("2.2", "2.2.2"),
        macos=("14.4", None),
    ),
    Known(
        package="torch",
        issue="pytorch#124335",
        what="arrays of 4 GiB and more arrive on the GPU damaged",
        why="copies that large were cut up properly only from 2.3.1 on",
        versions=(None, "2.3.1"),
    ),
    Known(
        package="torch",
        issue="pytorch#193487",
        what="products may be wrong depending on what was allocated before",
        why="10 to 30 % of scale, in 2.7 to 2.13: a cell can turn wrong in the middle of a run",
        severity="limits",
        versions=("2.7", "2.14"),
    ),
    Known(
        package="torch",
        issue="pytorch#188438, pytorch#192934",
        what="linear layers with a bias are wrong on M1 chips under macOS 26",
        why="inputs of three dimensions are off by a fifth: cells of the suite transformer will "
        "be wrong; seen on virtual M1s and not on M4",
        severity="limits",
        versions=(None, "2.14"),
        macos=_TAHOE,
        chips=("Apple M1",),
    ),
    Known(
        package="torch",
        issue="pytorch#187280",
        what="images of a diffusion model came out damaged under macOS 27",
        why="float16, on M4 Pro and a beta of macOS 27; 2.13 was confirmed to be right there, and "
        "that is all that is known of macOS 27",
        severity="limits",
        versions=(None, "2.13"),
        macos=(UNREPORTED_MACOS, None),
    ),
    Known(
        package="torch",
        issue="pytorch#191976, pytorch#184328",
        what="compiled layer norms and batch norms are wrong",
        why="layer norms by up to 1.8, averages of batch norms by 4 %, for want of a barrier: "
        "torch@compile in the suites transformer, cnn and vendor",
        severity="limits",
        versions=("2.7", "2.13"),
        execution="compile",
    ),
    Known(
        package="torch",
        issue="pytorch#189495",
        what="linear layers with a bias are wrong for batches beyond 65536",
        why="inputs of three dimensions overwrite one another's rows",
        versions=("2.12", "2.14"),
        macos=_TAHOE,
    ),
    Known(
        package="torch",
        issue="pytorch#169342",
        what="answers were wrong on M5 under macOS 26.2",
        why="reported of 2.9 and 2.10 on M5 Pro",
        severity="limits",
        versions=("2.9", "2.11"),
        macos=("26.2", UNREPORTED_MACOS),
        chips=("Apple M5",),
    ),
    Known(
        package="torch",
        issue="pytorch#195163, pytorch#177116",
        what="batched products that sum 32767 values or more are wrong on M1 and M2",
        why="values beyond the operands' end enter the sum; up to 2.13 plain products too, and "
        "so gradients of linear layers over as many rows",
        chips=("Apple M1", "Apple M2"),
    ),
    Known(
        package="torch",
        issue="pytorch#197636",
        what="batched products of more than 2^32 values are wrong, or their gradients",
        why="the answer may be right and the gradients wrong",
        macos=("15", None),
    ),
    Known(
        package="torch",
        issue="pytorch#95188, pytorch#97239, pytorch#122045",
        what="linear layers are wrong for some large inputs under macOS 13",
        why="reported under macOS 13.2.1 to 13.6.7, and not under 13.1",
        severity="limits",
        macos=("13.2", "14"),
    ),
    Known(
        package="torch",
        issue="pytorch#163597, pytorch#181133",
        what="attention to at most 8 positions is wrong for operands that were permuted",
        why="with heads of 64, 96 or 128 values and a batch of several; off by 3.6",
        versions=("2.8", "2.12"),
    ),
    Known(
        package="torch",
        issue="pytorch#180776",
        what="linear layers without a bias differ from call to call in 16 bits",
        why="for some shapes of three dimensions and more, in bfloat16 and float16",
        chips=_APPLE,
        do="Nothing in float32. With `PRECISION=bfloat16` or float16 every cell is verified.",
    ),
    Known(
        package="torch",
        issue="pytorch#183825",
        what="a layer norm whose input needs no gradient gets wrong ones itself",
        why="as the first layer of a model has it",
        versions=(None, "2.13"),
        chips=_APPLE,
    ),
    Known(
        package="torch",
        issue="pytorch#188335",
        what="convolutions with kernels of 256 and more are wrong",
        why="the system's kernel runs over its shared memory",
        chips=_APPLE,
    ),
    Known(
        package="torch",
        issue="pytorch#160743",
        what="average pooling that rounds its size up is wrong",
        why="`ceil_mode` alone; 2.9 computes it with a kernel of its own",
        versions=(None, "2.9"),
    ),
    Known(
        package="torch",
        issue="pytorch#96225",
        what="gradients of convolutions are wrong for batches of 65536 and more",
        why="the batch is counted in 16 bits",
        chips=_APPLE,
    ),
)
