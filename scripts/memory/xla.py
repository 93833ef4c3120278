"""What XLA says of the programs that JAX runs: arguments, results, and arrays on the way."""

import jax

_compile = jax.jit


def accounts():
    """From now on, bytes of every program of `jax.jit` that is called, as a growing list."""
    told = []

    def jit(function, **how):
        compiled, first = _compile(function, **how), True

        def call(*given, **named):
            nonlocal first
            if first:
                first = False
                of = compiled.lower(*given, **named).compile().memory_analysis()
                sizes = of.argument_size_in_bytes, of.output_size_in_bytes, of.temp_size_in_bytes
                told.append(sum(sizes))
            return compiled(*given, **named)

        return call

    jax.jit = jit
    return told
