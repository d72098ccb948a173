"""Eager programs cut into runs: each step is one graph, and running the graph anew gives the values that were seen."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

import bifront as bf
import bifront.imperative as torch
import bifront.imperative.nn.functional as F
from bifront.compiler.dispatch import using
from bifront.imperative import nn
from bifront.imperative.utils.data import DataLoader, TensorDataset
from bifront.runtime.capture import Capture, Log, Run

random = np.random.default_rng(0)
X = random.standard_normal((12, 3)).astype(np.float32)
Y = random.standard_normal((12, 1)).astype(np.float32)


def capture(program: Callable[[], None]) -> list[Run]:
    """The runs of a program, those that only give first values left out."""
    torch.manual_seed(0)
    log = Log()
    with using(Capture(log)):
        program()
    return [run for run in log.finish() if not run.initializes]


def values(runs: list[Run]) -> list[list[float]]:
    return [[float(o) for o in run.outputs] for run in runs]


def slots(run: Run, changed: bool = True) -> set[str]:
    return {s.slot for s in run.graph.states if s.changes is changed}


def one_graph(runs: list[Run]) -> bf.Graph:
    assert len({run.graph.fingerprint() for run in runs}) == 1
    return runs[0].graph


def array(x: torch.Tensor) -> np.ndarray:
    """A copy that the capture does not see being made."""
    return np.array(x.array.data)


class Trained:
    """A model, its optimizer and its data, and what the loop over them does."""

    def __init__(self, *layers: nn.Module, optimizer: str = "SGD") -> None:
        self.model = nn.Sequential(*(layers or [nn.Linear(3, 1)]))
        self.optimizer = getattr(torch.optim, optimizer)(self.model.parameters(), lr=0.1)
        self.x, self.y = torch.from_numpy(X), torch.from_numpy(Y)

    def loss(self) -> torch.Tensor:
        return F.mse_loss(self.model(self.x), self.y)

    def update(self, loss: torch.Tensor) -> None:
        self.optimizer.zero_grad()
        loss.backward()
        self.optimizer.step()


@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize("optimizer", ["SGD", "Adam"])
def test_each_step_is_a_run_and_its_loss_the_output(optimizer: str, when: str) -> None:
    seen: list[list[float]] = []

    def program() -> None:
        t = Trained(optimizer=optimizer)
        for _ in range(3):
            loss = t.loss()
            if when == "before":
                seen.append([loss.item()])
            t.update(loss)
            if when == "after":
                seen.append([loss.item()])

    runs = capture(program)
    graph = one_graph(runs)
    assert values(runs) == seen
    assert [v.type.shape for v in graph.inputs] == [(12, 3), (12, 1)]
    assert {"0.weight", "0.bias"} <= slots(runs[0])
    assert not slots(runs[0], changed=False)
    assert len(graph.states) == {"SGD": 2, "Adam": 7}[optimizer]


def rerun(graph: bf.Graph, states: list[np.ndarray], steps: int, outputs: int) -> list[list[float]]:
    """The outputs of so many steps from given states on."""
    executable = bf.compile(graph)
    found = []
    for _ in range(steps):
        results = executable(X, Y, *states)
        found.append([float(o) for o in results[:outputs]])
        states = list(results[outputs:])
    return found


def test_graph_of_the_step_trains_again() -> None:
    first: dict[str, np.ndarray] = {}

    def program() -> None:
        t = Trained()
        first.update({name: array(p) for name, p in t.model.named_parameters()})
        for _ in range(4):
            loss = t.loss()
            t.update(loss)
            loss.item()

    runs = capture(program)
    graph = one_graph(runs)
    assert rerun(graph, [first[s.slot] for s in graph.states], 4, 1) == values(runs)


def test_graph_of_a_step_with_dropout_and_batch_norm_trains_again() -> None:
    first: dict[str, np.ndarray] = {}

    def program() -> None:
        t = Trained(nn.Linear(3, 4), nn.BatchNorm1d(4), nn.Dropout(0.5), nn.Linear(4, 1))
        first.update({name: array(v) for name, v in t.model.state_dict().items()})
        first["generator"] = array(torch.default_generator._key)
        for _ in range(3):
            loss = t.loss()
            t.update(loss)
            loss.item()

    runs = capture(program)
    graph = one_graph(runs)
    assert len(runs) == 3
    buffers = {"1.running_mean", "1.running_var", "1.num_batches_tracked"}
    assert buffers | {"generator"} <= slots(runs[0])
    assert len(graph.inputs) == 2
    states = [first[s.slot] for s in graph.states]
    assert rerun(graph, states, 3, 1) == values(runs)


def test_evaluations_between_steps_are_runs_of_their_own() -> None:
    def program() -> None:
        t = Trained()
        for _ in range(2):
            loss = t.loss()
            t.update(loss)
            loss.item()
            with torch.no_grad():
                t.loss().item()

    step, evaluation, step2, evaluation2 = capture(program)
    assert step.graph.fingerprint() == step2.graph.fingerprint()
    assert evaluation.graph.fingerprint() == evaluation2.graph.fingerprint()
    assert slots(step) == {"0.weight", "0.bias"}
    assert slots(evaluation, changed=False) == {"0.weight", "0.bias"}
    assert not slots(evaluation)
    assert values([evaluation]) == values([step2])  # the loss at the same parameters


def test_loop_that_updates_by_hand() -> None:
    def program() -> None:
        x, y = torch.from_numpy(X), torch.from_numpy(Y)
        w = torch.zeros(3, 1, requires_grad=True)
        for _ in range(3):
            loss = torch.square(x @ w - y).mean()
            loss.backward()
            with torch.no_grad():
                w -= 0.1 * w.grad
            w.grad = None
            loss.item()

    first, second, last = capture(program)
    graph = one_graph([first, second])
    assert len(graph.states) == 1
    assert rerun(graph, [np.zeros((3, 1), "f4")], 3, 1) == values([first, second, last])
    # Nothing is written after it, so what was written last is no step: only the loss was looked at.
    assert not slots(last)


def test_initial_values_are_no_part_of_the_step() -> None:
    def program(touch: bool) -> None:
        t = Trained()
        if touch:
            weight = t.model[0].weight
            nn.init.xavier_uniform_(weight)
            nn.init.zeros_(t.model[0].bias)
            weight.data.normal_(0.0, 0.1)
        for _ in range(2):
            loss = t.loss()
            t.update(loss)
            loss.item()

    touched, plain = (capture(lambda touch=touch: program(touch)) for touch in (True, False))  # type: ignore[misc]
    assert one_graph(touched).fingerprint() == one_graph(plain).fingerprint()
    assert values(touched) != values(plain)
    assert len(touched) == 2


@pytest.mark.parametrize("dropout", [False, True])
def test_loader_draws_between_the_steps(dropout: bool) -> None:
    def program() -> None:
        extra = [nn.Dropout(0.5)] if dropout else []
        t = Trained(nn.Linear(3, 4), *extra, nn.Linear(4, 1))
        loader = DataLoader(TensorDataset(t.x, t.y), batch_size=4, shuffle=True)
        for _ in range(2):
            for x, y in loader:
                loss = F.mse_loss(t.model(x), y)
                t.update(loss)
                loss.item()

    runs = capture(program)
    graph = one_graph(runs)
    assert len(runs) == 6
    assert [v.type.shape for v in graph.inputs] == [(4, 3), (4, 1)]
    assert ("generator" in slots(runs[0])) is dropout
    assert not slots(runs[0], changed=False)


def test_values_that_share_a_computation_are_one_run() -> None:
    def program() -> None:
        h = torch.from_numpy(X) * 2.0
        h.sum().item()
        h.max().item()

    (run,) = capture(program)
    assert len(run.graph.outputs) == 2
    (found,) = [bf.compile(run.graph)(X)]
    assert [float(o) for o in found] == values([run])[0]


def test_values_of_different_data_are_different_runs() -> None:
    def program() -> None:
        torch.from_numpy(X).sum().item()
        torch.from_numpy(Y).sum().item()

    runs = capture(program)
    assert [len(run.graph.outputs) for run in runs] == [1, 1]
    assert [run.graph.inputs[0].type.shape for run in runs] == [(12, 3), (12, 1)]


def test_two_evaluations_after_a_step() -> None:
    def program() -> None:
        t = Trained()
        t.update(t.loss())
        (t.model(t.x) > 0).float().mean().item()
        t.model[0].weight.sum().item()

    step, accuracy, norm = capture(program)
    assert slots(step) == {"0.weight", "0.bias"}
    assert [len(r.graph.inputs) for r in (accuracy, norm)] == [1, 0]
    assert slots(accuracy, changed=False) == {"0.weight", "0.bias"}
    assert slots(norm, changed=False) == {"0.weight"}


def test_parameters_that_are_never_read() -> None:
    def program(idle: int) -> None:
        t = Trained()
        others = [nn.Linear(2, 2) for _ in range(idle)]
        for layer in others:
            t.optimizer.add_param_group({"params": list(layer.parameters())})
        for _ in range(2):
            loss = t.loss()
            t.update(loss)
            loss.item()

    two, none = (capture(lambda idle=idle: program(idle)) for idle in (2, 0))  # type: ignore[misc]
    assert one_graph(two).fingerprint() == one_graph(none).fingerprint()
    assert values(two) == values(none)


def test_forgotten_zero_grad_shows_as_inputs() -> None:
    """The gradients of the steps before go into the next: the graph says so, and differs from the right one."""

    def program() -> None:
        t = Trained()
        for _ in range(3):
            loss = t.loss()
            loss.backward()
            t.optimizer.step()
            loss.item()

    first, *rest = capture(program)
    assert len(first.graph.inputs) == 2
    later = one_graph(rest)
    assert [v.type.shape for v in later.inputs] == [(12, 3), (12, 1), (1, 3), (1,)]
    assert len(later.nodes) == len(first.graph.nodes) + 2


def test_gradients_of_two_halves_are_one_step() -> None:
    def program() -> None:
        t = Trained()
        for _ in range(2):
            t.optimizer.zero_grad()
            for half in (slice(0, 6), slice(6, 12)):
                F.mse_loss(t.model(t.x[half]), t.y[half]).div(2).backward()
            t.optimizer.step()

    runs = capture(program)
    graph = one_graph(runs)
    assert len(runs) == 2
    assert [v.type.shape for v in graph.inputs] == [(6, 3), (6, 1)] * 2


def test_printed_parameters_are_seen() -> None:
    def program() -> None:
        t = Trained()
        t.update(t.loss())
        repr(t.model[0].weight)
        t.model[0].bias.tolist()

    (step,) = capture(program)
    assert [o.shape for o in step.outputs] == [(1, 3), (1,)]


def test_no_history_is_kept_of_runs_that_are_complete() -> None:
    log = Log()
    torch.manual_seed(0)
    with using(Capture(log)):
        t = Trained()
        depths = []
        for _ in range(4):
            t.update(t.loss())
            array_ = t.model[0].weight.array
            depth = 0
            while array_.op is not None and depth < 1000:
                depth += 1
                array_ = next(x for x in array_.inputs if not isinstance(x, (int, float)))
            depths.append(depth)
    assert len(set(depths)) == 1


def test_what_a_graph_was_given_is_kept_for_its_first_run() -> None:
    data = [torch.from_numpy(X + np.float32(i)) for i in range(3)]
    log = Log(arguments=True)
    with using(Capture(log)):
        for x in data:
            print(torch.exp(x).sum().item())
        print(torch.tanh(data[0][:4]).sum().item())
    runs = log.finish()
    kept = [run for run in runs if run.arguments is not None]
    assert len(kept) == len({run.graph.fingerprint() for run in runs}) < len(runs)
    for run in kept:
        assert run.arguments is not None
        (result,) = bf.compile(run.graph, "numpy")(*run.arguments)
        np.testing.assert_array_equal(result, run.outputs[0])


def test_arguments_are_copies_and_nobody_keeps_them_unasked() -> None:
    data = np.array(X)
    x = torch.from_numpy(data)
    log, plain = Log(arguments=True), Log()
    for one in (log, plain):
        with using(Capture(one)):
            print(torch.exp(x).sum().item())
    (run,) = log.finish()
    data[:] = 0.0
    assert run.arguments is not None
    np.testing.assert_array_equal(run.arguments[0], X)
    assert [run.arguments for run in plain.finish()] == [None]
