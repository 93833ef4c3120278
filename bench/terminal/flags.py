"""The flags that several commands take, each with its line of help."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from bench.values import path

Framework = Annotated[
    str, typer.Option(help="Contenders, as in torch,torch@compile,jax==0.4.38,./mine.py.")
]
Suite = Annotated[str, typer.Option(help="Suites by name, or paths of .py files.")]
Case = Annotated[str, typer.Option(help="Cases of these suites alone, as in train/64.")]
Device = Annotated[str, typer.Option(help="cpu, gpu, all, or a device id.")]
Precision = Annotated[str, typer.Option(help="float32, float16, bfloat16.")]
Preset = Annotated[str, typer.Option(help="smoke, quick, standard or full.")]
Out = Annotated[Path, typer.Option(parser=path, help="Folder for the folders of runs.")]
Label = Annotated[
    str,
    typer.Option(
        help="A name for this machine, as public as its records: tells it from others of its kind."
    ),
]
Threads = Annotated[int | None, typer.Option(help="CPU threads of each framework.")]
Seed = Annotated[int, typer.Option(help="Seed of weights and data.", min=0)]
Timeout = Annotated[int, typer.Option(help="Seconds any one stage may take.", min=1, max=86400)]
Trust = Annotated[
    str, typer.Option(help="Leave out runs that are not shown to be: intact, signed, worked, ...")
]
Signers = Annotated[
    Path | None,
    typer.Option(parser=path, help="Your list of keys, as ALLOWED SIGNERS of man ssh-keygen."),
]
DataDir = Annotated[
    Path | None,
    typer.Option(parser=path, help="Folder with copies of published data; no downloads then."),
]
Time = Annotated[str, typer.Option(help="How long the run may take once it is set up: 5m, 1h.")]
Target = Annotated[
    str, typer.Option(help="Sampling ends at this width of a 95 % interval, as in 1%.")
]
Budget = Annotated[float | None, typer.Option(help="Most seconds that one cell may take.")]
Rounds = Annotated[int | None, typer.Option(help="Rounds of each cell, if its budget allows.")]
Starts = Annotated[
    int | None, typer.Option(help="Fresh processes for each cell; 6 show how starts differ.")
]
Memory = Annotated[str, typer.Option(help="Memory one framework's process may take, as in 8G.")]
Index = Annotated[
    str, typer.Option(help="Address or folder where versions asked for are looked for first.")
]
Isolate = Annotated[
    str,
    typer.Option(
        help="`case`: fresh processes for every case, which inherits no memory then; slower."
    ),
]
Resume = Annotated[
    bool, typer.Option("--resume", help="Continue the newest such run that broke off.")
]
Verbose = Annotated[bool, typer.Option("--verbose", help="End with all tables.")]

RecordsOnly = Annotated[
    bool, typer.Option("--records-only", help="Write no report: who asked for it has one made.")
]

Hosts = Annotated[str, typer.Option(help="A hosts file, or local:4: four slots here for a trial.")]
SentTo = Annotated[
    str, typer.Option("--store", help="Store that gets the run once it has ended: s3://...")
]
OfStore = Annotated[
    str, typer.Option("--store", help="Report on runs of this store, in place of RESULTS.")
]
Where = Annotated[
    str, typer.Option(help="With --store: a condition of SQL, as in \"chip = 'Apple M4'\".")
]
Store = Annotated[str, typer.Option(help="Store that gets the finished runs: a folder, s3://...")]
ResumeFleet = Annotated[bool, typer.Option("--resume", help="Go on with the newest such fleet.")]

Good = Annotated[str, typer.Option(help="Older version, known to be good, as in 2.8.0.")]
Bad = Annotated[str, typer.Option(help="Newer version, slower than that, as in 2.15.0.")]
Slower = Annotated[str, typer.Option(help="A smaller difference counts as none.")]
Wrong = Annotated[bool, typer.Option("--wrong", help="Look for wrong answers, not for time.")]
Disk = Annotated[str, typer.Option(help="Room that environments built for it may take, as in 8G.")]
Every = Annotated[int, typer.Option(help="Of the releases, every so many.", min=1)]

Minutes = Annotated[float, typer.Option(help="Minutes of work of each contender, 2 to 240.")]
Rest = Annotated[float, typer.Option(help="Seconds that the machine rests before each but one.")]

FolderOfRuns = Annotated[Path, typer.Argument(parser=path, help="Folder of the folders of runs.")]
OneMachine = Annotated[str, typer.Option(help="Part of its name; else that of the newest run.")]
FolderOfTrend = Annotated[Path, typer.Option(parser=path, help="Folder that gets trend.html.")]
Described = Annotated[
    Path | None, typer.Option("--machine", parser=path, help="Description of another machine.")
]
Paste = Annotated[
    bool, typer.Option("--paste", help="Read a machine from text as pasted in an issue.")
]
PastedFile = Annotated[
    Path | None, typer.Argument(parser=path, help="With --paste: its file; else it is typed.")
]
