"""What names a person, a computer or one single device, taken out of texts bound for a record."""

from __future__ import annotations

import builtins
import getpass
import keyword
import platform
import re
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path, PurePath

LEAST_LETTERS = 4
"""Of a name that is looked for: a shorter one is also a syllable, a unit or a variable."""

_COMMON = """
root admin administrator user users test tests tester guest nobody default owner home local
localhost host hostname server desktop laptop machine computer macbook imac macmini linux ubuntu
debian fedora docker container runner worker build builder bench metalbench jovyan service
deploy data model models case cell report result numpy torch pytorch tensorflow python metal
cuda nvidia apple intel radeon auto none true false error warning note device memory float
double will mark grant chase frank rich bill dean drew hope rose page young long white black
"""
"""Names of people and computers that are also words of ours: without them no text could be read."""

_WORDS = set(_COMMON.split()) | sys.stdlib_module_names | set(keyword.kwlist) | set(dir(builtins))

ELSEWHERE = "<folder>"
"""What a record has in the place of such a path."""

_CREDENTIALS = re.compile(r"(?<=://)[^/\s@]{1,400}@")
"""Name and password in an address."""

_DEVICE = re.compile(
    r"\b((?:(?:GPU|MIG)-)+)[0-9a-f]{8}\b[-0-9a-f]*"
    r"|\b[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\b",
    re.IGNORECASE,
)
"""A UUID, with what NVIDIA writes before it; after that, its beginning is enough."""

_MAIL = re.compile(
    r"(?<![\w/.+-])[\w.+-]{1,64}@(?:[\w-]{1,63}\.){1,6}(?!(?:py|so|whl|txt|json)\b)[A-Za-z]{2,24}\b"
)
"""An address of a person; `jax@0.4.38` and `torch@compile` are none."""

_NETWORK = re.compile(r"\b[0-9a-f]{2}(?:[:-][0-9a-f]{2}){5}\b", re.IGNORECASE)
"""The address of a network card, which no other card has."""

_SERIAL = re.compile(
    r"(\bserial(?: ?(?:number|no|nr)\b\.?)?[ \t]{0,4}[:=#]?[ \t]{0,4})(?=\S*\d)[A-Z0-9-]{6,40}\b",
    re.IGNORECASE,
)
"""After its name; without one a serial number is a word like any other."""

_WORDED = re.compile(
    r"(?:OMP_(?:PROC_BIND|PLACES|SCHEDULE|DYNAMIC|WAIT_POLICY)"
    r"|KMP_(?:AFFINITY|BLOCKTIME|HW_SUBSET|SETTINGS|LIBRARY)"
    r"|MKL_(?:DYNAMIC|CBWR|ENABLE_INSTRUCTIONS|THREADING_LAYER|INTERFACE_LAYER)"
    r"|OPENBLAS_CORETYPE|(?:CUDA|NVIDIA|HIP|ROCR)_VISIBLE_DEVICES|CUDA_DEVICE_ORDER"
    r"|CUDA_MODULE_LOADING|HSA_OVERRIDE_GFX_VERSION"
    r"|NVIDIA_DRIVER_CAPABILITIES|(?:TF_)?XLA_FLAGS|XLA_PYTHON_CLIENT_ALLOCATOR|JAX_PLATFORMS"
    r"|JAX_(?:DEFAULT_MATMUL_PRECISION|NUMPY_RANK_PROMOTION|DEFAULT_PRNG_IMPL)"
    r"|TF_GPU_(?:ALLOCATOR|THREAD_MODE)|PYTORCH_(?:CUDA_|HIP_)?ALLOC_CONF)"
)
"""Variables whose values are words of the framework; of others only numbers and switches tell."""

_SETTING = re.compile(r"[^/\\~@\"']{0,400}")
_SWITCH = re.compile(r"[+-]?[0-9]{0,9}(?:\.[0-9]{1,6})?|true|false|yes|no|on|off", re.IGNORECASE)


def anonymous(text: str) -> str:
    """The text without what names this user, this computer or one single device, as far as that can
    be told: also addresses of people and network cards, and serial numbers that are called so."""
    text = _CREDENTIALS.sub("", _DEVICE.sub(r"\1…", text))
    for name, placeholder in names():
        text = re.sub(rf"(?<!\w){re.escape(name)}(?!\w)", placeholder, text)
    text = _NETWORK.sub("<address>", _MAIL.sub("<address>", text))
    return _SERIAL.sub(r"\1…", text)


def setting(variable: str, value: str) -> str:
    """A tuning variable's value, or `set` where it may be a path, an address or a name."""
    kept = anonymous(value)
    usual = _SETTING if _WORDED.fullmatch(variable) else _SWITCH
    return kept if usual.fullmatch(kept) else "set"


def names() -> list[tuple[str, str]]:
    """This user's and this computer's names with what stands for them, the longest first."""
    host = platform.node()
    label = host.partition(".")[0]
    hosts = {host, label, f"{label}.local"} if _telling(label) else set()
    found = [(name, "<host>") for name in hosts]
    found += [(name, "<user>") for name in {_login(), Path.home().name} if _telling(name)]
    return sorted(found, key=lambda pair: -len(pair[0]))


def _login() -> str:
    try:
        return getpass.getuser()
    except (OSError, KeyError, ImportError):  # a container may give its user no name
        return ""


def _telling(name: str) -> bool:
    letters = len(re.findall("[^0-9_.-]", name))
    return letters >= LEAST_LETTERS and name.lower() not in _WORDS


def scrub(text: str) -> str:
    """The text fit for a record: in valid Unicode, without the home folder and names of its own."""
    text, home = text.encode(errors="replace").decode(), str(Path.home())
    return anonymous(text.replace(home, "~") if len(home) > 1 else text)


def arguments(typed: Sequence[str]) -> tuple[str, ...]:
    """A command line fit for a record: also without the store, and without the path of results that
    lie elsewhere than below where it was typed, for it tells of whom or what they are."""
    return tuple(scrub(word) for word in _public(typed))


def _public(typed: Sequence[str]) -> Iterator[str]:
    words = iter(typed)
    for word in words:
        flag, equals, value = word.partition("=")
        if flag not in ("--store", "--out"):
            yield word
            continue
        value = value if equals else next(words, "")
        if flag == "--out":
            yield f"--out={value if _is_below(PurePath(value)) else ELSEWHERE}"


def _is_below(path: PurePath) -> bool:
    return not path.is_absolute() and ".." not in path.parts and not str(path).startswith("~")
