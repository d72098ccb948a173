"""What is computed both by bifront and by PyTorch; `reference.json` holds PyTorch's results.

Each case is a function of the module ``torch``, so that it runs with either. To record the results anew, run this
file with a Python that has PyTorch 2.13:  ``python tests/imperative/nn/cases.py``.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

RECORD = Path(__file__).with_name("reference.json")
Case = Callable[[Any], Any]
CASES: dict[str, Case] = {}


def case(f: Case) -> Case:
    CASES[f.__name__] = f
    return f


def many(name: str, cases: dict[str, Case]) -> None:
    for key, f in cases.items():
        CASES[f"{name}.{key}"] = f


def wave(torch: Any, *shape: int, phase: float = 0.0) -> Any:
    """Numbers that are the same everywhere."""
    n = 1
    for d in shape:
        n *= d
    x = torch.arange(n, dtype=torch.float64) * 0.7 + phase
    return x.sin().reshape(shape)


def settle(torch: Any, module: Any) -> Any:
    """The module in float64 with weights that are the same everywhere."""
    module = module.double()
    with torch.no_grad():
        for i, p in enumerate(module.parameters()):
            p.copy_(wave(torch, *p.shape, phase=1.0 + i) * 0.5)
    return module


def plain(x: Any) -> Any:
    if isinstance(x, (tuple, list)):
        return [plain(y) for y in x]
    if hasattr(x, "tolist"):
        return x.detach().tolist()
    return x


def forward_backward(torch: Any, f: Callable[..., Any], *xs: Any, module: Any = None) -> list[Any]:
    """The result, and the gradients of all inputs and parameters for a weighted sum of it."""
    leaves = [x.clone().requires_grad_() if x.is_floating_point() else x for x in xs]
    y = f(*leaves)
    (y * wave(torch, *y.shape, phase=0.3)).sum().backward()
    grads = [x.grad for x in leaves if x.is_floating_point()]
    if module is not None:
        grads += [p.grad for p in module.parameters()]
    return [plain(y), *[plain(g) for g in grads]]


def layer(make: Callable[[Any], Any], *shape: int, train: bool = True) -> Case:
    def run(torch: Any) -> Any:
        module = settle(torch, make(torch.nn)).train(train)
        return forward_backward(torch, module, wave(torch, *shape), module=module) + [
            plain(b) for b in module.buffers()
        ]

    return run


def function(f: Callable[[Any, Any], Any], *shape: int) -> Case:
    return lambda torch: forward_backward(
        torch, lambda x: f(torch.nn.functional, x), wave(torch, *shape) * 2
    )


many(
    "layer",
    {
        "linear": layer(lambda nn: nn.Linear(4, 3), 5, 4),
        "linear_3d": layer(lambda nn: nn.Linear(4, 3, bias=False), 2, 5, 4),
        "linear_1d": layer(lambda nn: nn.Linear(4, 3), 4),
        "conv1d": layer(lambda nn: nn.Conv1d(4, 6, 3, stride=2, padding=1, groups=2), 2, 4, 9),
        "conv2d": layer(lambda nn: nn.Conv2d(2, 3, (3, 2), padding=(1, 0), dilation=2), 2, 2, 7, 6),
        "conv2d_same": layer(lambda nn: nn.Conv2d(2, 3, (3, 2), padding="same"), 2, 2, 5, 6),
        "conv2d_unbatched": layer(lambda nn: nn.Conv2d(2, 3, 3, bias=False), 2, 5, 6),
        "conv2d_reflect": layer(
            lambda nn: nn.Conv2d(1, 2, 3, padding=1, padding_mode="reflect"), 1, 1, 5, 4
        ),
        "conv2d_circular": layer(
            lambda nn: nn.Conv2d(1, 2, 3, padding=1, padding_mode="circular"), 1, 1, 5, 4
        ),
        "conv_transpose1d": layer(
            lambda nn: nn.ConvTranspose1d(4, 6, 3, 2, 1, 1, groups=2), 2, 4, 5
        ),
        "conv_transpose2d": layer(lambda nn: nn.ConvTranspose2d(3, 2, 4, 2, 1), 2, 3, 4, 5),
        "max_pool1d": layer(lambda nn: nn.MaxPool1d(2), 2, 3, 8),
        "max_pool2d": layer(lambda nn: nn.MaxPool2d(3, 2, 1), 2, 2, 7, 6),
        "max_pool2d_ceil": layer(lambda nn: nn.MaxPool2d(3, 2, ceil_mode=True), 2, 2, 6, 8),
        "avg_pool2d": layer(lambda nn: nn.AvgPool2d(3, 2, 1), 2, 2, 7, 6),
        "avg_pool2d_ceil": layer(
            lambda nn: nn.AvgPool2d(3, 2, 1, ceil_mode=True, count_include_pad=False), 1, 2, 6, 8
        ),
        "avg_pool2d_divisor": layer(lambda nn: nn.AvgPool2d(2, divisor_override=3), 1, 2, 6, 8),
        "avg_pool1d": layer(lambda nn: nn.AvgPool1d(3, 2), 2, 2, 8),
        "lp_pool2d": layer(lambda nn: nn.LPPool2d(2, 2), 1, 2, 4, 4),
        "adaptive_avg": layer(lambda nn: nn.AdaptiveAvgPool2d((3, 2)), 1, 2, 7, 5),
        "adaptive_avg_one": layer(lambda nn: nn.AdaptiveAvgPool2d(1), 2, 3, 4, 5),
        "adaptive_max": layer(lambda nn: nn.AdaptiveMaxPool2d((3, None)), 1, 2, 7, 5),
        "batch_norm1d": layer(lambda nn: nn.BatchNorm1d(3), 5, 3),
        "batch_norm1d_3d": layer(lambda nn: nn.BatchNorm1d(3), 2, 3, 4),
        "batch_norm2d": layer(lambda nn: nn.BatchNorm2d(3, momentum=0.3), 2, 3, 4, 5),
        "batch_norm2d_eval": layer(lambda nn: nn.BatchNorm2d(3), 2, 3, 4, 5, train=False),
        "batch_norm2d_cumulative": layer(lambda nn: nn.BatchNorm2d(3, momentum=None), 2, 3, 4, 5),
        "batch_norm2d_stateless": layer(
            lambda nn: nn.BatchNorm2d(3, affine=False, track_running_stats=False), 2, 3, 2, 2
        ),
        "layer_norm": layer(lambda nn: nn.LayerNorm(4), 3, 5, 4),
        "layer_norm_2d": layer(lambda nn: nn.LayerNorm([5, 4], bias=False), 3, 5, 4),
        "rms_norm": layer(lambda nn: nn.RMSNorm(4), 3, 4),
        "group_norm": layer(lambda nn: nn.GroupNorm(2, 4), 2, 4, 3, 3),
        "instance_norm": layer(lambda nn: nn.InstanceNorm2d(3, affine=True), 2, 3, 4, 4),
        "instance_norm_tracked": layer(
            lambda nn: nn.InstanceNorm1d(3, track_running_stats=True), 2, 3, 4
        ),
        "local_response_norm": layer(lambda nn: nn.LocalResponseNorm(3, 0.1), 2, 5, 3, 3),
        "prelu": layer(lambda nn: nn.PReLU(3), 2, 3, 4),
        "flatten": layer(lambda nn: nn.Flatten(), 2, 3, 4),
        "unflatten": layer(lambda nn: nn.Unflatten(1, (2, 3)), 2, 6),
        "reflection_pad": layer(lambda nn: nn.ReflectionPad2d((1, 2, 0, 1)), 1, 2, 4, 4),
        "replication_pad": layer(lambda nn: nn.ReplicationPad2d(2), 1, 1, 3, 3),
        "zero_pad": layer(lambda nn: nn.ZeroPad2d((1, -1, 2, 0)), 1, 1, 3, 3),
        "constant_pad": layer(lambda nn: nn.ConstantPad1d((1, 2), 3.5), 1, 2, 3),
        "upsample": layer(lambda nn: nn.Upsample(scale_factor=2), 1, 2, 3, 2),
        "upsample_bilinear": layer(
            lambda nn: nn.Upsample(scale_factor=2, mode="bilinear", align_corners=True), 1, 2, 3, 4
        ),
        "pixel_shuffle": layer(lambda nn: nn.PixelShuffle(2), 1, 8, 2, 3),
        "pixel_unshuffle": layer(lambda nn: nn.PixelUnshuffle(2), 1, 2, 4, 6),
        "unfold": layer(lambda nn: nn.Unfold((2, 3), 1, 1, 2), 1, 2, 4, 6),
        "sequential": layer(
            lambda nn: nn.Sequential(nn.Linear(4, 6), nn.Tanh(), nn.Linear(6, 2)), 3, 4
        ),
    },
)

ACTIVATIONS = [
    "relu",
    "relu6",
    "leaky_relu",
    "elu",
    "selu",
    "celu",
    "gelu",
    "silu",
    "mish",
    "softplus",
    "softsign",
    "tanh",
    "sigmoid",
    "logsigmoid",
    "hardtanh",
    "hardswish",
    "hardsigmoid",
    "tanhshrink",
    "softshrink",
    "hardshrink",
]

many(
    "function",
    {
        **{
            name: function(lambda F, x, name=name: getattr(F, name)(x), 3, 8)
            for name in ACTIVATIONS
        },
        "gelu_tanh": function(lambda F, x: F.gelu(x, approximate="tanh"), 9),
        "softplus_beta": function(lambda F, x: F.softplus(x, 2.0), 9),
        "elu_alpha": function(lambda F, x: F.elu(x, 0.3), 9),
        "celu_alpha": function(lambda F, x: F.celu(x, 0.25), 9),
        "threshold": function(lambda F, x: F.threshold(x, 0.5, -3.0), 9),
        "glu": function(lambda F, x: F.glu(x), 3, 8),
        "softmax": function(lambda F, x: F.softmax(x, 1), 2, 3, 4),
        "log_softmax": function(lambda F, x: F.log_softmax(x, -1), 2, 3, 4),
        "softmin": function(lambda F, x: F.softmin(x, 0), 3, 4),
        "normalize": function(lambda F, x: F.normalize(x), 3, 4),
        "normalize_l1": function(lambda F, x: F.normalize(x, p=1.0, dim=0), 3, 4),
        "pad": function(lambda F, x: F.pad(x, (1, 2, 0, 3), value=2.0), 2, 3),
        "nearest_exact": function(
            lambda F, x: F.interpolate(x, size=(5, 3), mode="nearest-exact"), 1, 1, 3, 7
        ),
        "nearest_size": function(lambda F, x: F.interpolate(x, size=(5, 3)), 1, 1, 3, 7),
        "nearest_fraction": function(lambda F, x: F.interpolate(x, scale_factor=1.7), 1, 2, 7),
        "linear": function(lambda F, x: F.interpolate(x, size=5, mode="linear"), 1, 2, 3),
        "bilinear": function(
            lambda F, x: F.interpolate(x, scale_factor=1.5, mode="bilinear"), 1, 1, 4, 5
        ),
        "bicubic": function(lambda F, x: F.interpolate(x, size=(6, 9), mode="bicubic"), 1, 1, 4, 5),
        "area": function(lambda F, x: F.interpolate(x, size=(2, 3), mode="area"), 1, 1, 4, 5),
        "attention": function(
            lambda F, x: F.scaled_dot_product_attention(x, x * 2, x + 1, is_causal=True), 1, 2, 3, 4
        ),
        "cosine": function(lambda F, x: F.cosine_similarity(x, x.cos(), 1), 3, 4),
        "distance": function(lambda F, x: F.pairwise_distance(x, x.cos(), 2.0, keepdim=True), 3, 4),
    },
)


def loss(f: Callable[..., Any], *shapes: tuple[int, ...]) -> Case:
    return lambda torch: forward_backward(
        torch,
        lambda *xs: f(torch, torch.nn.functional, *xs),
        *[wave(torch, *s, phase=float(i)) for i, s in enumerate(shapes)],
    )


def labels(torch: Any, *numbers: int) -> Any:
    return torch.tensor(numbers)


def signs(torch: Any, n: int) -> Any:
    return wave(torch, n, phase=2.0).sign()


many(
    "loss",
    {
        "cross_entropy": loss(lambda t, F, x: F.cross_entropy(x, labels(t, 0, 2, 1)), (3, 4)),
        "cross_entropy_sum": loss(
            lambda t, F, x: F.cross_entropy(x, labels(t, 0, 2, 1), reduction="sum"), (3, 4)
        ),
        "cross_entropy_none": loss(
            lambda t, F, x: F.cross_entropy(x, labels(t, 0, 2, 1), reduction="none"), (3, 4)
        ),
        "cross_entropy_ignored": loss(
            lambda t, F, x: F.cross_entropy(x, labels(t, 0, -100, 1)), (3, 4)
        ),
        "cross_entropy_ignore_index": loss(
            lambda t, F, x: F.cross_entropy(x, labels(t, 0, 2, 1), ignore_index=2), (3, 4)
        ),
        "cross_entropy_weight": loss(
            lambda t, F, x: F.cross_entropy(
                x, labels(t, 0, 2, 1), t.tensor([1.0, 2.0, 0.5, 3.0], dtype=t.float64)
            ),
            (3, 4),
        ),
        "cross_entropy_smooth": loss(
            lambda t, F, x: F.cross_entropy(x, labels(t, 0, 2, 1), label_smoothing=0.2), (3, 4)
        ),
        "cross_entropy_everything": loss(
            lambda t, F, x: F.cross_entropy(
                x,
                labels(t, 0, 2, 1),
                t.tensor([1.0, 2.0, 0.5, 3.0], dtype=t.float64),
                ignore_index=1,
                label_smoothing=0.2,
            ),
            (3, 4),
        ),
        "cross_entropy_soft": loss(
            lambda t, F, x, y: F.cross_entropy(x, F.softmax(y, 1)), (3, 4), (3, 4)
        ),
        "cross_entropy_soft_smooth": loss(
            lambda t, F, x, y: F.cross_entropy(
                x,
                F.softmax(y, 1),
                t.tensor([1.0, 2.0, 0.5, 3.0], dtype=t.float64),
                label_smoothing=0.1,
            ),
            (3, 4),
            (3, 4),
        ),
        "cross_entropy_images": loss(
            lambda t, F, x: F.cross_entropy(x, t.arange(12).reshape(2, 3, 2) % 4), (2, 4, 3, 2)
        ),
        "cross_entropy_single": loss(lambda t, F, x: F.cross_entropy(x, t.tensor(2)), (4,)),
        "nll": loss(lambda t, F, x: F.nll_loss(x, labels(t, 0, 2, 1)), (3, 4)),
        "nll_weight": loss(
            lambda t, F, x: F.nll_loss(
                x, labels(t, 0, 2, 1), t.tensor([1.0, 2.0, 0.5, 3.0], dtype=t.float64)
            ),
            (3, 4),
        ),
        "mse": loss(lambda t, F, x, y: F.mse_loss(x, y), (3, 4), (3, 4)),
        "mse_sum": loss(lambda t, F, x, y: F.mse_loss(x, y, reduction="sum"), (3, 4), (3, 4)),
        "l1": loss(lambda t, F, x, y: F.l1_loss(x, y), (3, 4), (3, 4)),
        "smooth_l1": loss(lambda t, F, x, y: F.smooth_l1_loss(x, y, beta=0.4), (3, 4), (3, 4)),
        "huber": loss(lambda t, F, x, y: F.huber_loss(x, y, delta=0.4), (3, 4), (3, 4)),
        "bce": loss(
            lambda t, F, x, y: F.binary_cross_entropy(x.sigmoid(), y.sigmoid()), (3, 4), (3, 4)
        ),
        "bce_logits": loss(
            lambda t, F, x, y: F.binary_cross_entropy_with_logits(x, y.sigmoid()), (3, 4), (3, 4)
        ),
        "bce_logits_pos_weight": loss(
            lambda t, F, x, y: F.binary_cross_entropy_with_logits(
                x, y.sigmoid(), pos_weight=t.tensor([1.0, 2.0, 0.5, 3.0], dtype=t.float64)
            ),
            (3, 4),
            (3, 4),
        ),
        "kl": loss(
            lambda t, F, x, y: F.kl_div(
                F.log_softmax(x, 1), F.softmax(y, 1), reduction="batchmean"
            ),
            (3, 4),
            (3, 4),
        ),
        "kl_log": loss(
            lambda t, F, x, y: F.kl_div(
                F.log_softmax(x, 1), F.log_softmax(y, 1), reduction="sum", log_target=True
            ),
            (3, 4),
            (3, 4),
        ),
        "cosine": loss(
            lambda t, F, x, y: F.cosine_embedding_loss(x, y, signs(t, 3), margin=0.1),
            (3, 4),
            (3, 4),
        ),
        "margin_ranking": loss(
            lambda t, F, x, y: F.margin_ranking_loss(x, y, signs(t, 5), margin=0.3), (5,), (5,)
        ),
        "hinge_embedding": loss(
            lambda t, F, x: F.hinge_embedding_loss(x, signs(t, 5), margin=0.3), (5,)
        ),
        "soft_margin": loss(lambda t, F, x: F.soft_margin_loss(x, signs(t, 5)), (5,)),
        "triplet": loss(
            lambda t, F, x, y, z: F.triplet_margin_loss(x, y, z, swap=True), (3, 4), (3, 4), (3, 4)
        ),
        "multi_margin": loss(lambda t, F, x: F.multi_margin_loss(x, labels(t, 0, 2, 1)), (3, 4)),
        "multilabel_soft_margin": loss(
            lambda t, F, x, y: F.multilabel_soft_margin_loss(x, (y > 0).double()), (3, 4), (3, 4)
        ),
        "poisson": loss(lambda t, F, x, y: F.poisson_nll_loss(x, y.exp()), (5,), (5,)),
        "gaussian": loss(
            lambda t, F, x, y, v: F.gaussian_nll_loss(x, y, v.exp(), full=True), (5,), (5,), (5,)
        ),
    },
)


@case
def embedding(torch: Any) -> Any:
    table = settle(torch, torch.nn.Embedding(6, 3, padding_idx=2))
    ids = torch.tensor([[0, 2, 5], [5, 1, 0]])
    return forward_backward(torch, lambda: table(ids), module=table)


@case
def embedding_max_norm(torch: Any) -> Any:
    table = settle(torch, torch.nn.Embedding(6, 3, max_norm=0.5))
    return [plain(table(torch.tensor([0, 3]))), plain(table.weight)]


@case
def bilinear(torch: Any) -> Any:
    m = settle(torch, torch.nn.Bilinear(3, 4, 2))
    x, y = wave(torch, 5, 3), wave(torch, 5, 4, phase=2.0)
    return forward_backward(torch, m, x, y, module=m)


@case
def max_pool_indices(torch: Any) -> Any:
    x = wave(torch, 1, 2, 4, 6)
    y, i = torch.nn.functional.max_pool2d(x, 2, return_indices=True)
    return plain([y, i, torch.nn.functional.max_unpool2d(y, i, 2)])


@case
def one_hot(torch: Any) -> Any:
    f = torch.nn.functional.one_hot
    return plain([f(torch.tensor([[0, 2], [1, 1]])), f(torch.tensor([1, 0]), 4)])


@case
def gains(torch: Any) -> Any:
    gain = torch.nn.init.calculate_gain
    names = ("linear", "conv2d", "sigmoid", "tanh", "relu", "leaky_relu", "selu")
    return [gain(n) for n in names] + [gain("leaky_relu", 0.3)]


def recurrent(make: Callable[[Any], Any], *shape: int, states: bool = False) -> Case:
    def run(torch: Any) -> Any:
        module = settle(torch, make(torch.nn))
        x = wave(torch, *shape).requires_grad_()
        hx = None
        if states:
            h = wave(torch, module.num_layers * 2, shape[1], module.hidden_size, phase=0.2)
            hx = (h, h * 2) if isinstance(module, torch.nn.LSTM) else h
        y, last = module(x, hx)
        last = last if isinstance(last, tuple) else (last,)
        total = sum((s * wave(torch, *s.shape)).sum() for s in (y, *last))
        total.backward()
        return [plain(t) for t in (y, *last, x.grad, *[p.grad for p in module.parameters()])] + [
            repr(module),
            list(module.state_dict()),
        ]

    return run


many(
    "recurrent",
    {
        "rnn": recurrent(lambda nn: nn.RNN(3, 4), 5, 2, 3),
        "rnn_relu": recurrent(lambda nn: nn.RNN(3, 4, 2, nonlinearity="relu"), 5, 2, 3),
        "lstm": recurrent(lambda nn: nn.LSTM(3, 4, batch_first=True), 2, 5, 3),
        "lstm_both": recurrent(
            lambda nn: nn.LSTM(3, 2, 2, bidirectional=True), 5, 2, 3, states=True
        ),
        "gru": recurrent(lambda nn: nn.GRU(3, 4, 2, bias=False), 5, 2, 3),
        "gru_both": recurrent(lambda nn: nn.GRU(3, 2, bidirectional=True), 5, 2, 3, states=True),
        "unbatched": recurrent(lambda nn: nn.LSTM(3, 4), 5, 3),
    },
)


@case
def cells(torch: Any) -> Any:
    nn = torch.nn
    results = []
    for make in (
        lambda: nn.RNNCell(3, 4),
        lambda: nn.RNNCell(3, 4, bias=False, nonlinearity="relu"),
        lambda: nn.LSTMCell(3, 4),
        lambda: nn.GRUCell(3, 4),
    ):
        cell = settle(torch, make())
        state = cell(wave(torch, 2, 3))
        results.append(plain(cell(wave(torch, 2, 3, phase=1.0), state)))
        results.append(repr(cell))
    return results


@case
def packed(torch: Any) -> Any:
    """Sequences of different lengths, sorted or not, through networks of one and of two directions."""
    rnn = torch.nn.utils.rnn
    results = []
    lengths = [4, 2, 1]
    for sizes, both in ((lengths, False), ([2, 4, 1], True)):
        module = settle(torch, torch.nn.LSTM(3, 2, bidirectional=both))
        x = wave(torch, 4, 3, 3).requires_grad_()
        p = rnn.pack_padded_sequence(x, sizes, enforce_sorted=sizes == lengths)
        y, (h, c) = module(p)
        padded, found = rnn.pad_packed_sequence(y, batch_first=True)
        ((padded * wave(torch, *padded.shape)).sum() + h.sum() - c.sum()).backward()
        results += [plain(t) for t in (p.data, p.batch_sizes, padded, found, h, c, x.grad)]
    parts = [wave(torch, n) for n in (2, 4, 1)]
    results.append(plain(rnn.pad_sequence(parts, batch_first=True, padding_value=9.0)))
    results.append(plain(rnn.pad_sequence(parts)))
    results.append(plain(rnn.pack_sequence(parts, enforce_sorted=False).data))
    return results


@case
def distributions(torch: Any) -> Any:
    d = torch.distributions
    p = wave(torch, 2, 3).sigmoid()
    c, e = d.Categorical(p), d.Categorical(logits=wave(torch, 2, 3, phase=1.0))
    b, n = d.Bernoulli(p), d.Normal(wave(torch, 3), wave(torch, 3, phase=2.0).exp())
    x, k = wave(torch, 3, phase=0.5), torch.tensor([2, 0])
    found = [c.log_prob(k), e.log_prob(k), c.entropy(), e.entropy(), c.probs, e.logits]
    found += [b.log_prob((p > 0.5).double()), b.entropy(), b.variance, n.log_prob(x), n.entropy()]
    found += [n.cdf(x), d.Exponential(x.exp()).log_prob(x.exp()), d.Uniform(x, x + 2).entropy()]
    found += [d.kl_divergence(c, e), d.kl_divergence(n, d.Normal(x, x.exp()))]
    found += [d.kl_divergence(b, d.Bernoulli(p * 0.5))]
    return [plain(f) for f in found] + [repr(c), repr(n), repr(d.Normal(0.0, 1.0))]


@case
def clipping(torch: Any) -> Any:
    results = []
    for clip in (
        lambda ps: torch.nn.utils.clip_grad_norm_(ps, 0.5),
        lambda ps: torch.nn.utils.clip_grad_norm_(ps, 1.5, norm_type=float("inf")),
        lambda ps: torch.nn.utils.clip_grad_norm_(ps, 1.5, norm_type=3.0),
        lambda ps: torch.nn.utils.clip_grad_value_(ps, 0.2),
    ):
        m = settle(torch, torch.nn.Linear(3, 2))
        m(wave(torch, 4, 3)).pow(2).sum().backward()
        results.append(plain(clip(list(m.parameters()))))
        results.append([plain(p.grad) for p in m.parameters()])
    return results


def modules(torch: Any) -> Iterator[Any]:
    nn = torch.nn
    yield nn.Sequential(
        nn.Linear(3, 4),
        nn.ReLU(inplace=True),
        nn.ModuleList([nn.Linear(1, 2), nn.Linear(1, 2), nn.Conv2d(1, 2, 3, padding=1)]),
        nn.ModuleDict({"a": nn.Dropout(0.3), "b": nn.Sequential()}),
        nn.ParameterList([nn.Parameter(torch.zeros(2, 3))]),
    )
    yield nn.LayerNorm(4)
    yield nn.LayerNorm((4, 3), bias=False)
    yield nn.RMSNorm(3)
    yield nn.GroupNorm(2, 4)
    yield nn.BatchNorm1d(3)
    yield nn.InstanceNorm2d(3)
    yield nn.Conv1d(3, 6, 3, 2, 1, 2, 3, False, "reflect")
    yield nn.ConvTranspose2d(3, 4, 3, 2, 1, 1)
    yield nn.MaxPool2d(3, 2, 1, 2, True, True)
    yield nn.AvgPool2d(2, 3, 1)
    yield nn.AvgPool1d(2)
    yield nn.AdaptiveAvgPool2d((1, None))
    yield nn.LPPool2d(2, 3)
    yield nn.MaxUnpool2d(2)
    yield nn.ReflectionPad2d(3)
    yield nn.ConstantPad2d(2, 3.5)
    yield nn.Upsample(scale_factor=2, mode="bilinear")
    yield nn.Upsample(size=(2, 3))
    yield nn.UpsamplingNearest2d(scale_factor=2)
    yield nn.Unfold(2)
    yield nn.PixelShuffle(2)
    yield nn.Flatten()
    yield nn.Unflatten(1, (2, 3))
    yield nn.Embedding(3, 4, padding_idx=-1, sparse=True)
    yield nn.Bilinear(1, 2, 3)
    yield nn.CosineSimilarity()
    yield nn.Identity(3)
    yield nn.LocalResponseNorm(2)
    yield nn.PReLU()
    yield nn.Softmax(dim=1)
    yield nn.CrossEntropyLoss()
    for name in [
        "ReLU",
        "ReLU6",
        "SELU",
        "SiLU",
        "Mish",
        "Hardsigmoid",
        "Hardswish",
        "LeakyReLU",
        "ELU",
        "CELU",
        "Hardtanh",
        "Sigmoid",
        "Tanh",
        "LogSigmoid",
        "Softsign",
        "Tanhshrink",
        "GELU",
        "GLU",
        "Hardshrink",
        "Softshrink",
        "Softplus",
        "Softmin",
        "LogSoftmax",
        "Softmax2d",
        "Dropout",
        "Dropout2d",
        "AlphaDropout",
    ]:
        yield getattr(nn, name)()


@case
def printing(torch: Any) -> Any:
    return [repr(m) for m in modules(torch)]


if __name__ == "__main__":
    import torch

    del sys.argv[1:]
    import warnings

    warnings.simplefilter("ignore")
    found = {name: f(torch) for name, f in CASES.items()}
    RECORD.write_text(json.dumps(found) + "\n")
