"""A run as an object: moving, looking, changing, ending."""

from __future__ import annotations

import numpy as np
import pytest

import bifront as bf
import bifront.imperative as torch
from bifront.debugger import Debugging
from bifront.runtime.stepping import walk
from bifront.runtime.stepping.stops import AtLine, NotFinite, first_hit

from . import program


def debugging(make: object = program.nan) -> Debugging:
    graph, arrays = make()  # type: ignore[operator]
    return bf.debug(graph, *arrays, prompt=False)


def line(run: Debugging) -> int | None:
    return run.location.line if run.location is not None else None


def carry(run: Debugging) -> str:
    """What the loop's carry is called inside it."""
    program = run.state.inner.program
    return program.names[program.graph.inputs[0]]


def test_lines_one_by_one_and_back() -> None:
    run = debugging()
    lines = [line(run)]
    while not run.finished:
        run.next()
        lines.append(line(run))
    assert lines == [12, 13, 14, 15, None]
    before = []
    while run.previous():
        before.append(line(run))
    assert before == [15, 14, 13, 12]


def test_steps_one_by_one_and_back() -> None:
    run = debugging(program.looped)
    positions = []
    while not run.finished:
        positions.append((run.state.depth, run.position, run.iteration))
        run.step()
    assert {i for _, _, i in positions} == {None, 0, 1, 2, 3}
    for position in reversed(positions):
        assert run.back()
        assert (run.state.depth, run.position, run.iteration) == position
    assert not run.back()


def test_a_breakpoint_at_a_line_stops_before_it() -> None:
    run = debugging()
    assert run.run_to("program.py:14") == AtLine("program.py", 14)
    assert line(run) == 14
    with pytest.raises(bf.BifrontError, match="not computed yet"):
        run.value("logs")
    run.next()
    assert np.isnan(run.value("logs")).any()


def test_files_are_known_by_the_ends_of_their_paths() -> None:
    assert debugging().run_to("debugger/program.py:14") is not None
    assert debugging().run_to("gram.py:14") is None
    assert debugging().run_to(f"{program.__file__}:14") is not None


def test_a_line_in_a_loop_stops_in_every_iteration() -> None:
    run = debugging(program.looped)
    seen = []
    while run.run_to("program.py:25") is not None:
        seen.append((run.iteration, float(run.value(carry(run)))))
    assert seen == [(0, 1), (1, 3), (2, 7), (3, 15)]
    back = []
    while run.run_back_to("program.py:25") is not None:
        back.append(run.iteration)
    assert back == [3, 2, 1, 0]


def test_a_line_whose_condition_is_about_what_it_computed() -> None:
    run = debugging(program.looped)
    run.run_to("program.py:25, v > 20")
    assert run.iteration == 3
    assert run.value("v") > 20


def test_nan_stops_behind_the_node_that_makes_the_first() -> None:
    run = debugging()
    assert run.run_to("nan") is not None
    assert np.isnan(run.value("v")).any()
    assert run.state.made[0].producer.op.name == "div"  # type: ignore[union-attr]
    assert run.state.made[0].location.line == 13  # type: ignore[union-attr]
    assert not np.isnan(run.value("h")).any()
    assert run.run_to("nan") is None  # others only pass it on


def test_nan_that_was_given_stops_at_the_beginning() -> None:
    graph, arrays = program.nan()
    arrays[0][0, 0] = np.nan
    said = bf.debug(graph, *arrays, prompt=False)
    assert first_hit([NotFinite("nan")], None, said.state) is not None
    assert first_hit([NotFinite("inf")], None, said.state) is None


@pytest.mark.parametrize(("target", "position"), [("log", 6), ("%h", 1), ("loss", 11), ("div", 4)])
def test_names_of_operations_and_values(target: str, position: int) -> None:
    run = debugging()
    assert run.run_to(target) is not None
    node = run.state.inner.node
    assert node is not None
    run.step()
    name = target.removeprefix("%")
    assert node.op.name == name or run.value(name) is run.value("v")


def test_a_condition_stops_behind_any_node() -> None:
    run = debugging(program.looped)
    assert run.run_to("if v > 20") is not None
    assert run.value("v") > 20
    assert run.iteration == 3


@pytest.mark.parametrize(
    "text", ["", "a b", "x:y", "if", "if open(1)", "12, max(", "nan, v > 1, 2", "*"]
)
def test_what_is_no_breakpoint_says_so(text: str) -> None:
    with pytest.raises(bf.BifrontError):
        debugging().stop_at(text)


def test_values_are_known_by_the_names_of_the_source() -> None:
    run = debugging()
    run.run_to("no_such_node")
    _, arrays = program.nan()
    h = np.maximum(arrays[0] * 2, 0)
    assert np.array_equal(run.value("h"), h)
    assert np.array_equal(run.value("%x"), arrays[0])
    assert run.value("loss").shape == ()
    assert run.evaluate("max(h) - 1") == 5


def test_a_name_means_the_last_call_of_its_line() -> None:
    run = debugging(program.called_twice)
    run.run_to("reduce_sum")
    first = np.tanh(np.float32(0.5))
    assert np.allclose(run.value("inner"), np.tanh(first * np.float32(0.5)))
    run.run_to("no_such_node")
    # The backward pass bears the same lines, and computes something else.
    assert np.allclose(run.value("inner"), np.tanh(first * np.float32(0.5)))


def test_unknown_names_say_what_is_near() -> None:
    with pytest.raises(bf.BifrontError, match="no value called losss") as error:
        debugging().value("losss")
    assert "loss?" in str(error.value)


def test_a_run_that_was_looked_at_ends_as_any() -> None:
    graph, arrays = program.looped()
    for backend in ("numpy", None):
        with bf.using_backend(backend or bf.default_backend()):
            executable = bf.compile(graph)
        run = bf.debug(executable, *arrays, prompt=False)
        run.step()
        run.next()
        assert run.finish()[0].tobytes() == executable(*arrays)[0].tobytes()


def test_a_change_leads_to_what_it_leads_to() -> None:
    run = debugging()
    run.run_to("program.py:14")
    run.set("p", "p * 0 + 0.5")
    with pytest.raises(bf.BifrontError, match="no value called nothing"):
        run.set("nothing", 1)
    run.set("p", 0.5)
    assert run.finish()[0] == 0
    assert run.value("loss") == 0


def test_a_change_is_taken_back() -> None:
    run = debugging()
    run.run_to("program.py:14")
    before = run.value("p")
    run.set("p", 0.5)
    assert not np.isnan(run.value("p")).any()
    run.back()
    assert run.value("p") is before
    assert np.isnan(run.finish()[0])


def test_a_change_in_an_iteration_is_about_this_one() -> None:
    run = debugging(program.looped)
    for _ in range(2):
        run.run_to("program.py:25")
    run.set(carry(run), 100)
    run.out()
    assert run.state.depth == 1
    y = 100.0
    for _ in range(3):
        y = y * 2 + 1
    assert run.finish()[0] == 3 * y


def test_values_around_a_loop_are_changed_outside() -> None:
    run = debugging(program.looped)
    run.run_to("program.py:25")
    with pytest.raises(bf.BifrontError, match="result is not computed yet"):
        run.set("result", 1)


def test_gradients_of_values_in_iterations() -> None:
    run = debugging(program.looped)
    found = []
    while run.run_to("program.py:25") is not None:
        found.append(float(run.gradient(carry(run))))
    assert found == [48, 24, 12, 6]


def test_gradients_of_a_named_scalar() -> None:
    run = debugging()
    run.run_to("no_such_node")
    assert run.gradient("logs").shape == (2, 3)
    assert run.gradient("loss", of="loss") == 1
    with pytest.raises(bf.GradientError, match="single float"):
        run.gradient("loss", of="h")


def test_the_chain_names_lines() -> None:
    run = debugging()
    run.run_to("program.py:15")
    text = run.chain("logs", 2)
    assert "log(" in text.splitlines()[0]
    assert "program.py:14" in text.splitlines()[0]
    assert "(p)" in text
    assert "1 NaN" not in text.splitlines()[-1] or "3 NaN" in text


def test_an_error_leaves_the_run_before_the_node() -> None:
    nodes = "  %0: f32[n] = exp(%x)\n  %1: f32[] = gather(%0, %i) {axis = 0}\n"
    graph = bf.parse(f"graph @g(%x: f32[n], %i: i64[]) {{\n{nodes}  return %1\n}}")
    run = bf.debug(graph, np.ones(3, np.float32), np.asarray(9), prompt=False)
    with pytest.raises(bf.IndexOutOfRange):
        run.run_to()
    assert run.state.inner.node.op.name == "gather"  # type: ignore[union-attr]
    with pytest.raises(bf.IndexOutOfRange):
        run.finish()
    run.set("i", 1)
    assert np.allclose(run.finish()[0], np.e)


def test_functions_of_the_imperative_style() -> None:
    layer = torch.nn.Linear(3, 1)

    def loss(x: torch.Tensor) -> torch.Tensor:
        h = layer(x)
        return torch.log(h * 0).sum()

    for function in (loss, torch.compile(loss)):
        run = bf.debug(function, torch.ones(2, 3), prompt=False)
        run.run_to("inf")
        assert np.isinf(run.value("v")).all()
        assert run.value("h").shape == (2, 1)
        assert np.array_equal(run.value("weight"), layer.weight.detach().numpy())


def test_a_training_step_is_gone_through_as_it_was() -> None:
    w = torch.ones(2, requires_grad=True)
    optimizer = torch.optim.SGD([w], lr=0.1)

    def step(x: torch.Tensor) -> torch.Tensor:
        loss = (w * x).sum()
        loss.backward()
        optimizer.step()
        return loss

    run = bf.debug(step, torch.ones(2), prompt=False)
    assert run.finish()[0] == 2
    assert np.allclose(w.detach().numpy(), 0.9)


def test_functions_without_a_result_say_so() -> None:
    with pytest.raises(bf.BifrontError, match="returned no tensor"):
        bf.debug(lambda: None, prompt=False)


@pytest.mark.parametrize("target", [3, "text", None])
def test_what_does_not_run_says_so(target: object) -> None:
    with pytest.raises(bf.BifrontError, match=r"debug takes a graph"):
        bf.debug(target, prompt=False)  # type: ignore[arg-type]


def test_only_so_many_moments_are_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(walk, "KEPT", 10)
    run = debugging(program.looped)
    while not run.finished:
        run.step()
    assert run.back()
    assert run.run_back_to("no_such_node") is None
    assert run.position == 0  # the very beginning is always there
    assert run.state.depth == 1
