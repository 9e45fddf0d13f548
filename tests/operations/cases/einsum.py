"""Index notation."""

from dlcore.ops.einsum import einsum
from tests.operations.case import Operation, normal

EQUATIONS = {
    "ij,jk->ik": ((3, 4), (4, 2)),
    "ij,jk": ((3, 4), (4, 2)),
    "ji,kj->ki": ((4, 3), (2, 4)),
    "bij,bjk->bik": ((2, 3, 4), (2, 4, 1)),
    "i,j->ij": ((3,), (4,)),
    "i,i": ((5,), (5,)),
    "i,i->i": ((5,), (5,)),
    "ij->": ((3, 4),),
    "ij->ji": ((3, 4),),
    "ba": ((3, 4),),
    "ii": ((3, 3),),
    "ii->i": ((3, 3),),
    "iji->ji": ((2, 3, 2),),
    "iiij,jj->i": ((2, 2, 2, 3), (3, 3)),
    "ij,kl->jl": ((2, 3), (4, 5)),
    "ij,jk,kl->il": ((2, 3), (3, 4), (4, 5)),
    "i,ij,j": ((2,), (2, 3), (3,)),
    "bn,anm,bm->ba": ((2, 3), (5, 3, 4), (2, 4)),
    "...ij,...jk->...ik": ((2, 1, 3, 4), (5, 4, 2)),
    "...i,i...->...": ((2, 3), (3, 2)),
    "i...->...": ((2, 3, 4),),
    "...ij": ((2, 3, 4),),
    "...ij->ij": ((2, 3, 4),),
    "ij,jk->ik, one broadcasts": ((3, 1), (4, 2)),
    "i,->i": ((3,), ()),
    "nchw,kc->nkhw": ((2, 3, 2, 4), (5, 3)),
    "ij,jk->ik, nothing to sum": ((3, 0), (0, 2)),
    "ij,jk->ik, no rows": ((0, 3), (3, 2)),
}


def case(name, shapes):
    equation = name.split(", ")[0]
    return Operation(
        f"einsum {name}",
        lambda *tensors: einsum(equation, *tensors),
        tuple(normal(*shape) for shape in shapes),
        lambda torch, *tensors: torch.einsum(equation, *tensors),
        60,
    )


CASES = [case(name, shapes) for name, shapes in EQUATIONS.items()]
