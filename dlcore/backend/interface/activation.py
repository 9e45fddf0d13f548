"""Pointwise rules of activations, each with its gradient as PyTorch defines it at the kinks."""

from __future__ import annotations

from dlcore.backend.interface.rule import NUMBERS, Rule, rule

ACTIVATION: dict[str, Rule] = {
    "sigmoid": rule("1 / (1 + e^-x)", "x"),
    "sigmoid_gradient": rule("dy y (1 - y)", "dy y"),
    "log_sigmoid": rule("-log(1 + e^-x) = min(x, 0) - log(1 + e^-|x|)", "x"),
    "log_sigmoid_gradient": rule("dy / (1 + e^x)", "dy x"),
    "relu": rule("x where x > 0, else 0; NaN stays", "x", dtypes=NUMBERS),
    "relu_gradient": rule("0 where y <= 0, else dy", "dy y"),
    "threshold": rule("p where x <= t, else x", "x", "t p", dtypes=NUMBERS),
    "threshold_gradient": rule("0 where x <= t, else dy", "dy x", "t"),
    "hardtanh_gradient": rule(
        "0 where x <= low or x >= high, else dy; its y is clamp(x)", "dy x", "low high"
    ),
    "leaky_relu": rule("x where x > 0, else p x", "x", "p"),
    "leaky_relu_gradient": rule("dy where x > 0, else p dy", "dy x", "p"),
    "prelu": rule("x where x > 0, else w x", "x w"),
    "prelu_gradient": rule("dy where x > 0, else w dy", "dy x w"),
    "prelu_weight_gradient": rule("0 where x > 0, else x dy", "dy x"),
    "elu": rule("s p (e^(x / r) - 1) where x <= 0, else s x", "x", "p s r"),
    "elu_gradient": rule("dy s p / r e^(x / r) where x <= 0, else s dy", "dy x", "p s r"),
    "gelu": rule("x (1 + erf(x / sqrt 2)) / 2", "x"),
    "gelu_gradient": rule("dy ((1 + erf(x / sqrt 2)) / 2 + x e^(-x x / 2) / sqrt(2 pi))", "dy x"),
    "gelu_tanh": rule("x (1 + tanh u) / 2, u = sqrt(2 / pi) (x + 0.044715 x^3)", "x"),
    "gelu_tanh_gradient": rule(
        "dy ((1 + tanh u) / 2 + x (1 - tanh(u)^2) / 2 u'), u' = sqrt(2 / pi) (1 + 0.134145 x^2)",
        "dy x",
    ),
    "silu": rule("x s, s = 1 / (1 + e^-x)", "x"),
    "silu_gradient": rule("dy s (1 + x (1 - s))", "dy x"),
    "mish": rule("x tanh(log(1 + e^x))", "x"),
    "mish_gradient": rule("dy (t + x s (1 - t t)), t = tanh(log(1 + e^x)), s = sigmoid x", "dy x"),
    "softplus": rule("log(1 + e^(b x)) / b where b x <= t, else x", "x", "b t"),
    "softplus_gradient": rule("dy / (1 + e^(-b x)) where b x <= t, else dy", "dy x", "b t"),
    "softsign": rule("x / (1 + |x|)", "x"),
    "softsign_gradient": rule("dy / (1 + |x|)^2", "dy x"),
    "hardsigmoid": rule("min(max(x + 3, 0), 6) / 6", "x"),
    "hardsigmoid_gradient": rule("dy / 6 where -3 < x < 3, else 0", "dy x"),
    "hardswish": rule("x min(max(x + 3, 0), 6) / 6", "x"),
    "hardswish_gradient": rule(
        "0 where x <= -3, dy (x / 3 + 1/2) where -3 < x < 3, else dy", "dy x"
    ),
    "hardshrink": rule("0 where |x| <= p, else x", "x", "p"),
    "softshrink": rule("x - p where x > p, x + p where x < -p, else 0; NaN stays", "x", "p"),
    "shrink_gradient": rule("0 where |x| <= p, else dy", "dy x", "p"),
    "heaviside": rule("0 where a < 0, b where a = 0, else 1; NaN stays", "a b", dtypes=NUMBERS),
}
