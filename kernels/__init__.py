"""Floor 0: arrays in, arrays out. Imported as `dlcore.kernels`, whatever the folder."""

# The repository root is often on sys.path, so `import kernels` would find this folder too and
# make a second copy of every module, with its own caches and its own classes.
if __name__ != "dlcore.kernels":
    raise ImportError(
        f"kernels: expected the name dlcore.kernels, received {__name__}; "
        "write `from dlcore.kernels import ...`"
    )
