"""Schedules to try, made the same way from our module of schedules and from PyTorch's."""


def chained(module, optimizer):
    parts = [module.LinearLR(optimizer, 0.1, 1.0, 5), module.ExponentialLR(optimizer, 0.9)]
    return module.ChainedScheduler(parts)


def sequential(module, optimizer):
    parts = [
        module.ConstantLR(optimizer, 0.1, 2),
        module.ExponentialLR(optimizer, 0.9),
        module.CosineAnnealingLR(optimizer, 5, 0.001),
        module.StepLR(optimizer, 2, 0.5),
        module.MultiplicativeLR(optimizer, lambda done: 0.9),
    ]
    return module.SequentialLR(optimizer, parts, [3, 7, 12, 17])


def chained_cycle(module, optimizer):
    """The first rates of the others are the optimizer's, not the cycle's."""
    parts = [
        module.ExponentialLR(optimizer, 0.9),
        module.CyclicLR(optimizer, 0.01, 0.2, 3),
        module.CosineAnnealingLR(optimizer, 4, 0.001),
    ]
    return module.ChainedScheduler(parts)


def sequential_cycle(module, optimizer):
    """The first schedule begins where the second one has set the rates."""
    parts = [module.MultiplicativeLR(optimizer, lambda done: 0.8)]
    parts.append(module.OneCycleLR(optimizer, 0.5, 30))
    return module.SequentialLR(optimizer, parts, [4])


def two_cycles(module, optimizer):
    """Each has its own range of momentum."""
    parts = [
        module.CyclicLR(optimizer, 0.01, 0.1, 3, base_momentum=0.5),
        module.OneCycleLR(optimizer, 0.05, 30, max_momentum=0.7, base_momentum=0.6),
    ]
    return module.SequentialLR(optimizer, parts, [7])


SCHEDULES = {
    "none": lambda m, o: m.ConstantLR(o, 1.0),
    "lambda": lambda m, o: m.LambdaLR(o, lambda done: 1 / (done + 1)),
    "multiplicative": lambda m, o: m.MultiplicativeLR(o, lambda done: 1 / (done + 0.5)),
    "step": lambda m, o: m.StepLR(o, 3, 0.5),
    "multistep": lambda m, o: m.MultiStepLR(o, [2, 5, 5, 11], 0.7),
    "constant": lambda m, o: m.ConstantLR(o, 0.3, 4),
    "linear": lambda m, o: m.LinearLR(o, 0.25, 0.75, 8),
    "exponential": lambda m, o: m.ExponentialLR(o, 0.9),
    "polynomial": lambda m, o: m.PolynomialLR(o, 15, 2.0),
    "cosine": lambda m, o: m.CosineAnnealingLR(o, 20, 0.01),
    "cosine, back and forth": lambda m, o: m.CosineAnnealingLR(o, 4, 0.01),
    "restarts": lambda m, o: m.CosineAnnealingWarmRestarts(o, 3, 2, 0.001),
    "restarts, equal": lambda m, o: m.CosineAnnealingWarmRestarts(o, 4),
    "one cycle": lambda m, o: m.OneCycleLR(o, 0.1, 20),
    "one cycle, line": lambda m, o: m.OneCycleLR(
        o, 0.05, epochs=5, steps_per_epoch=4, anneal_strategy="linear", cycle_momentum=False
    ),
    "one cycle, three phases": lambda m, o: m.OneCycleLR(
        o, 0.1, 21, pct_start=0.25, three_phase=True, div_factor=5.0, max_momentum=0.9
    ),
    "cyclic": lambda m, o: m.CyclicLR(o, 0.01, 0.1, 3, 5),
    "cyclic, halved": lambda m, o: m.CyclicLR(o, 0.01, 0.1, 3, mode="triangular2"),
    "cyclic, decaying": lambda m, o: m.CyclicLR(
        o, 0.01, 0.1, 4, mode="exp_range", gamma=0.95, base_momentum=0.5
    ),
    "cyclic, own scale": lambda m, o: m.CyclicLR(
        o,
        0.01,
        0.1,
        4,
        scale_fn=lambda done: 1 / (1 + done),
        scale_mode="iterations",
        cycle_momentum=False,
    ),
    "chained": chained,
    "chained, with a cycle": chained_cycle,
    "sequential": sequential,
    "sequential, to a cycle": sequential_cycle,
    "sequential, two cycles": two_cycles,
}
