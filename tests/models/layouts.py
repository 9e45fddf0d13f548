"""Names in published weights, written from torchvision's layout."""


def both(name):
    """Of a convolution with bias, or a linear layer."""
    return [f"{name}.weight", f"{name}.bias"]


def norm(name):
    """Of a batch norm."""
    return [
        *both(name),
        f"{name}.running_mean",
        f"{name}.running_var",
        f"{name}.num_batches_tracked",
    ]


def block(name, convolutions, downsample):
    """Of a residual block."""
    names = []
    for number in range(1, convolutions + 1):
        names += [f"{name}.conv{number}.weight", *norm(f"{name}.bn{number}")]
    if downsample:
        names += [f"{name}.downsample.0.weight", *norm(f"{name}.downsample.1")]
    return names


def resnet(layers, convolutions, downsampled):
    """Of a whole ResNet; `downsampled` are the stages whose first block has a learned shortcut."""
    names = ["conv1.weight", *norm("bn1")]
    for stage, blocks in enumerate(layers, 1):
        for place in range(blocks):
            learned = place == 0 and stage in downsampled
            names += block(f"layer{stage}.{place}", convolutions, learned)
    return [*names, *both("fc")]


VGG11 = [name for n in (0, 3, 6, 8, 11, 13, 16, 18) for name in both(f"features.{n}")]
VGG11_BN = [
    name
    for n in (0, 4, 8, 11, 15, 18, 22, 25)
    for name in (*both(f"features.{n}"), *norm(f"features.{n + 1}"))
]
VGG_CLASSIFIER = [name for n in (0, 3, 6) for name in both(f"classifier.{n}")]
