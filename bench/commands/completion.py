"""Completion for bash and zsh: `make bench FRAMEWORK=to<Tab>`, and the same for the flags.

The words are in the script itself, so that no key waits for a Python to start.
"""

from __future__ import annotations

import pkgutil
from collections.abc import Mapping

from bench import commands
from bench.commands.store import BY_THEMSELVES
from bench.plan.presets import PRESETS
from frameworks import FRAMEWORKS
from suites import catalog
from suites.workload import ITEMSIZE

COMMANDS = (*(module.name for module in pkgutil.iter_modules(commands.__path__)), *BY_THEMSELVES)


def words() -> Mapping[str, tuple[str, ...]]:
    """What may follow each option, by its name for make; the flag is the same in small letters."""
    frameworks = [
        word
        for facts in FRAMEWORKS.values()
        for word in (
            facts.name,
            *(f"{facts.name}@{execution}" for execution in facts.executions[1:]),
            *(f"{facts.name}:{variant}" for variant in facts.variants),
        )
    ]
    return {
        "FRAMEWORK": tuple(frameworks),
        "SUITE": catalog.NAMES,
        "PRESET": tuple(PRESETS),
        "DEVICE": ("all", "cpu", "gpu"),
        "PRECISION": tuple(ITEMSIZE),
        "TIME": ("1m", "5m", "15m", "1h"),
    }


def run() -> int:
    """Print the script."""
    print(script(), end="")
    return 0


def script() -> str:
    """The script to evaluate: `eval "$(make -s completion)"`."""
    known = words()
    values = "\n".join(f'    {name}) echo "{" ".join(each)}" ;;' for name, each in known.items())
    names = " ".join(f"{name}=" for name in known)
    flags = " ".join(f"--{name.lower()}" for name in known)
    filled = {"@VALUES@": values, "@NAMES@": names, "@FLAGS@": flags}
    text = _SCRIPT.replace("@COMMANDS@", " ".join(COMMANDS))
    for mark, words_ in filled.items():
        text = text.replace(mark, words_)
    return text


_SCRIPT = """\
# Completion for Metalbench, for bash and zsh: eval "$(make -s completion)" in its folder.
if [ -n "${ZSH_VERSION-}" ]; then autoload -Uz bashcompinit && bashcompinit; fi
_metalbench_values() {
  case "$1" in
@VALUES@
  esac
}
_metalbench() {
  if ! _metalbench_here "$1"; then
    COMPREPLY=()
    if [ -n "${_metalbench_before-}" ]; then "$_metalbench_before" "$@"; fi
    return
  fi
  local line="${COMP_LINE:0:$COMP_POINT}" word name value given
  word="${line##* }"
  line="${line% *}"
  case "$word" in
    [A-Z]*=*) name="${word%%=*}" value="${word#*=}" ;;
    *)
      case "${line##* }" in
        --*) name="$(printf %s "${line##* --}" | tr a-z A-Z)" value="$word" ;;
      esac ;;
  esac
  if [ -n "$name" ]; then
    given="${value%"${value##*,}"}"
    COMPREPLY=($(compgen -P "$given" -W "$(_metalbench_values "$name")" -- "${value##*,}"))
    # bash replaces what follows the `=` alone, or the colon; zsh the whole word.
    if [ -n "${ZSH_VERSION-}" ] && [ "$word" != "$value" ]; then
      COMPREPLY=("${COMPREPLY[@]/#/$name=}")
    fi
  elif [ "${1##*/}" = make ]; then
    local verbs="$(sed -n 's/^\\([a-z]*\\):.*## .*/\\1/p' Makefile 2>/dev/null)"
    COMPREPLY=($(compgen -W "$verbs @NAMES@" -- "$word"))
    case "${COMPREPLY[*]}" in *=) compopt -o nospace 2>/dev/null ;; esac
  else
    case "$word" in
      -*) COMPREPLY=($(compgen -W "@FLAGS@" -- "$word")) ;;
      *) COMPREPLY=($(compgen -W "@COMMANDS@" -- "$word")) ;;
    esac
  fi
  # Where a colon ends a word for bash, what stands before it must not be given again.
  if [ -z "${ZSH_VERSION-}" ] && [ "$value" != "${value%:*}" ]; then
    COMPREPLY=("${COMPREPLY[@]#"${value%:*}:"}")
  fi
}
# In other folders make is completed as it was before.
_metalbench_here() {
  [ "${1##*/}" != make ] || grep -qs '^HOST = ./metalbench$' Makefile
}
if [ -n "${ZSH_VERSION-}" ]; then
  _metalbench_zsh() {
    if _metalbench_here make; then _bash_complete -o default -F _metalbench; else _make "$@"; fi
  }
  compdef _metalbench_zsh make
  complete -o default -F _metalbench metalbench
else
  # Those of bash-completion are there only once they are asked for.
  for _metalbench_load in _comp_load _completion_loader; do
    if ! complete -p make >/dev/null 2>&1 && declare -F "$_metalbench_load" >/dev/null; then
      "$_metalbench_load" make >/dev/null 2>&1
    fi
  done
  case "$(complete -p make 2>/dev/null)" in
    *" -F _metalbench "*) ;;
    *" -F "*)
      _metalbench_before="$(complete -p make)"
      _metalbench_before="${_metalbench_before##* -F }"
      _metalbench_before="${_metalbench_before%% *}" ;;
  esac
  complete -o default -F _metalbench make metalbench
fi
"""
