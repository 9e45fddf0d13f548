"""Networks, one family a file, and the registry that names them."""

from dlcore.models.cifar_resnet import (
    resnet20,
    resnet32,
    resnet44,
    resnet56,
    resnet110,
    resnet_for_cifar,
)
from dlcore.models.convnet import DeepConvNet, SimpleConvNet
from dlcore.models.lenet import LeNet5
from dlcore.models.mlp import MLP
from dlcore.models.recipes import Recipe
from dlcore.models.registry import MODELS, Entry, build, entry
from dlcore.models.resnet import (
    BasicBlock,
    Bottleneck,
    ResNet,
    resnet18,
    resnet18_cifar,
    resnet34,
    resnet50,
    resnet101,
    resnet152,
)
from dlcore.models.vgg import (
    VGG,
    vgg11,
    vgg11_bn,
    vgg13,
    vgg13_bn,
    vgg16,
    vgg16_bn,
    vgg19,
    vgg19_bn,
)

__all__ = [
    "MLP",
    "MODELS",
    "VGG",
    "BasicBlock",
    "Bottleneck",
    "DeepConvNet",
    "Entry",
    "LeNet5",
    "Recipe",
    "ResNet",
    "SimpleConvNet",
    "build",
    "entry",
    "resnet18",
    "resnet18_cifar",
    "resnet20",
    "resnet32",
    "resnet34",
    "resnet44",
    "resnet50",
    "resnet56",
    "resnet101",
    "resnet110",
    "resnet152",
    "resnet_for_cifar",
    "vgg11",
    "vgg11_bn",
    "vgg13",
    "vgg13_bn",
    "vgg16",
    "vgg16_bn",
    "vgg19",
    "vgg19_bn",
]
