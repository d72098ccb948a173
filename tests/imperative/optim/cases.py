"""Trajectories of optimizers and learning rates; `reference.json` holds PyTorch's.

To record them anew, run this file with a Python that has PyTorch 2.13:  ``python tests/imperative/optim/cases.py``.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

RECORD = Path(__file__).with_name("reference.json")
Case = Callable[[Any], Any]
CASES: dict[str, Case] = {}

OPTIMIZERS: dict[str, Callable[[Any, Any], Any]] = {
    "sgd": lambda o, ps: o.SGD(ps, lr=0.1),
    "sgd_decay": lambda o, ps: o.SGD(ps, lr=0.1, weight_decay=0.2, maximize=True),
    "sgd_momentum": lambda o, ps: o.SGD(ps, lr=0.1, momentum=0.9),
    "sgd_nesterov": lambda o, ps: o.SGD(ps, lr=0.1, momentum=0.9, nesterov=True),
    "sgd_dampening": lambda o, ps: o.SGD(ps, 0.1, 0.9, 0.5, 0.1),
    "adam": lambda o, ps: o.Adam(ps, lr=0.1),
    "adam_decay": lambda o, ps: o.Adam(ps, 0.1, (0.8, 0.99), 1e-3, 0.1),
    "adam_amsgrad": lambda o, ps: o.Adam(ps, lr=0.1, amsgrad=True, maximize=True),
    "adamw": lambda o, ps: o.AdamW(ps, lr=0.1, weight_decay=0.3),
    "adamax": lambda o, ps: o.Adamax(ps, lr=0.1, weight_decay=0.1),
    "rmsprop": lambda o, ps: o.RMSprop(ps, lr=0.1),
    "rmsprop_all": lambda o, ps: o.RMSprop(ps, 0.1, 0.9, 1e-4, 0.1, 0.5, True),
    "adagrad": lambda o, ps: o.Adagrad(ps, lr=0.1),
    "adagrad_all": lambda o, ps: o.Adagrad(ps, 0.1, 0.2, 0.1, 0.3, 1e-3),
    "adadelta": lambda o, ps: o.Adadelta(ps),
    "adadelta_all": lambda o, ps: o.Adadelta(ps, 0.5, 0.8, 1e-3, 0.1),
    "groups": lambda o, ps: o.SGD(
        [{"params": [ps[0]], "lr": 0.01}, {"params": ps[1:], "momentum": 0.5}], lr=0.1
    ),
    "named": lambda o, ps: o.Adam([("a", ps[0]), ("b", ps[1])], lr=0.1),
}


def parameters(torch: Any) -> list[Any]:
    return [
        (torch.arange(6, dtype=torch.float64).reshape(2, 3) * 0.7 + 0.1).sin().requires_grad_(),
        torch.tensor([0.5, -1.5], dtype=torch.float64, requires_grad=True),
    ]


def backward(ps: list[Any], skip: bool = False) -> Any:
    a, b = ps
    loss = (a.pow(4) * 0.3 + a.sin()).sum()
    if not skip:
        loss = loss + ((a.sum(1) - b) ** 2).sum() + b.cos().sum()
    loss.backward()
    return loss


def trajectory(make: Callable[[Any, Any], Any]) -> Case:
    def run(torch: Any) -> Any:
        ps = parameters(torch)
        optimizer = make(torch.optim, ps)
        points = []
        for i in range(10):
            optimizer.zero_grad()
            # Now and then a parameter has no gradient: it, and what is kept for it, stand still.
            backward(ps, skip=i in (0, 4))
            optimizer.step()
            points.append([p.detach().tolist() for p in ps])
        return [points, repr(optimizer), slots(optimizer)]

    return run


def slots(optimizer: Any) -> Any:
    state = optimizer.state_dict()["state"]
    return [
        [name, value.tolist()]
        for number in sorted(state)
        for name, value in sorted(state[number].items())
        if value is not None
    ]


for key, make in OPTIMIZERS.items():
    CASES[key] = trajectory(make)

SCHEDULES: dict[str, Callable[[Any, Any], Any]] = {
    "lambda": lambda s, o: s.LambdaLR(o, lambda e: 0.9**e),
    "lambdas": lambda s, o: s.LambdaLR(o, [lambda e: 0.9**e, lambda e: 1 / (1 + e)]),
    "multiplicative": lambda s, o: s.MultiplicativeLR(o, lambda e: 0.9 + 0.01 * e),
    "step": lambda s, o: s.StepLR(o, 3, 0.5),
    "multi_step": lambda s, o: s.MultiStepLR(o, [2, 5, 5, 9], 0.3),
    "exponential": lambda s, o: s.ExponentialLR(o, 0.8),
    "constant": lambda s, o: s.ConstantLR(o, 0.5, 4),
    "linear": lambda s, o: s.LinearLR(o, 0.2, 0.9, 6),
    "polynomial": lambda s, o: s.PolynomialLR(o, 6, 2.0),
    "cosine": lambda s, o: s.CosineAnnealingLR(o, 5, 0.01),
    "restarts": lambda s, o: s.CosineAnnealingWarmRestarts(o, 2, 2, 0.01),
    "one_cycle": lambda s, o: s.OneCycleLR(o, 0.5, total_steps=20),
    "one_cycle_phases": lambda s, o: s.OneCycleLR(
        o, [0.5, 0.3], epochs=4, steps_per_epoch=5, anneal_strategy="linear", three_phase=True
    ),
    "cyclic": lambda s, o: s.CyclicLR(o, 0.01, 0.2, 3, 4),
    "cyclic2": lambda s, o: s.CyclicLR(o, 0.01, [0.2, 0.4], 3, mode="triangular2"),
    "cyclic_range": lambda s, o: s.CyclicLR(o, 0.01, 0.2, 3, mode="exp_range", gamma=0.9),
    "sequential": lambda s, o: s.SequentialLR(
        o, [s.LinearLR(o, 0.1, 1.0, 4), s.CosineAnnealingLR(o, 6), s.ExponentialLR(o, 0.9)], [4, 9]
    ),
    "chained": lambda s, o: s.ChainedScheduler([s.ConstantLR(o, 0.1, 4), s.ExponentialLR(o, 0.9)]),
}


def schedule(make: Callable[[Any, Any], Any]) -> Case:
    def run(torch: Any) -> Any:
        ps = parameters(torch)
        groups = [{"params": [ps[0]]}, {"params": [ps[1]], "lr": 0.2}]
        optimizer = torch.optim.SGD(groups, lr=0.1, momentum=0.9)
        scheduler = make(torch.optim.lr_scheduler, optimizer)
        rates = []
        for _ in range(18):
            rates.append([[g["lr"], g["momentum"]] for g in optimizer.param_groups])
            optimizer.step()
            scheduler.step()
        return [rates, list(scheduler.get_last_lr())]

    return run


for key, make in SCHEDULES.items():
    CASES[f"schedule.{key}"] = schedule(make)


def case(f: Case) -> Case:
    CASES[f.__name__] = f
    return f


@case
def plateau(torch: Any) -> Any:
    results = []
    measures = [3, 2, 2, 2.5, 2.4, 2.3, 1.99999, 1.5, 1.5, 1.5, 1.5, 1.5, 1.5, 1.5]
    for options in (
        {"patience": 1},
        {"mode": "max", "patience": 2, "factor": 0.5, "cooldown": 2},
        {"patience": 0, "threshold": 0.3, "threshold_mode": "abs", "min_lr": 0.02},
    ):
        optimizer = torch.optim.SGD(parameters(torch), lr=0.1)
        scheduler = torch.optim.lr_scheduler.ReduceLROnPlateau(optimizer, **options)
        for m in measures:
            scheduler.step(m)
            results.append(optimizer.param_groups[0]["lr"])
    return results


@case
def stepping_to_an_epoch(torch: Any) -> Any:
    results = []
    for make in ("StepLR:3:0.5", "ExponentialLR:0.8", "CosineAnnealingLR:5"):
        name, *args = make.split(":")
        optimizer = torch.optim.SGD(parameters(torch), lr=0.1)
        kind = getattr(torch.optim.lr_scheduler, name)
        scheduler = kind(optimizer, *[float(a) if "." in a else int(a) for a in args])
        for epoch in (4, 1, 7):
            scheduler.step(epoch)
            results.append(optimizer.param_groups[0]["lr"])
    return results


@case
def closures(torch: Any) -> Any:
    ps = parameters(torch)
    optimizer = torch.optim.SGD(ps, lr=0.05)

    def closure() -> Any:
        optimizer.zero_grad()
        return backward(ps)

    return [float(optimizer.step(closure).detach()) for _ in range(3)]


@case
def resuming(torch: Any) -> Any:
    """Saved in the middle and loaded into new objects, training goes on as if nothing had happened."""
    ps = parameters(torch)
    optimizer = torch.optim.Adam(ps, lr=0.1)
    scheduler = torch.optim.lr_scheduler.StepLR(optimizer, 2, 0.5)
    for i in range(6):
        if i == 3:
            saved, rate = optimizer.state_dict(), scheduler.state_dict()
            optimizer = torch.optim.Adam(ps, lr=7.0)
            scheduler = torch.optim.lr_scheduler.StepLR(optimizer, 5, 0.1)
            optimizer.load_state_dict(saved)
            scheduler.load_state_dict(rate)
        optimizer.zero_grad()
        backward(ps)
        optimizer.step()
        scheduler.step()
    return [p.detach().tolist() for p in ps]


if __name__ == "__main__":
    import warnings

    import torch

    warnings.simplefilter("ignore")
    RECORD.write_text(json.dumps({name: f(torch) for name, f in CASES.items()}) + "\n")
