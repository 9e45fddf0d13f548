"""Numba kernels for the CPU: loops in Python around vector code that is written in Python, too.

`machine` reads what vector code may use here, `simd` turns Python functions into vector
instructions, `cache` keeps compiled kernels between processes. The other modules are one a stem.
Importing them needs Numba and compiles nothing: a kernel is compiled when it is first called.
"""
