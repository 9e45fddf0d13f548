"""The public surface: names that must stay, and signatures that are PyTorch's."""

import inspect

import pytest

import dlcore as dl
from dlcore import nn
from dlcore.nn import functional

TOP = {
    "activation": "celu hardshrink prelu relu selu sigmoid threshold",
    "analysis": "arctan2 atan2 logaddexp logit nan_to_num",
    "arithmetic": """
        add addcdiv addcmul div divide floor_divide fmod mul multiply neg negative remainder sub
        subtract true_divide
    """,
    "autograd": "enable_grad is_grad_enabled no_grad set_grad_enabled",
    "chance": "multinomial rrelu",
    "compare": """
        allclose bitwise_and bitwise_not bitwise_or bitwise_xor eq equal ge gt isclose isfinite
        isinf isnan le logical_and logical_not logical_or logical_xor lt ne
    """,
    "compiled": "compile",
    "conv": "conv1d conv2d conv_transpose1d conv_transpose2d",
    "copy": "clone",
    "create": """
        arange empty empty_like eye full full_like linspace ones ones_like zeros zeros_like
    """,
    "dropout": "alpha_dropout dropout",
    "dtypes": "bfloat16 bool float16 float32 float64 int16 int32 int64 int8 uint8",
    "einsum": "einsum",
    "elementwise": """
        abs absolute acos asin atan ceil cos cosh erf erfc exp exp2 expm1 floor log log10 log1p
        log2 reciprocal round rsqrt sign sin sinh sqrt square tan tanh trunc
    """,
    "extremes": "amax amin max min",
    "files": "load save",
    "gather": """
        bincount gather index_add index_copy index_fill index_select scatter scatter_add
        take_along_dim
    """,
    "index": "masked_select nonzero",
    "inquiry": """
        broadcast_tensors finfo get_default_dtype iinfo is_floating_point is_tensor numel
        result_type
    """,
    "join": """
        atleast_1d atleast_2d cat column_stack concat concatenate diagonal dstack flip hstack
        meshgrid roll stack tril triu vstack
    """,
    "linear": "bilinear",
    "margin loss": "pairwise_distance",
    "matmul": "addmm baddbmm bmm dot matmul mm mv outer",
    "norm": "group_norm layer_norm",
    "pair loss": "cosine_similarity",
    "pieces": "chunk narrow select split tensor_split unbind",
    "pool": "adaptive_avg_pool1d avg_pool1d max_pool1d max_pool2d",
    "power": "pow",
    "precision": "autocast",
    "promotion": "promote_types",
    "random": """
        bernoulli initial_seed manual_seed normal rand rand_like randint randn randn_like
        randperm
    """,
    "reduce": "all any argmax argmin count_nonzero cumprod cumsum logsumexp mean prod sum",
    "repeat": "repeat_interleave tile",
    "rms norm": "rms_norm",
    "scaler": "GradScaler",
    "select": "clamp clamp_max clamp_min clip heaviside lerp masked_fill maximum minimum where",
    "shape": """
        broadcast_to flatten moveaxis movedim permute ravel reshape squeeze swapaxes swapdims t
        transpose unflatten unsqueeze
    """,
    "shuffle": "channel_shuffle pixel_shuffle pixel_unshuffle",
    "softmax": "log_softmax softmax",
    "sort": "argsort sort topk",
    "statistics": "cdist norm std std_mean var var_mean",
    "tensors": "from_dlpack from_numpy tensor",
}
TENSOR = {
    "activation": "prelu relu sigmoid",
    "analysis": "arctan2 atan2 logaddexp logit nan_to_num",
    "arithmetic": """
        add addcdiv addcmul div divide floor_divide fmod mul multiply neg negative remainder sub
        subtract true_divide
    """,
    "chance": "multinomial",
    "compare": """
        allclose bitwise_and bitwise_not bitwise_or bitwise_xor eq equal ge greater
        greater_equal gt isclose isfinite isinf isnan le less less_equal logical_and logical_not
        logical_or logical_xor lt ne not_equal
    """,
    "convert": "bfloat16 bool byte char cpu cuda double float half int long short to type type_as",
    "copy": "clone contiguous",
    "create": "new_empty new_full new_ones new_tensor new_zeros",
    "elementwise": """
        abs absolute acos arccos arcsin arctan asin atan ceil cos cosh erf erfc exp exp2 expm1
        fix floor log log10 log1p log2 reciprocal round rsqrt sign sin sinh sqrt square tan tanh
        trunc
    """,
    "extremes": "amax amin max min",
    "gather": """
        bincount gather index_add index_copy index_fill index_select scatter scatter_add
        take_along_dim unfold
    """,
    "in place": """
        abs_ absolute_ add_ clamp_ clip_ copy_ detach_ div_ divide_ exp_ fill_ index_add_ lerp_
        log_ masked_fill_ mul_ multiply_ neg_ normal_ pow_ relu_ requires_grad_ scatter_
        scatter_add_ sigmoid_ sqrt_ squeeze_ sub_ subtract_ tanh_ uniform_ unsqueeze_ zero_
    """,
    "index": "masked_select nonzero",
    "inquiry": "is_contiguous nbytes stride",
    "join": "diagonal flip roll tril triu",
    "matmul": "addmm baddbmm bmm dot ger matmul mm mv outer",
    "pieces": "chunk narrow select split tensor_split unbind",
    "power": "pow",
    "random": "bernoulli",
    "reduce": "all any argmax argmin count_nonzero cumprod cumsum logsumexp mean prod sum",
    "repeat": "repeat repeat_interleave tile",
    "select": "clamp clamp_max clamp_min clip heaviside lerp masked_fill maximum minimum where",
    "shape": """
        T broadcast_to expand expand_as flatten mT moveaxis movedim permute ravel reshape
        reshape_as squeeze swapaxes swapdims t transpose unflatten unsqueeze view view_as
    """,
    "softmax": "log_softmax softmax",
    "sort": "argsort sort topk",
    "statistics": "norm std std_mean var var_mean",
    "tensor": """
        backward data detach device dim dtype element_size grad is_floating_point is_leaf item
        itemsize ndim nelement numel numpy register_hook requires_grad retain_grad shape size
        tolist
    """,
}
FUNCTIONAL = {
    "activation": """
        celu elu gelu glu hardshrink hardsigmoid hardswish hardtanh leaky_relu logsigmoid mish
        prelu relu relu6 selu sigmoid silu softplus softshrink softsign tanhshrink threshold
    """,
    "attention": "scaled_dot_product_attention",
    "binary loss": "binary_cross_entropy binary_cross_entropy_with_logits",
    "chance": "gumbel_softmax rrelu",
    "conv": "conv1d conv2d conv_transpose1d conv_transpose2d",
    "dropout": "alpha_dropout dropout dropout1d dropout2d",
    "elementwise": "tanh",
    "embedding": "embedding one_hot",
    "linear": "bilinear linear",
    "loss": "cross_entropy nll_loss",
    "margin loss": """
        cosine_embedding_loss multi_margin_loss multilabel_margin_loss
        multilabel_soft_margin_loss pairwise_distance soft_margin_loss triplet_margin_loss
        triplet_margin_with_distance_loss
    """,
    "norm": "batch_norm group_norm instance_norm layer_norm local_response_norm",
    "pad": "pad",
    "pair loss": "cosine_similarity hinge_embedding_loss margin_ranking_loss",
    "pool": """
        adaptive_avg_pool1d adaptive_avg_pool2d adaptive_max_pool1d adaptive_max_pool2d
        avg_pool1d avg_pool2d lp_pool1d lp_pool2d max_pool1d max_pool2d
    """,
    "regression loss": """
        gaussian_nll_loss huber_loss kl_div l1_loss mse_loss poisson_nll_loss smooth_l1_loss
    """,
    "resize": "interpolate upsample",
    "rms norm": "normalize rms_norm",
    "shuffle": "channel_shuffle pixel_shuffle pixel_unshuffle",
    "softmax": "log_softmax softmax softmin",
    "unfold": "fold unfold",
    "unpool": "max_unpool1d max_unpool2d",
}
LAYERS = {
    "activation": """
        CELU ELU GELU GLU Hardshrink Hardsigmoid Hardswish Hardtanh LeakyReLU LogSigmoid
        LogSoftmax Mish PReLU RReLU ReLU ReLU6 SELU SiLU Sigmoid Softmax Softmax2d Softmin Softplus
        Softshrink Softsign Tanh Tanhshrink Threshold
    """,
    "container": "ModuleDict ModuleList ParameterDict ParameterList Sequential",
    "conv": "Conv1d Conv2d ConvTranspose1d ConvTranspose2d",
    "dropout": "AlphaDropout Dropout Dropout1d Dropout2d",
    "embedding": "Embedding",
    "linear": "Bilinear Identity Linear",
    "loss": """
        BCELoss BCEWithLogitsLoss CosineSimilarity CrossEntropyLoss GaussianNLLLoss
        HingeEmbeddingLoss HuberLoss KLDivLoss L1Loss MSELoss MarginRankingLoss NLLLoss
        SmoothL1Loss
    """,
    "margin loss": """
        CosineEmbeddingLoss MultiLabelMarginLoss MultiLabelSoftMarginLoss MultiMarginLoss
        PairwiseDistance PoissonNLLLoss SoftMarginLoss TripletMarginLoss
        TripletMarginWithDistanceLoss
    """,
    "module": "Buffer Module Parameter",
    "norm": """
        BatchNorm1d BatchNorm2d GroupNorm InstanceNorm1d InstanceNorm2d LayerNorm
        LocalResponseNorm RMSNorm
    """,
    "pad": """
        CircularPad1d CircularPad2d ConstantPad1d ConstantPad2d ReflectionPad1d ReflectionPad2d
        ReplicationPad1d ReplicationPad2d ZeroPad1d ZeroPad2d
    """,
    "pool": """
        AdaptiveAvgPool1d AdaptiveAvgPool2d AdaptiveMaxPool1d AdaptiveMaxPool2d AvgPool1d
        AvgPool2d LPPool1d LPPool2d MaxPool1d MaxPool2d MaxUnpool1d MaxUnpool2d
    """,
    "resize": "Upsample UpsamplingBilinear2d UpsamplingNearest2d",
    "shape": "Flatten Unflatten",
    "shuffle": "ChannelShuffle Fold PixelShuffle PixelUnshuffle Unfold",
}


def names(table):
    return [name for group in table.values() for name in group.split()]


@pytest.mark.parametrize(
    ("home", "table"),
    [(dl, TOP), (dl.Tensor, TENSOR), (functional, FUNCTIONAL), (nn, LAYERS)],
    ids=["dlcore", "Tensor", "functional", "nn"],
)
def test_names_exist(home, table):
    listed = names(table)
    assert len(listed) == len(set(listed))
    assert not [name for name in listed if not hasattr(home, name)]


@pytest.mark.parametrize(
    ("home", "table"), [(functional, FUNCTIONAL), (nn, LAYERS)], ids=["functional", "nn"]
)
def test_every_public_name_is_listed(home, table):
    assert set(home.__all__) - {"functional", "init", "utils"} == set(names(table))


def test_every_name_at_the_top_is_listed():
    assert set(dir(dl)) - {"__version__", "Tensor", *dl.MODULES} == set(names(TOP))


# -- signatures ----------------------------------------------------------------------------------

# PyTorch's arguments that are not for users, or have been replaced by `reduction` long ago.
IGNORED = {"self", "_stacklevel", "size_average", "reduce"}
# Ours for every layer: where its parameters are, and how they start. PyTorch's device is None.
PLACES = {"device", "dtype", "init"}
NO_DEFAULT_AXIS = "the axis is not guessed: PyTorch warns when it does"
STATISTICS = "counts batches where the momentum is None, as PyTorch's layers do by themselves"
TABLE = "rows are not renormalised nor scaled, and gradients are dense"
FUNCTIONS_DEVIATE = {
    "batch_norm": STATISTICS,
    "embedding": TABLE,
    "instance_norm": STATISTICS,
    "log_softmax": NO_DEFAULT_AXIS,
    "normalize": "no function takes out=",
    "softmax": NO_DEFAULT_AXIS,
    "softmin": NO_DEFAULT_AXIS,
}
LAYERS_DEVIATE = {
    "Buffer": "PyTorch's takes anything and looks at it when it is made",
    "Embedding": TABLE,
    "Hardtanh": "min_value and max_value are older names",
    "LogSoftmax": NO_DEFAULT_AXIS,
    "PReLU": "init is the first weight, here and there",
    "Parameter": "PyTorch's takes anything and looks at it when it is made",
    "Softmax": NO_DEFAULT_AXIS,
    "Softmin": NO_DEFAULT_AXIS,
}


def parameters(function, without):
    """Names and defaults in order; whether a name may go unsaid is not compared, as PyTorch's
    order has arguments in between that nobody should use."""
    return [
        (parameter.name, parameter.default)
        for parameter in inspect.signature(function).parameters.values()
        if parameter.name not in without
    ]


def theirs(home, name):
    """PyTorch's function, None where it is written in C++ and has no signature."""
    function = getattr(home, name)
    if inspect.isclass(function):
        return function.__init__
    try:
        found = parameters(function, IGNORED)
    except ValueError:
        return None
    # (a function that chooses between two has only *args: its choices are inside)
    return None if ("args", inspect.Parameter.empty) in found else function


@pytest.mark.peer
@pytest.mark.parametrize("name", sorted(functional.__all__))
def test_functions_take_what_pytorch_takes(name):
    torch = pytest.importorskip("torch")
    peer = theirs(torch.nn.functional, name)
    if peer is None:
        return
    same = parameters(getattr(functional, name), IGNORED) == parameters(peer, IGNORED)
    assert same is (name not in FUNCTIONS_DEVIATE)


@pytest.mark.peer
@pytest.mark.parametrize("name", sorted(names(LAYERS)))
def test_layers_take_what_pytorch_takes(name):
    torch = pytest.importorskip("torch")
    without = IGNORED | PLACES if name not in LAYERS_DEVIATE else IGNORED
    layer = parameters(getattr(nn, name).__init__, without)
    same = layer == parameters(theirs(torch.nn, name), without)
    assert same is (name not in LAYERS_DEVIATE)


@pytest.mark.peer
@pytest.mark.parametrize("name", names(TOP))
def test_first_argument_has_its_name(name):
    """PyTorch's documentation begins with the signature, also of functions written in C++."""
    torch = pytest.importorskip("torch")
    ours, text = getattr(dl, name), getattr(getattr(torch, name, None), "__doc__", None) or ""
    if inspect.isfunction(ours) and text.strip().startswith((f"{name}(input,", f"{name}(input:")):
        assert next(iter(inspect.signature(ours).parameters)) == "input"
