"""Numba kernels for the CPU: loops in Python around vector code that is written in Python, too.

`machine` reads what vector code may use here, `simd` turns Python functions into vector
instructions. A kernel is a `task`: `entry` and `cache` compile it and keep it on disk, `launch`
runs it on all `threads`, and writes down what is to be done again. The other modules are one a
stem, with helpers that begin with its name. Importing them needs Numba and compiles nothing: a
kernel is compiled when it is first called.
"""
