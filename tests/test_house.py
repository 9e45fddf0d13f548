"""The rules of the house, read from the source: floors, file sizes, names, what an import costs."""

import ast
import graphlib
import os
import re
import subprocess
import sys
import tomllib
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]

# A file imports from lower floors, or from its own without cycles. These are the folders, and the
# files that every floor may use; all other files right in dlcore/ are the CORE.
FLOORS = {
    "errors": 0,
    "scope": 0,
    "version": 0,
    "kernels": 0,
    "backend": 1,
    "ops": 3,
    "nn": 4,
    "optim": 4,
    "data": 5,
    "models": 5,
    "bench": 6,
    "report": 6,
    "train": 6,
    "cli": 8,
}
CORE = 2  # tensor, autograd, random, ...
FACES = {"dlcore", "dlcore.api"}  # gather the public names; only the command line is above
TOP_LEVEL = {
    "CHANGELOG.md",
    "CONTRIBUTING.md",
    "LICENSE",
    "README.md",
    "bench",
    "ci",
    "dlcore",
    "docs",
    "examples",
    "kernels",
    "pyproject.toml",
    "tests",
}
DISTRIBUTIONS = {"PIL": "pillow", "llvmlite": "numba"}  # llvmlite comes with Numba
COMPILED = "dlcore.kernels.cpu"  # the only package that may import Numba
IMPORT_SECONDS = 0.15


def python_files(*folders):
    # os.walk does not follow links, so dlcore/kernels is read once, as kernels.
    for folder in folders:
        for parent, _, names in os.walk(ROOT / folder):
            yield from (Path(parent, name) for name in names if name.endswith(".py"))


def module_name(path):
    parts = path.relative_to(ROOT).with_suffix("").parts
    parts = parts if parts[0] == "dlcore" else ("dlcore", *parts)
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


MODULES = {module_name(path): path for path in python_files("dlcore", "kernels")}


def is_type_checking(node):
    return isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test)


def import_nodes(node, late=True):
    """Every import that may run: without `late` those that run when the module is loaded."""
    if isinstance(node, ast.Import | ast.ImportFrom):
        yield node
    if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and not late:
        return
    children = node.orelse if is_type_checking(node) else ast.iter_child_nodes(node)
    for child in children:
        yield from import_nodes(child, late)


def targets(node, module, is_package):
    """The modules that an import statement names."""
    if isinstance(node, ast.Import):
        yield from (alias.name for alias in node.names)
        return
    base = node.module or ""
    if node.level:
        parents = module.split(".")
        parents = parents[: len(parents) - node.level + is_package]
        base = ".".join([*parents, *filter(None, [base])])
    for alias in node.names:
        name = f"{base}.{alias.name}"
        yield name if name in MODULES else base


@cache
def imports(module, late=True):
    path = MODULES[module]
    nodes = import_nodes(ast.parse(path.read_text()), late)
    is_package = path.name == "__init__.py"
    return {target for node in nodes for target in targets(node, module, is_package)}


def inner_imports(module, late=True):
    return {target for target in imports(module, late) if target.split(".")[0] == "dlcore"}


def outer_imports(module):
    """Packages of others, without the standard library, by the names they are installed by."""
    tops = {target.split(".")[0] for target in imports(module)}
    tops = {DISTRIBUTIONS.get(top, top) for top in tops}
    return tops - set(sys.stdlib_module_names) - {"dlcore"}


def floor(module):
    if module in FACES:
        return FLOORS["cli"] - 1
    return FLOORS.get(module.split(".")[1], CORE)


def test_every_folder_has_a_floor():
    assert {module.split(".")[1] for module in MODULES if module.count(".") > 1} <= FLOORS.keys()


@pytest.mark.parametrize("module", sorted(MODULES))
def test_imports_come_from_lower_floors(module):
    above = {target for target in inner_imports(module) if floor(target) > floor(module)}
    assert not above, f"{module} (floor {floor(module)}) imports from above"


def test_no_import_cycles():
    """Within a floor, one module of two may import the other late, inside a function."""
    graph = {module: inner_imports(module, late=False) - {module} for module in MODULES}
    try:
        graphlib.TopologicalSorter(graph).prepare()
    except graphlib.CycleError as error:
        pytest.fail(" imports ".join(reversed(error.args[1])))


@pytest.mark.parametrize("module", sorted(name for name in MODULES if ".kernels" in name))
def test_kernels_stand_alone(module):
    allowed = {"numpy", "ml_dtypes"} | ({"numba"} if module.startswith(COMPILED) else set())
    assert outer_imports(module) <= allowed
    assert all(target.startswith("dlcore.kernels") for target in inner_imports(module))


def test_imported_packages_are_dependencies():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    extras = project["optional-dependencies"]

    def names(lines):
        return {re.match(r"[\w-]+", line)[0] for line in lines}

    declared = names(project["dependencies"]) | names(extras["plots"])
    for module in MODULES:
        # Nothing imports the compiled kernels yet, so their Numba is only needed in development.
        more = names(extras["dev"]) if module.startswith(COMPILED) else set()
        assert outer_imports(module) <= declared | more, module


def test_files_stay_under_400_lines():
    folders = ("dlcore", "kernels", "tests", "bench", "ci", "docs", "examples")
    lengths = {path: len(path.read_text().splitlines()) for path in python_files(*folders)}
    assert not {str(path): length for path, length in lengths.items() if length > 400}


def test_top_level_names():
    if not (ROOT / ".git").exists():
        pytest.skip("not a git checkout")
    listing = subprocess.run(
        ["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout
    names = {line.split("/")[0] for line in listing.splitlines()}
    assert {name for name in names if not name.startswith(".")} <= TOP_LEVEL


IMPORT = """
import time, sys
start = time.thread_time()
import dlcore
print(time.thread_time() - start, *{"numba", "cupy", "torch"} & sys.modules.keys())
"""


def test_import_is_light():
    """Processor time of the importing thread, best of several: a busy machine may slow any run."""
    best = float("inf")
    for _ in range(10):
        done = subprocess.run(
            [sys.executable, "-c", IMPORT], cwd=ROOT, capture_output=True, text=True, check=True
        )
        seconds, *heavy = done.stdout.split()
        assert not heavy
        best = min(best, float(seconds))
        if best <= IMPORT_SECONDS:
            return
    pytest.fail(f"expected import dlcore in {IMPORT_SECONDS} s, best was {best:.3f} s")
