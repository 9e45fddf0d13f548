"""Index notation: what it refuses, against PyTorch at random."""

import numpy as np
import pytest

import dlcore as dl
from dlcore.errors import DeviceError, DtypeError, OptionError, ShapeError


def ones(*shape, dtype="float32", **options):
    return dl.tensor(np.ones(shape), dtype, **options)


REFUSED = [
    (lambda: dl.einsum("ij,jk->ik", ones(2, 2)), OptionError, "expected 2 operands, one for each"),
    (lambda: dl.einsum("ij"), OptionError, "einsum: expected at least one operand, received 'ij'"),
    (lambda: dl.einsum(ones(2)), OptionError, 'einsum: expected an equation such as "ij,jk->ik"'),
    (
        lambda: dl.einsum("i1->i", ones(2, 2)),
        OptionError,
        "einsum 'i1->i': expected letters, and ... at most once in each term, received 'i1'",
    ),
    (lambda: dl.einsum("i.j", ones(2, 2)), OptionError, "received 'i.j'; write it like"),
    (lambda: dl.einsum("...i...", ones(2, 2)), OptionError, "received '...i...'"),
    (lambda: dl.einsum("ij->i->j", ones(2, 2)), OptionError, "received 'i->j'"),
    (
        lambda: dl.einsum("ij->ijj", ones(2, 2)),
        OptionError,
        "expected each letter of the result once, and in some term, received 'j' in 'ijj'",
    ),
    (lambda: dl.einsum("ij->ik", ones(2, 2)), OptionError, "received 'k' in 'ik'"),
    (
        lambda: dl.einsum("ijk->i", ones(2, 2)),
        ShapeError,
        "einsum 'ijk->i': expected an operand with 3 axes for 'ijk', received shape (2, 2); give "
        "each axis one letter",
    ),
    (lambda: dl.einsum("ij...k", ones(2, 2)), ShapeError, "with 3 axes for 'ij...k'"),
    (lambda: dl.einsum("i->i", ones(2, 2)), ShapeError, "with 1 axes for 'i'"),
    (
        lambda: dl.einsum("ij,jk", ones(2, 3), ones(4, 5)),
        ShapeError,
        "einsum 'ij,jk': expected one length for all axes 'j', received 3 and 4, in shapes (2, 3), "
        "(4, 5); check the order of the letters",
    ),
    (lambda: dl.einsum("ii", ones(1, 3)), ShapeError, "all axes 'i', received 1 and 3"),
    (lambda: dl.einsum("...,...", ones(2), ones(3)), ShapeError, "all axes '...1'"),
    (
        lambda: dl.einsum("i,i", ones(2), ones(2, dtype="float64")),
        DtypeError,
        "expected one dtype for",
    ),
    (
        lambda: dl.einsum("i,i", ones(2), ones(2, device="meta")),
        DeviceError,
        "einsum: expected all tensors on one device",
    ),
]


@pytest.mark.parametrize(("call", "error", "text"), REFUSED)
def test_refuses(call, error, text):
    with pytest.raises(error) as caught:
        call()
    assert text in str(caught.value)


def test_spaces_lists_and_integers():
    a, b = dl.tensor([[1, 2], [3, 4]]), dl.tensor([10, 100])
    assert dl.einsum(" i j , j -> i ", [a, b]).tolist() == [210, 430]


@pytest.mark.peer
@pytest.mark.parametrize("seed", range(100))
def test_random_equations_as_pytorch(seed):
    """One to three terms with repeated letters, an ellipsis, axes of 1; a result or none."""
    torch = pytest.importorskip("torch")
    generator = np.random.default_rng(seed)
    lengths = {letter: int(generator.integers(1, 5)) for letter in "abcdE"}
    rest = [int(length) for length in generator.integers(1, 4, 2)]
    terms, arrays = [], []
    for _ in range(generator.integers(1, 4)):
        letters = [str(letter) for letter in generator.choice(list(lengths), generator.integers(4))]
        place = int(generator.integers(len(letters) + 1))
        dots = rest[generator.integers(3) :] if generator.random() < 0.4 else None
        shape = [
            1 if generator.random() < 0.1 and letters.count(letter) == 1 else lengths[letter]
            for letter in letters
        ]
        if dots is not None:
            letters.insert(place, "...")
            shape[place:place] = dots
        terms.append("".join(letters))
        arrays.append(generator.standard_normal(shape))
    equation = ",".join(terms)
    if generator.random() < 0.7:
        known = sorted(set(equation) - set(",."))
        count = int(generator.integers(len(known) + 1))
        output = [str(letter) for letter in generator.permutation(known)[:count]] if known else []
        if "." in equation and generator.random() < 0.8:
            output.insert(int(generator.integers(len(output) + 1)), "...")
        equation += "->" + "".join(output)
    ours = [dl.tensor(array, requires_grad=True) for array in arrays]
    theirs = [torch.tensor(array, requires_grad=True) for array in arrays]
    y, expected = dl.einsum(equation, *ours), torch.einsum(equation, *theirs)
    assert y.shape == tuple(expected.shape), equation
    np.testing.assert_allclose(
        y.detach().numpy(), expected.detach().numpy(), rtol=1e-11, atol=1e-11, err_msg=equation
    )
    dy = generator.standard_normal(y.shape)
    y.backward(dl.tensor(dy))
    expected.backward(torch.tensor(dy))
    for one, other in zip(ours, theirs, strict=True):
        np.testing.assert_allclose(
            one.grad.numpy(), other.grad.numpy(), rtol=1e-11, atol=1e-11, err_msg=equation
        )
