"""A rule for one element after the other."""

import numpy as np

from tests.oracle.activation import RULES as ACTIVATION
from tests.oracle.arithmetic import RULES as ARITHMETIC
from tests.oracle.elementwise import RULES as ELEMENTWISE

RULES = ARITHMETIC | ELEMENTWISE | ACTIVATION


def pointwise(*operands, rule, parameters):
    values = [operand.ravel().tolist() for operand in operands]
    y = [RULES[rule](*elements, *parameters) for elements in zip(*values, strict=True)]
    whole = all(operand.dtype.kind in "iub" for operand in operands)
    kind = operands[-1].dtype if whole and operands[0].dtype != bool else None
    return np.array(y, kind if y else float).reshape(operands[0].shape)
