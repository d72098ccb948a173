"""`torch.trace`: what a function did is a graph, and the graph does it again."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

import numpy as np
import pytest

import bifront as bf
import bifront.imperative as torch
import bifront.imperative.nn.functional as F
from bifront.imperative import nn

FILE = Path(__file__)


def line_of(mark: str) -> int:
    return next(n for n, line in enumerate(FILE.read_text().splitlines(), 1) if f"# {mark}" in line)


def array(x: object) -> np.ndarray:
    return np.array(x.detach().numpy())  # type: ignore[attr-defined]


def states_in(graph: bf.Graph, values: Mapping[str, np.ndarray]) -> list[np.ndarray]:
    return [values[s.slot] for s in graph.states]


def same_bits(x: np.ndarray, y: np.ndarray) -> bool:
    return x.dtype == y.dtype and x.shape == y.shape and x.tobytes() == y.tobytes()


def test_inputs_are_the_arguments_in_order() -> None:
    def f(a: torch.Tensor, b: torch.Tensor, c: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        return c * 2.0 - a, b

    graph = torch.trace(f)(torch.ones(2), torch.zeros(3), torch.ones(2)).graph
    assert [v.hint for v in graph.inputs] == ["a", "b", "c"]
    assert not graph.states
    a, b, c = np.array([1, 2], "f4"), np.array([7, 8, 9], "f4"), np.array([5, 5], "f4")
    first, second = bf.compile(graph)(a, b, c)
    assert first.tolist() == [9.0, 8.0]
    assert second.tolist() == [7.0, 8.0, 9.0]


def test_structures_of_arguments_and_results() -> None:
    def f(pair: tuple[torch.Tensor, torch.Tensor], *, scale: float, more: dict[str, torch.Tensor]):  # type: ignore[no-untyped-def]
        return {"sum": pair[0] + pair[1], "rest": [more["k"] * scale]}

    traced = torch.trace(f)((torch.ones(2), torch.zeros(2)), scale=3.0, more={"k": torch.ones(1)})
    assert [v.hint for v in traced.graph.inputs] == ["pair", "pair", "more"]
    assert traced.outputs["rest"][0].tolist() == [3.0]
    total, rest = bf.compile(traced.graph)(
        np.array([1, 2], "f4"), np.array([3, 4], "f4"), np.array([2], "f4")
    )
    assert total.tolist() == [4.0, 6.0]
    assert rest.tolist() == [6.0]


def test_one_tensor_given_twice_is_one_input() -> None:
    def f(x: torch.Tensor, y: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        return x + y, y

    a = torch.ones(2)
    graph = torch.trace(f)(a, a).graph
    assert len(graph.inputs) == 1
    assert graph.outputs[1] is graph.inputs[0]


def test_parameters_are_states_and_other_tensors_constants() -> None:
    w = torch.tensor([1.0, 2.0, 3.0], requires_grad=True)
    k = torch.arange(3.0)
    graph = torch.trace(lambda x: (x * w + k).sum())(torch.ones(3)).graph
    (state,) = graph.states
    assert not state.changes
    constants = [n for n in graph.nodes if n.op.name == "constant"]
    assert [n.attrs["value"].tolist() for n in constants] == [[0.0, 1.0, 2.0]]  # type: ignore[union-attr]
    total, kept = bf.compile(graph)(np.full(3, 2.0, "f4"), np.array([1, 1, 1], "f4"))
    assert total == 9.0
    assert kept.tolist() == [1.0, 1.0, 1.0]


def test_arguments_of_modules_are_called_as_forward_calls_them() -> None:
    class Net(nn.Module):
        def forward(self, left: torch.Tensor, right: torch.Tensor) -> torch.Tensor:
            return left @ right

    graph = torch.trace(Net())(torch.ones(2, 3), torch.ones(3, 2)).graph
    assert graph.name == "net"
    assert [v.hint for v in graph.inputs] == ["left", "right"]


def training(
    optimizer: str,
) -> tuple[Callable[..., torch.Tensor], Callable[[], dict[str, np.ndarray]]]:
    """A training step, and the values of its states by slot."""
    torch.manual_seed(5)
    model = nn.Linear(3, 1)
    opt = getattr(torch.optim, optimizer)(model.parameters(), lr=0.05)

    def step(x: torch.Tensor, y: torch.Tensor) -> torch.Tensor:
        loss = F.mse_loss(model(x), y)
        opt.zero_grad()
        loss.backward()
        opt.step()
        return loss

    def values() -> dict[str, np.ndarray]:
        found = {name: array(p) for name, p in model.named_parameters()}
        for name, p in model.named_parameters():
            for slot, value in opt.state[p].items():
                key = slot if slot == "step" else f"{name}/{slot}"
                found[key] = array(value)
        return found

    return step, values


@pytest.mark.parametrize("optimizer", ["SGD", "Adam", "RMSprop"])
def test_graph_of_a_step_takes_the_steps_that_eager_execution_takes(optimizer: str) -> None:
    step, values = training(optimizer)
    x, y = torch.randn(8, 3), torch.randn(8, 1)
    step(x, y)  # the optimizer makes its slots
    states = values()
    traced = torch.trace(step)(x, y)
    executable = bf.compile(traced.graph)
    assert all(s.changes for s in traced.graph.states)
    losses = [traced.outputs, None, None]
    for n in range(3):
        loss = losses[n] if n == 0 else step(x, y)
        found, *after = executable(array(x), array(y), *states_in(traced.graph, states))
        assert same_bits(found, array(loss))
        states = dict(zip([s.slot for s in traced.graph.states], after, strict=True))
        if n:
            eager = values()
            assert all(same_bits(states[slot], eager[slot]) for slot in states)


def test_two_steps_in_one_trace() -> None:
    step, values = training("SGD")
    x, y = torch.randn(8, 3), torch.randn(8, 1)
    before = values()

    def twice(x: torch.Tensor, y: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        return step(x, y), step(x, y)

    traced = torch.trace(twice)(x, y)
    assert sorted(s.slot for s in traced.graph.states) == ["bias", "weight"]
    first, second, *after = bf.compile(traced.graph)(
        array(x), array(y), *states_in(traced.graph, before)
    )
    assert same_bits(first, array(traced.outputs[0]))
    assert same_bits(second, array(traced.outputs[1]))
    assert second < first
    eager = values()
    for state, value in zip(traced.graph.states, after, strict=True):
        assert same_bits(value, eager[state.slot])


def test_writes_into_views_become_values() -> None:
    def f(x: torch.Tensor) -> torch.Tensor:
        y = x * 1.0
        y[0] = 5.0
        y.view(-1)[3].add_(2.0)
        y.t()[1].mul_(x[:, 0])
        y[y > 6.0] = -1.0
        return y

    traced = torch.trace(f)(torch.arange(9.0).reshape(3, 3))
    (found,) = bf.compile(traced.graph)(np.arange(9, dtype="f4").reshape(3, 3))
    assert same_bits(found, array(traced.outputs))
    other = np.array([[2, 1, 0], [0, 1, 2], [3, 3, 3]], "f4")
    (found,) = bf.compile(traced.graph)(other)
    assert same_bits(found, array(f(torch.tensor(other))))


def test_random_numbers_come_from_a_key_that_is_a_state() -> None:
    def f(x: torch.Tensor) -> torch.Tensor:
        return F.dropout(x, 0.5) + torch.rand(4)

    torch.manual_seed(3)
    traced = torch.trace(f)(torch.ones(4))
    (state,) = traced.graph.states
    assert state.changes
    executable = bf.compile(traced.graph)
    key = np.array([3, 0], np.int64)
    for n in range(3):
        eager = traced.outputs if n == 0 else f(torch.ones(4))
        found, key = executable(np.ones(4, "f4"), key)
        assert same_bits(found, array(eager))


def test_nothing_random_has_no_key() -> None:
    torch.manual_seed(3)
    torch.rand(2)
    assert not torch.trace(lambda x: x + 1.0)(torch.ones(2)).graph.states


def test_buffers_that_a_module_updates_are_states() -> None:
    model = nn.BatchNorm1d(4)
    x = torch.randn(5, 4)
    before = {k: array(v) for k, v in model.state_dict().items()}
    traced = torch.trace(model)(x)
    changed = {s.slot for s in traced.graph.states if s.changes}
    assert changed == {"num_batches_tracked", "running_mean", "running_var"}
    found, *after = bf.compile(traced.graph)(array(x), *states_in(traced.graph, before))
    assert same_bits(found, array(traced.outputs))
    eager = model.state_dict()
    for state, value in zip(traced.graph.states, after, strict=True):
        assert same_bits(value, array(eager[state.slot]))


def test_a_tensor_outside_that_is_written_is_a_state() -> None:
    total = torch.zeros(3)

    def f(x: torch.Tensor) -> torch.Tensor:
        total.add_(x)
        return total * 2.0

    graph = torch.trace(f)(torch.ones(3)).graph
    (state,) = graph.states
    assert state.changes
    assert total.tolist() == [1.0, 1.0, 1.0]
    doubled, after = bf.compile(graph)(np.ones(3, "f4"), np.full(3, 4.0, "f4"))
    assert doubled.tolist() == [10.0] * 3
    assert after.tolist() == [5.0] * 3


def write_whole(x: torch.Tensor) -> torch.Tensor:
    return x.add_(1.0)  # WHOLE


def write_item(x: torch.Tensor) -> torch.Tensor:
    x[0] = 1.0  # ITEM
    return x


def write_view(x: torch.Tensor) -> torch.Tensor:
    x.view(3, 1)[0].mul_(2.0)  # VIEW
    return x


@pytest.mark.parametrize(
    ("f", "mark"), [(write_whole, "WHOLE"), (write_item, "ITEM"), (write_view, "VIEW")]
)
def test_writes_to_arguments_are_refused(f: Callable[..., torch.Tensor], mark: str) -> None:
    with pytest.raises(bf.GraphError, match="writes into its argument 'x'") as caught:
        torch.trace(f)(torch.ones(3))
    (place,) = caught.value.places
    assert place.location is not None
    assert place.location.line == line_of(mark)


def test_lines_that_looked_at_values() -> None:
    def f(x: torch.Tensor) -> torch.Tensor:
        if x.sum() > 0:  # LOOKED-IF
            x = x * 2.0
        float(x[0])  # LOOKED-FLOAT
        assert len(x) == 3
        x.tolist()  # LOOKED-LIST
        return x

    traced = torch.trace(f)(torch.ones(3))
    assert [(at.file, at.line) for at in traced.looked_at] == [
        (__file__, line_of(f"LOOKED-{mark}")) for mark in ("IF", "FLOAT", "LIST")
    ]
    # What was done for these values is done for all.
    (found,) = bf.compile(traced.graph)(np.full(3, -1.0, "f4"))
    assert found.tolist() == [-2.0] * 3


def test_gradients_inside() -> None:
    def f(x: torch.Tensor) -> torch.Tensor:
        x = x.clone().requires_grad_()
        (x * x * x).sum().backward()
        assert x.grad is not None
        return x.grad

    traced = torch.trace(f)(torch.tensor([1.0, 2.0]))
    (found,) = bf.compile(traced.graph)(np.array([2.0, -3.0], "f4"))
    assert found.tolist() == [12.0, 27.0]


def test_same_function_same_graph() -> None:
    def f(x: torch.Tensor) -> torch.Tensor:
        return torch.softmax(x, 0)

    a, b = (torch.trace(f)(torch.randn(4)).graph for _ in range(2))
    assert a.fingerprint() == b.fingerprint()
    assert bf.same(a, b)


def test_trace_of_a_matrix_is_the_sum_of_its_diagonal() -> None:
    assert torch.trace(torch.arange(9.0).reshape(3, 3)).item() == 12.0
    x = torch.ones(2, 2, requires_grad=True)
    torch.trace(x).backward()
    assert x.grad is not None
    assert x.grad.tolist() == [[1.0, 0.0], [0.0, 1.0]]


def test_bifront_trace_is_the_same() -> None:
    assert bf.trace is torch.trace
