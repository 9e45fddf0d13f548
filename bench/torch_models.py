"""PyTorch's side: the networks of its own layers, with torchvision's names."""

from torch import nn
from torch.nn import functional


def conv(before, after, size, stride=1):
    return nn.Conv2d(before, after, size, stride, size // 2, bias=False)


class Pad(nn.Module):
    """The shortcut without parameters: every second pixel, and channels of zeros."""

    def __init__(self, before, after, stride):
        super().__init__()
        self.stride, self.more = stride, (after - before) // 2

    def forward(self, x):
        kept = x[:, :, :: self.stride, :: self.stride]
        return functional.pad(kept, (0, 0, 0, 0, self.more, self.more))


class Block(nn.Module):
    """Two convolutions of 3 x 3, or a bottleneck of three; the input added before the last ReLU."""

    def __init__(self, before, planes, stride, bottleneck, padded):
        super().__init__()
        after = planes * (4 if bottleneck else 1)
        sizes = (1, 3, 1) if bottleneck else (3, 3)
        widths = (before, *[planes] * (len(sizes) - 1), after)
        self.count = len(sizes)
        for place, size in enumerate(sizes):
            # The stride belongs to the convolution of 3 x 3: the last but one.
            step = stride if place == self.count - 2 else 1
            setattr(self, f"conv{place + 1}", conv(widths[place], widths[place + 1], size, step))
            setattr(self, f"bn{place + 1}", nn.BatchNorm2d(widths[place + 1]))
        self.downsample = None
        if stride != 1 or before != after:
            learned = nn.Sequential(conv(before, after, 1, stride), nn.BatchNorm2d(after))
            self.downsample = Pad(before, after, stride) if padded else learned

    def forward(self, x):
        y = x
        for number in range(1, self.count + 1):
            if number > 1:
                y = functional.relu(y, inplace=True)
            y = getattr(self, f"bn{number}")(getattr(self, f"conv{number}")(y))
        y += x if self.downsample is None else self.downsample(x)
        return functional.relu(y, inplace=True)


class ResNet(nn.Module):
    def __init__(self, blocks, classes, small, widths=(64, 128, 256, 512), bottleneck=False):
        super().__init__()
        self.conv1 = nn.Conv2d(3, widths[0], *((3, 1, 1) if small else (7, 2, 3)), bias=False)
        self.bn1 = nn.BatchNorm2d(widths[0])
        self.maxpool = nn.Identity() if small else nn.MaxPool2d(3, 2, 1)
        before, self.stages = widths[0], []
        for place, (count, planes) in enumerate(zip(blocks, widths, strict=True)):
            layers = []
            for number in range(count):
                stride = 2 if place and not number else 1
                layers.append(Block(before, planes, stride, bottleneck, padded=len(widths) == 3))
                before = planes * (4 if bottleneck else 1)
            self.stages.append(f"layer{place + 1}")
            setattr(self, self.stages[-1], nn.Sequential(*layers))
        self.fc = nn.Linear(before, classes)

    def forward(self, x):
        x = self.maxpool(functional.relu(self.bn1(self.conv1(x)), inplace=True))
        for stage in self.stages:
            x = getattr(self, stage)(x)
        return self.fc(functional.adaptive_avg_pool2d(x, 1).flatten(1))


class Plain(nn.Module):
    """Features, then a classifier of what they are in a row."""

    def __init__(self, features, classifier):
        super().__init__()
        self.features, self.classifier = nn.Sequential(*features), nn.Sequential(*classifier)

    def forward(self, x):
        return self.classifier(self.features(x).flatten(1))


def simpleconvnet(classes):
    features = nn.Conv2d(1, 30, 5), nn.ReLU(inplace=True), nn.MaxPool2d(2)
    hidden = nn.Linear(30 * 12 * 12, 100), nn.ReLU(inplace=True)
    return Plain(features, (*hidden, nn.Linear(100, classes)))


def deepconvnet(classes):
    features, before = [], 1
    for width, paddings in ((16, (1, 1)), (32, (1, 2)), (64, (1, 1))):
        for padding in paddings:
            features += [nn.Conv2d(before, width, 3, padding=padding), nn.ReLU(inplace=True)]
            before = width
        features.append(nn.MaxPool2d(2))
    hidden = nn.Linear(64 * 4 * 4, 50), nn.ReLU(inplace=True), nn.Dropout(0.5)
    return Plain(features, (*hidden, nn.Linear(50, classes), nn.Dropout(0.5)))


def vgg16_bn(classes):
    features, before = [], 3
    for width, count in ((64, 2), (128, 2), (256, 3), (512, 3), (512, 3)):
        for _ in range(count):
            layers = nn.Conv2d(before, width, 3, padding=1), nn.BatchNorm2d(width)
            features += [*layers, nn.ReLU(inplace=True)]
            before = width
        features.append(nn.MaxPool2d(2))
    classifier = []
    for before, after in ((512 * 7 * 7, 4096), (4096, 4096)):
        classifier += [nn.Linear(before, after), nn.ReLU(inplace=True), nn.Dropout(0.5)]
    return Plain((*features, nn.AdaptiveAvgPool2d(7)), (*classifier, nn.Linear(4096, classes)))


MODELS = {
    "simpleconvnet": simpleconvnet,
    "deepconvnet": deepconvnet,
    "resnet20": lambda classes: ResNet((3, 3, 3), classes, True, widths=(16, 32, 64)),
    "resnet18_cifar": lambda classes: ResNet((2, 2, 2, 2), classes, True),
    "resnet18": lambda classes: ResNet((2, 2, 2, 2), classes, False),
    "resnet50": lambda classes: ResNet((3, 4, 6, 3), classes, False, bottleneck=True),
    "vgg16_bn": vgg16_bn,
}
