"""PyTorch on the CPU.

* ``eager``: modules' functions, ``loss.backward()``, ``torch.optim``.
* ``eager-fused``: the same with ``fused=True``.
* ``compile``: ``torch.compile`` of the loss and of ``optimizer.step``, the autograd engine between them.
* ``compile-step``: ``torch.compile`` of one function that holds forward, gradient and update.
* ``compile-freeze``: for inference: Inductor with frozen, prepacked weights.
* ``inference``: eager, under ``torch.inference_mode``.
* ``module``: the recurrent network with ``nn.RNN``.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F

from ..jobs import Calls, Job, Steps, Unsupported, for_network, scalars
from ..workloads import Adam, Add, Chain, Elementwise, Encoder, Recurrent, Training, Workload


def versions() -> Mapping[str, str]:
    return {"torch": torch.__version__, "threads": str(torch.get_num_threads())}


def build(workload: Workload, mode: str) -> Job:
    match workload:
        case Recurrent() if mode == "module":
            return _module(workload)
        case Training():
            return _training(workload, mode)
        case Elementwise() if mode in ("eager", "compile"):
            return _elementwise(workload, mode)
        case Encoder():
            return _encoder(workload, mode)
        case Add() if workload.compiled == (mode == "compile"):
            a, b = (torch.tensor(v, requires_grad=not workload.compiled) for v in workload.data())
            add = torch.compile(lambda a, b: a + b) if workload.compiled else None
            return Calls((lambda: add(a, b)) if add else (lambda: a + b), _array)
        case Chain() if workload.compiled == (mode == "compile"):
            return _chain(workload)
    raise Unsupported(workload.name)


def _loss(workload: Training) -> Callable[..., Any]:
    """(weights, *batch) -> loss"""

    def dense(p: list[Any], x: Any, y: Any) -> Any:
        for i in range(0, len(p), 2):
            x = torch.addmm(p[i + 1], x, p[i])
            if i < len(p) - 2:
                x = torch.relu(x)
        return F.cross_entropy(x, y)

    def images(p: list[Any], x: Any, y: Any) -> Any:
        x = torch.relu(F.conv2d(x, p[0], p[1]))
        x = torch.relu(F.conv2d(x, p[2], p[3]))
        return F.cross_entropy(torch.addmm(p[5], x.flatten(1), p[4]), y)

    def recurrent(p: list[Any], xs: Any, mask: Any, y: Any) -> Any:
        wx, wh, b, wo, bo = p
        h = torch.zeros(xs.shape[1], wh.shape[0])
        for x, m in zip(xs, mask, strict=True):
            new = torch.tanh(torch.addmm(b, x, wx) + h @ wh)
            h = torch.where(m[:, None] > 0, new, h) if xs.shape[1] > 1 else new
        return F.cross_entropy(torch.addmm(bo, h, wo), y)

    return for_network(workload, dense, images, recurrent)


def _training(workload: Training, mode: str) -> Job:
    loss_of = _loss(workload)
    weights = [torch.tensor(w) for w in workload.weights()]
    if mode == "compile-step":
        step = _one_function(workload, loss_of, weights)
    elif mode in ("eager", "eager-fused", "compile"):
        for w in weights:
            w.requires_grad_()
        optimizer = _optimizer(workload, weights, mode == "eager-fused")
        compiled = mode == "compile"
        forward = torch.compile(loss_of) if compiled else loss_of
        update = torch.compile(optimizer.step) if compiled else optimizer.step

        def step(*batch: Any) -> Any:
            loss = forward(weights, *batch)
            optimizer.zero_grad()
            loss.backward()
            update()
            return loss.detach()
    else:
        raise Unsupported(mode)
    return _steps(workload, step, lambda: weights)


def _steps(workload: Training, step: Callable[..., Any], weights: Callable[[], list[Any]]) -> Job:
    batches = [tuple(torch.tensor(a) for a in batch) for batch in workload.batches()]

    def now() -> list[np.ndarray]:
        return [w.detach().numpy() for w in weights()]

    return Steps(workload, batches, step, now, lambda loss: loss.item())


def _optimizer(workload: Training, weights: list[Any], fused: bool) -> Any:
    match workload.optimizer:
        case Adam(rate, beta1, beta2, epsilon):
            return torch.optim.Adam(weights, rate, (beta1, beta2), epsilon, fused=fused or None)
        case plain:
            return torch.optim.SGD(weights, lr=plain.rate, fused=fused or None)


def _one_function(workload: Training, loss_of: Callable[..., Any], weights: list[Any]) -> Any:
    gradients = torch.func.grad_and_value(loss_of)
    first, second = ([torch.zeros_like(w) for w in weights] for _ in range(2))
    count = torch.zeros(())

    def function(p: list[Any], m: list[Any], v: list[Any], t: Any, *batch: Any) -> Any:
        found, loss = gradients(p, *batch)
        match workload.optimizer:
            case Adam(rate, beta1, beta2, epsilon):
                t.add_(1)
                scale1, scale2 = 1 - beta1**t, 1 - beta2**t
                for w, g, mean, square in zip(p, found, m, v, strict=True):
                    mean.mul_(beta1).add_(g, alpha=1 - beta1)
                    square.mul_(beta2).addcmul_(g, g, value=1 - beta2)
                    root = torch.sqrt(square / scale2) + epsilon
                    w.sub_(rate * (mean / scale1) / root)
            case plain:
                for w, g in zip(p, found, strict=True):
                    w.sub_(plain.rate * g)
        return loss

    compiled = torch.compile(function)

    def step(*batch: Any) -> Any:
        with torch.no_grad():
            return compiled(weights, first, second, count, *batch)

    return step


def _module(workload: Recurrent) -> Job:
    """Matrices are stored transposed, and there is a second bias, held at zero."""
    wx, wh, b, wo, bo = (torch.tensor(w) for w in workload.weights())
    rnn = torch.nn.RNN(workload.width, workload.hidden)
    with torch.no_grad():
        rnn.weight_ih_l0.copy_(wx.T)
        rnn.weight_hh_l0.copy_(wh.T)
        rnn.bias_ih_l0.copy_(b)
        rnn.bias_hh_l0.zero_()
    rnn.bias_hh_l0.requires_grad_(False)
    wo.requires_grad_()
    bo.requires_grad_()
    parameters = [rnn.weight_ih_l0, rnn.weight_hh_l0, rnn.bias_ih_l0, wo, bo]
    optimizer = _optimizer(workload, parameters, False)

    def step(x: Any, mask: Any, y: Any) -> Any:
        states, _ = rnn(x)
        last = mask.sum(0).long() - 1
        h = states[last, torch.arange(x.shape[1])] if workload.masked else states[-1]
        loss = F.cross_entropy(torch.addmm(bo, h, wo), y)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        return loss.detach()

    return _steps(workload, step, lambda: [parameters[0].T, parameters[1].T, *parameters[2:]])


def _elementwise(workload: Elementwise, mode: str) -> Job:
    x, z = (torch.from_numpy(a) for a in workload.data())

    def formula(x: Any, z: Any) -> Any:
        y = torch.tanh(x) * torch.sigmoid(z) + torch.exp(-x * x) * z / (1 + torch.abs(x))
        return y.mean() if workload.mean else y

    run = _without_gradients(torch.compile(formula) if mode == "compile" else formula)
    return Calls(lambda: run(x, z), lambda y: workload.checked(y.numpy()))


class EncoderModule(torch.nn.Module):
    def __init__(self, workload: Encoder) -> None:
        super().__init__()
        self.sizes = workload
        for i, layer in enumerate(workload.parameters()):
            for name, value in layer.items():
                # As nn.Linear keeps them: (out, in).
                kept = torch.tensor(value.T.copy() if value.ndim == 2 else value)
                self.register_parameter(f"{name}_{i}", torch.nn.Parameter(kept, False))

    def forward(self, x: Any) -> Any:
        w, (n, s, d) = self.sizes, x.shape
        for i in range(w.layers):
            q = {k: getattr(self, f"{k}_{i}") for k in ("wqkv", "bqkv", "wo", "bo", "g1", "b1")}
            q |= {k: getattr(self, f"{k}_{i}") for k in ("w1", "c1", "w2", "c2", "g2", "b2")}
            parts = F.linear(x, q["wqkv"], q["bqkv"]).view(n, s, 3, w.heads, d // w.heads)
            parts = parts.permute(2, 0, 3, 1, 4)
            seen = F.scaled_dot_product_attention(parts[0], parts[1], parts[2])
            seen = F.linear(seen.transpose(1, 2).reshape(n, s, d), q["wo"], q["bo"])
            x = F.layer_norm(x + seen, (d,), q["g1"], q["b1"], w.epsilon)
            u = F.linear(F.gelu(F.linear(x, q["w1"], q["c1"])), q["w2"], q["c2"])
            x = F.layer_norm(x + u, (d,), q["g2"], q["b2"], w.epsilon)
        return x


def _encoder(workload: Encoder, mode: str) -> Job:
    model: Any = EncoderModule(workload).eval()
    x = torch.tensor(workload.data())
    if mode == "compile-freeze":
        import torch._inductor.config as inductor

        inductor.freezing = True
    if mode in ("compile", "compile-freeze"):
        run = _without_gradients(torch.compile(model))
    elif mode == "eager":
        run = _without_gradients(model)
    elif mode == "inference":
        run = torch.inference_mode()(model)
    else:
        raise Unsupported(mode)
    return Calls(lambda: run(x), _array)


def _chain(workload: Chain) -> Job:
    x, a, b = (torch.tensor(v) for v in workload.data())
    x.requires_grad_()
    a.requires_grad_()

    def chain(x: Any, a: Any, b: Any) -> Any:
        for _ in range(workload.rounds):
            x = x * a + b
        return x

    run = torch.compile(chain) if workload.compiled else chain

    def both() -> Any:
        y = run(x, a, b)
        return (y.detach(), *torch.autograd.grad(y, (x, a)))

    return Calls(both, scalars)


def _without_gradients(run: Callable[..., Any]) -> Callable[..., Any]:
    def call(*tensors: Any) -> Any:
        with torch.no_grad():
            return run(*tensors)

    return call


def _array(tensor: Any) -> list[np.ndarray]:
    return [tensor.detach().numpy()]
