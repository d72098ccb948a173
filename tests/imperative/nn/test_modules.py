"""`Module`: registration, naming, traversal, state, hooks, modes, and the errors."""

from __future__ import annotations

import copy
import io
import pickle

import pytest

import bifront.frontends.imperative as torch
from bifront.compiler.errors import DTypeError, IndexOutOfRange, ShapeError, StateError
from bifront.frontends.imperative import nn
from bifront.frontends.imperative.nn import functional as F


class Net(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.first = nn.Linear(3, 4)
        self.norm = nn.BatchNorm1d(4)
        self.rest = nn.Sequential(nn.ReLU(), nn.Linear(4, 2))
        self.scale = nn.Parameter(torch.ones(2))
        self.register_buffer("shift", torch.zeros(2))
        self.register_buffer("hidden", torch.zeros(1), persistent=False)

    def forward(self, x):
        return self.rest(self.norm(self.first(x))) * self.scale + self.shift


def test_names_follow_registration() -> None:
    net = Net()
    assert [n for n, _ in net.named_parameters()] == [
        "scale", "first.weight", "first.bias", "norm.weight", "norm.bias", "rest.1.weight",
        "rest.1.bias",
    ]  # fmt: skip
    assert [n for n, _ in net.named_modules()] == ["", "first", "norm", "rest", "rest.0", "rest.1"]
    assert [n for n, _ in net.named_children()] == ["first", "norm", "rest"]
    assert list(net.state_dict()) == [
        "scale", "shift", "first.weight", "first.bias", "norm.weight", "norm.bias",
        "norm.running_mean", "norm.running_var", "norm.num_batches_tracked", "rest.1.weight",
        "rest.1.bias",
    ]  # fmt: skip
    assert net.get_parameter("rest.1.bias") is net.rest[1].bias
    assert {p.array.origin.name for p in net.parameters()} == {n for n, _ in net.named_parameters()}


def test_attributes_are_registered_and_replaced() -> None:
    net = Net()
    net.scale = nn.Parameter(torch.zeros(2))
    assert net.scale.sum().item() == 0
    net.first = None
    assert net.first is None
    assert "first.weight" not in dict(net.named_parameters())
    with pytest.raises(TypeError, match=r"cannot assign 'torch.FloatTensor' as parameter 'scale'"):
        net.scale = torch.zeros(2)
    with pytest.raises(TypeError, match="as child module 'norm'"):
        net.norm = 3
    del net.scale
    with pytest.raises(AttributeError, match="'Net' object has no attribute 'scale'"):
        _ = net.scale
    with pytest.raises(KeyError, match="attribute 'forward' already exists"):
        net.register_buffer("forward", None)

    class Forgetful(nn.Module):
        def __init__(self) -> None:
            self.layer = nn.Linear(1, 1)

    with pytest.raises(AttributeError, match=r"cannot assign module before Module.__init__\(\)"):
        Forgetful()


def test_state_goes_round() -> None:
    net, other = Net(), Net()
    assert repr(other.load_state_dict(net.state_dict())) == "<All keys matched successfully>"
    x = torch.randn(5, 3)
    assert net.eval()(x).tolist() == other.eval()(x).tolist()
    again = pickle.loads(pickle.dumps(net))
    assert again(x).tolist() == net(x).tolist()
    twin = copy.deepcopy(net)
    with torch.no_grad():
        twin.scale.fill_(7)
    assert net.scale.tolist() == [1, 1]
    assert isinstance(twin.scale, nn.Parameter)
    assert io.StringIO(str(net)).readline() == "Net(\n"


def test_state_dicts_share_memory() -> None:
    layer = nn.Linear(2, 1, bias=False)
    state = layer.state_dict()
    with torch.no_grad():
        layer.weight.fill_(3)
    assert state["weight"].tolist() == [[3, 3]]
    state["weight"].fill_(5)
    assert layer.weight.tolist() == [[5, 5]]


def test_mismatched_state_is_told_in_full() -> None:
    net = nn.Sequential(nn.Linear(3, 4))
    with pytest.raises(StateError) as caught:
        net.load_state_dict({"0.weight": torch.zeros(2, 3), "z": torch.zeros(1)})
    assert caught.value.answer == (
        "Error(s) in loading state_dict for Sequential:\n"
        '\tMissing key(s) in state_dict: "0.bias". \n'
        '\tUnexpected key(s) in state_dict: "z". \n'
        "\tsize mismatch for 0.weight: copying a param with shape torch.Size([2, 3]) from "
        "checkpoint, the shape in current model is torch.Size([4, 3])."
    )
    assert "test_modules.py" in str(caught.value)
    found = net.load_state_dict({"0.bias": torch.ones(4), "z": torch.zeros(1)}, strict=False)
    assert (found.missing_keys, found.unexpected_keys) == (["0.weight"], ["z"])
    assert net[0].bias.tolist() == [1, 1, 1, 1]


def test_modes_and_conversion() -> None:
    net = Net()
    assert net.eval() is net
    assert not any(m.training for m in net.modules())
    assert all(m.training for m in net.train().modules())
    weight = net.first.weight
    assert net.double().first.weight is weight
    assert weight.dtype is torch.float64
    assert net.norm.num_batches_tracked.dtype is torch.int64
    assert net.to("cpu").to(torch.float32).cuda().cpu().first.weight.dtype is torch.float32
    with pytest.raises(TypeError, match="only accepts floating point"):
        net.to(torch.int64)
    net.requires_grad_(False)
    assert not any(p.requires_grad for p in net.parameters())
    seen = []
    net.apply(lambda m: seen.append(type(m).__name__))
    assert seen == ["Linear", "BatchNorm1d", "ReLU", "Linear", "Sequential", "Net"]


def test_gradients_are_cleared() -> None:
    layer = nn.Linear(2, 1)
    layer(torch.ones(1, 2)).sum().backward()
    layer.zero_grad(set_to_none=False)
    assert layer.weight.grad.tolist() == [[0, 0]]
    layer.zero_grad()
    assert layer.weight.grad is None


def test_hooks() -> None:
    layer = nn.Linear(2, 1, bias=False)
    with torch.no_grad():
        layer.weight.fill_(2)
    said = []
    handles = [
        layer.register_forward_pre_hook(lambda m, args: (args[0] * 10,)),
        layer.register_forward_hook(lambda m, args, out: out + 1),
        layer.register_full_backward_hook(lambda m, gi, go: said.append((gi, go))),
    ]
    x = torch.ones(1, 2, requires_grad=True)
    y = layer(x)
    assert y.tolist() == [[41]]
    (y * 3).sum().backward()
    ((grad_input,), (grad_output,)) = said[0]
    assert grad_input.tolist() == [[6, 6]]
    assert grad_output.tolist() == [[3]]
    assert x.grad.tolist() == [[60, 60]]
    for h in handles:
        h.remove()
    assert layer(torch.ones(1, 2)).tolist() == [[4]]
    assert layer._hooks is None


def test_containers() -> None:
    layers = nn.ModuleList([nn.ReLU(), nn.Tanh()])
    layers.append(nn.Sigmoid()).insert(0, nn.Identity())
    assert [type(m).__name__ for m in layers] == ["Identity", "ReLU", "Tanh", "Sigmoid"]
    assert len(layers[1:3]) == 2
    assert isinstance(layers[-1], nn.Sigmoid)
    layers += [nn.Linear(1, 1)]
    assert [n for n, _ in layers.named_parameters()] == ["4.weight", "4.bias"]
    del layers[0]
    assert [n for n, _ in layers.named_parameters()] == ["3.weight", "3.bias"]
    table = nn.ModuleDict({"a": nn.ReLU()})
    table["b"] = nn.Linear(1, 1)
    assert list(table) == ["a", "b"]
    assert "b" in table
    numbers = nn.ParameterList([torch.zeros(2), nn.Parameter(torch.ones(1))])
    assert [n for n, _ in numbers.named_parameters()] == ["0", "1"]
    assert isinstance(numbers[0], nn.Parameter)
    both = nn.ParameterDict({"left": torch.zeros(2)})
    assert [n for n, _ in both.named_parameters()] == ["left"]
    with pytest.raises(IndexError, match="index 9 is out of range"):
        layers[9]


def test_shared_parameters_count_once() -> None:
    net = nn.Sequential(nn.Linear(3, 3, bias=False), nn.Linear(3, 3, bias=False))
    net[1].weight = net[0].weight
    assert len(list(net.parameters())) == 1
    assert list(net.state_dict()) == ["0.weight", "1.weight"]


def test_wrong_input_names_module_and_line() -> None:
    net = nn.Sequential(nn.Linear(3, 4), nn.ReLU(), nn.Linear(5, 2))
    with pytest.raises(ShapeError) as caught:
        net(torch.zeros(7, 3))
    assert caught.value.answer == "mat1 and mat2 shapes cannot be multiplied (7x4 and 5x2)"
    assert "inside Linear(in_features=5, out_features=2, bias=True)" in str(caught.value)
    assert "net(torch.zeros(7, 3))" in str(caught.value)
    with pytest.raises(ShapeError, match=r"to have 3 channels, but got 1 channels instead"):
        nn.Conv2d(3, 4, 3)(torch.zeros(2, 1, 5, 5))
    with pytest.raises(ValueError, match=r"expected 4D input \(got 2D input\)"):
        nn.BatchNorm2d(3)(torch.zeros(2, 3))
    with pytest.raises(ValueError, match="more than 1 value per channel when training"):
        nn.BatchNorm1d(3)(torch.zeros(1, 3))


def test_wrong_targets() -> None:
    x = torch.zeros(3, 4)
    with pytest.raises(DTypeError, match="expected scalar type Long but found Float"):
        F.cross_entropy(x, torch.zeros(3))
    with pytest.raises(ShapeError, match=r"batch_size \(3\) to match target batch_size \(2\)"):
        F.cross_entropy(x, torch.tensor([1, 2]))
    with pytest.raises(IndexOutOfRange, match=r"Target 4 is out of bounds"):
        F.cross_entropy(x, torch.tensor([1, 2, 4]))
    with pytest.raises(IndexOutOfRange, match=r"Target -1 is out of bounds"):
        F.nll_loss(x, torch.tensor([1, 2, -1]))
    with pytest.raises(IndexOutOfRange, match="index out of range in self"):
        nn.Embedding(3, 2)(torch.tensor([3]))
    with pytest.raises(RuntimeError, match="between 0 and 1"):
        F.binary_cross_entropy(x + 2, x)
    with pytest.warns(UserWarning, match="different to the input size"):
        F.mse_loss(x, torch.zeros(4))
    with pytest.warns(UserWarning, match="Implicit dimension choice for softmax"):
        assert F.softmax(torch.zeros(2)).tolist() == [0.5, 0.5]


def test_dropout() -> None:
    x = torch.ones(100, 100)
    layer = nn.Dropout(0.3)
    y = layer(x)
    kept = (y != 0).float().mean().item()
    assert 0.65 < kept < 0.75
    assert y.max().item() == pytest.approx(1 / 0.7)
    assert layer.eval()(x) is x
    channels = nn.Dropout2d(0.5)(torch.ones(4, 8, 3, 3))
    assert set(channels.mean((2, 3)).reshape(-1).tolist()) <= {0.0, 2.0}
    with pytest.raises(ValueError, match="has to be between 0 and 1, but got 2"):
        nn.Dropout(2)


def test_initial_values_have_the_right_spread() -> None:
    torch.manual_seed(0)
    layer = nn.Linear(100, 300)
    assert layer.weight.abs().max().item() <= 0.1
    assert layer.weight.std().item() == pytest.approx(0.1 / 3**0.5, rel=0.05)
    assert layer.bias.abs().max().item() <= 0.1
    w = torch.empty(200, 300)
    assert nn.init.xavier_uniform_(w) is w
    assert w.std().item() == pytest.approx((2 / 500) ** 0.5, rel=0.05)
    nn.init.kaiming_normal_(w, mode="fan_out", nonlinearity="relu")
    assert w.std().item() == pytest.approx((2 / 200) ** 0.5, rel=0.05)
    nn.init.trunc_normal_(w, std=0.5, a=-1.0, b=1.0)
    assert w.abs().max().item() <= 1
    nn.init.orthogonal_(w)
    assert torch.allclose(w @ w.t(), torch.eye(200), atol=1e-4)
    with pytest.raises(ValueError, match="fewer than 2 dimensions"):
        nn.init.xavier_normal_(torch.empty(3))
    assert not w.requires_grad


def test_missing_names_say_what_is_near() -> None:
    with pytest.raises(AttributeError, match=r"bifront does not have torch.nn.Liner"):
        nn.Liner  # noqa: B018
    with pytest.raises(AttributeError, match=r"torch.nn.functional.cross_entropy"):
        F.cross_entropi  # noqa: B018
