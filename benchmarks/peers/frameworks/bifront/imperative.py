"""The programs in PyTorch's style, eager or with the step compiled."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

import bifront.imperative as torch
import bifront.imperative.nn.functional as F
from bifront.imperative import nn

from ...jobs import Calls, Job, Steps, Unsupported, scalars
from ...workloads import (
    Adam,
    Add,
    Chain,
    Dense,
    Elementwise,
    Encoder,
    Images,
    Recurrent,
    Training,
    Workload,
)


def build(workload: Workload, compiled: bool) -> Job:
    """
    Raises:
        Unsupported: a compiled workload eagerly, or the other way round.
    """
    match workload:
        case Training():
            return _training(workload, compiled)
        case Elementwise():
            return _elementwise(workload, compiled)
        case Encoder():
            return _encoder(workload, compiled)
        case Add() if workload.compiled == compiled:
            a, b = (torch.tensor(v, requires_grad=not compiled) for v in workload.data())
            add = torch.compile(lambda a, b: a + b) if compiled else None
            return Calls((lambda: add(a, b)) if add else (lambda: a + b), _array)
        case Chain() if workload.compiled == compiled:
            return _chain(workload, compiled)
    raise Unsupported(workload.name)


class Layers(nn.Module):
    """``relu(linear(x))`` over and over."""

    def __init__(self, weights: list[np.ndarray]) -> None:
        super().__init__()
        self.layers = nn.ModuleList(
            [_linear(w, b) for w, b in zip(weights[::2], weights[1::2], strict=True)]
        )

    def forward(self, x: Any) -> Any:
        for layer in self.layers[:-1]:
            x = torch.relu(layer(x))
        return self.layers[-1](x)

    def weights(self) -> list[Any]:
        return [a for layer in self.layers for a in (layer.weight.T, layer.bias)]


class Network(nn.Module):
    """Two convolutions and a dense layer."""

    def __init__(self, weights: list[np.ndarray]) -> None:
        super().__init__()
        k1, b1, k2, b2, w, b = weights
        self.first, self.second = _convolution(k1, b1), _convolution(k2, b2)
        self.last = _linear(w, b)

    def forward(self, x: Any) -> Any:
        x = torch.relu(self.first(x))
        x = torch.relu(self.second(x))
        return self.last(x.flatten(1))

    def weights(self) -> list[Any]:
        a, b, c = self.first, self.second, self.last
        return [a.weight, a.bias, b.weight, b.bias, c.weight.T, c.bias]


class Reader(nn.Module):
    """The recurrent network: a Python loop over time."""

    def __init__(self, weights: list[np.ndarray]) -> None:
        super().__init__()
        names = ("wx", "wh", "b", "wo", "bo")
        for name, value in zip(names, weights, strict=True):
            setattr(self, name, nn.Parameter(torch.tensor(value)))

    def cell(self, x: Any, h: Any) -> Any:
        return torch.tanh(x @ self.wx + h @ self.wh + self.b)

    def forward(self, xs: Any, mask: Any = None) -> Any:
        h = torch.zeros(xs.shape[1], self.wh.shape[0])
        if mask is None:
            for x in xs:
                h = self.cell(x, h)
        else:
            for x, m in zip(xs, mask, strict=True):
                h = torch.where(m.unsqueeze(1) > 0, self.cell(x, h), h)
        return h @ self.wo + self.bo

    def weights(self) -> list[Any]:
        return [self.wx, self.wh, self.b, self.wo, self.bo]


def _training(workload: Training, compiled: bool) -> Job:
    weights, masked = workload.weights(), True
    model: Layers | Network | Reader
    match workload:
        case Dense():
            model = Layers(weights)
        case Images():
            model = Network(weights)
        case Recurrent():
            model, masked = Reader(weights), workload.masked
        case _:
            raise Unsupported(workload.name)
    match workload.optimizer:
        case Adam(rate, beta1, beta2, epsilon):
            optimizer: Any = torch.optim.Adam(model.parameters(), rate, (beta1, beta2), epsilon)
        case plain:
            optimizer = torch.optim.SGD(model.parameters(), lr=plain.rate)

    def step(*batch: Any) -> Any:
        *inputs, labels = batch
        loss = F.cross_entropy(model(*inputs), labels)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        return loss

    batches = [
        tuple(torch.from_numpy(a) for a in (batch if masked else (batch[0], batch[-1])))
        for batch in workload.batches()
    ]
    return Steps(
        workload,
        batches,
        torch.compile(step) if compiled else step,
        lambda: [w.detach().numpy() for w in model.weights()],
        lambda loss: loss.item(),
    )


def _elementwise(workload: Elementwise, compiled: bool) -> Job:
    x, z = (torch.from_numpy(a) for a in workload.data())

    def formula(x: Any, z: Any) -> Any:
        y = torch.tanh(x) * torch.sigmoid(z) + torch.exp(-x * x) * z / (1 + torch.abs(x))
        return y.mean() if workload.mean else y

    run = _without_gradients(torch.compile(formula) if compiled else formula)
    return Calls(lambda: run(x, z), lambda y: workload.checked(y.numpy()))


class EncoderLayer(nn.Module):
    def __init__(self, workload: Encoder, q: dict[str, np.ndarray]) -> None:
        super().__init__()
        self.heads = workload.heads
        self.qkv, self.out = _linear(q["wqkv"], q["bqkv"]), _linear(q["wo"], q["bo"])
        self.up, self.down = _linear(q["w1"], q["c1"]), _linear(q["w2"], q["c2"])
        self.norm1 = _norm(q["g1"], q["b1"], workload.epsilon)
        self.norm2 = _norm(q["g2"], q["b2"], workload.epsilon)

    def forward(self, x: Any) -> Any:
        n, s, d = x.shape
        parts = self.qkv(x).view(n, s, 3, self.heads, d // self.heads).permute(2, 0, 3, 1, 4)
        seen = F.scaled_dot_product_attention(parts[0], parts[1], parts[2])
        x = self.norm1(x + self.out(seen.transpose(1, 2).reshape(n, s, d)))
        return self.norm2(x + self.down(F.gelu(self.up(x))))


def _encoder(workload: Encoder, compiled: bool) -> Job:
    model = nn.Sequential(*[EncoderLayer(workload, q) for q in workload.parameters()]).eval()
    x = torch.from_numpy(workload.data())
    run = _without_gradients(torch.compile(model) if compiled else model)
    return Calls(lambda: run(x), _array)


def _chain(workload: Chain, compiled: bool) -> Job:
    x, a, b = (torch.tensor(v) for v in workload.data())
    x.requires_grad_()
    a.requires_grad_()

    def chain(x: Any, a: Any, b: Any) -> Any:
        y = x
        for _ in range(workload.rounds):
            y = y * a + b
        return (y, *torch.autograd.grad(y, (x, a)))

    run = torch.compile(chain) if compiled else chain
    return Calls(lambda: run(x, a, b), scalars)


def _without_gradients(run: Callable[..., Any]) -> Callable[..., Any]:
    def call(*tensors: Any) -> Any:
        with torch.no_grad():
            return run(*tensors)

    return call


def _linear(w: np.ndarray, b: np.ndarray) -> Any:
    """A layer with weights (in, out) put in."""
    layer = nn.Linear(*w.shape)
    with torch.no_grad():
        layer.weight.copy_(torch.from_numpy(w.T.copy()))
        layer.bias.copy_(torch.from_numpy(b))
    return layer


def _convolution(k: np.ndarray, b: np.ndarray) -> Any:
    layer = nn.Conv2d(k.shape[1], k.shape[0], k.shape[2])
    with torch.no_grad():
        layer.weight.copy_(torch.from_numpy(k))
        layer.bias.copy_(torch.from_numpy(b))
    return layer


def _norm(scale: np.ndarray, shift: np.ndarray, epsilon: float) -> Any:
    layer = nn.LayerNorm(len(scale), eps=epsilon)
    with torch.no_grad():
        layer.weight.copy_(torch.from_numpy(scale))
        layer.bias.copy_(torch.from_numpy(shift))
    return layer


def _array(tensor: Any) -> list[np.ndarray]:
    return [np.atleast_1d(tensor.detach().numpy())]
