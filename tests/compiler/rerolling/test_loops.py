"""What programs do around loops: lists, single values, first iterations, other orders."""

from __future__ import annotations

import pytest

import bifront.imperative as torch
import bifront.imperative.nn as nn
import bifront.imperative.nn.functional as F
from bifront.compiler.rerolling import reroll

from .programs import floats, graph_of, kinds, record, rerolled

XS, H, W = floats(5, 2, 3), floats(2, 3, seed=1), floats(3, 3, seed=2)


def operations(found):
    return [n.op.name for n in found.path.nodes]


def steps(xs, h, w):
    """The states of a simple network, one after the other."""
    for x in xs:
        h = torch.tanh(x + h @ w)
        yield h


def test_a_list_is_stacked_where_it_is_concatenated():
    found = rerolled(lambda *a: torch.cat(list(steps(*a)), 1), XS, H, W)
    assert operations(found) == ["scan", "transpose", "reshape"]


def test_single_elements_of_a_list_are_slices_of_the_stack():
    found = rerolled(lambda *a: list(steps(*a))[2], XS, H, W)
    assert operations(found) == ["scan", "slice", "reshape"]


def test_the_last_element_of_a_list_is_the_last_state():
    found = rerolled(lambda *a: list(steps(*a))[-1], XS, H, W)
    assert operations(found) == ["scan"]


def test_a_part_of_a_list_is_a_part_of_the_stack():
    found = rerolled(lambda *a: torch.stack(list(steps(*a))[1:4]), XS, H, W)
    assert operations(found) == ["scan", "slice"]


def test_a_list_that_begins_with_the_initial_state():
    found = rerolled(lambda xs, h, w: torch.stack([h, *steps(xs, h, w)]), XS, H, W)
    assert operations(found) == ["scan", "reshape", "concatenate"]


def test_lists_may_be_reversed():
    found = rerolled(lambda *a: torch.stack(list(steps(*a))[::-1]), XS, H, W)
    assert operations(found) == ["scan", "flip"]


def test_the_first_iteration_may_differ():
    def program(xs, w):
        h = None
        for x in xs:
            h = torch.tanh(x) if h is None else torch.tanh(x + h @ w)
        return h

    assert kinds(rerolled(program, XS, W)) == [("scan", 4)]


def test_slices_may_all_be_made_before_the_loop():
    def program(xs, h):
        rows = list(xs)
        for x in rows:
            h = torch.tanh(h + x)
        return h

    found = rerolled(program, XS, H)
    assert operations(found) == ["scan"]


def test_a_loop_over_a_part_slices_the_whole_first():
    def program(xs):
        best = xs[0]
        for x in xs[1:]:
            best = torch.maximum(best, x) * 0.5
        return best

    assert kinds(rerolled(program, XS)) == [("scan", 4)]


def test_every_second_slice():
    def program(xs, h):
        for t in range(0, 6, 2):
            h = torch.tanh(h + xs[t])
        return h

    found = rerolled(program, floats(6, 3), floats(3))
    assert operations(found) == ["slice", "scan"]


def test_chunks():
    def program(xs, h):
        for chunk in xs.chunk(4):
            h = torch.tanh(h + chunk.sum(0))
        return h

    assert kinds(rerolled(program, floats(8, 3), floats(3))) == [("scan", 4)]


def test_two_orders_in_one_loop():
    def program(xs, h):
        n = len(xs)
        for t in range(n):
            h = torch.tanh(h + xs[t] * xs[n - 1 - t])
        return h

    found = rerolled(program, XS, H)
    assert operations(found) == ["flip", "scan"]


def test_numbers_from_a_list_are_a_sequence_too():
    def program(xs, h):
        for x, rate in zip(xs, [0.5, 0.25, 0.3, 0.9, 0.1], strict=True):
            h = h * rate + x
        return h

    assert operations(rerolled(program, XS, H)) == ["constant", "scan"]


def test_numbers_that_follow_from_the_counter():
    def program(xs, h):
        for t in range(len(xs)):
            h = h * (2 * t + 1) + xs[t] / (t + 1) - t
        return h

    assert kinds(rerolled(program, XS, H)) == [("scan", 5)]


def test_two_layers_of_one_function():
    def program(xs, first, second, w, u):
        states = [first, second]
        for x in xs:
            for layer, weight in enumerate((w, u)):
                x = states[layer] = torch.tanh(x + states[layer] @ weight)
        return x, states[0]

    found = rerolled(program, XS, H, floats(2, 3, seed=5), W, floats(3, 3, seed=7))
    assert kinds(found) == [("scan", 5)]


def test_two_loops_of_one_function_after_another():
    def program(xs, h, w, u):
        for weight in (w, u):
            for x in xs:
                h = torch.tanh(x + h @ weight)
        return h

    found = rerolled(program, XS, H, W, floats(3, 3, seed=7))
    assert kinds(found) == [("scan", 5), ("scan", 5)]


def test_loops_in_loops_in_loops():
    def program(xs, h):
        for i in range(3):
            for j in range(4):
                for k in range(5):
                    h = torch.tanh(h + xs[i, j, k])
        return h

    found = rerolled(program, floats(3, 4, 5, 2), floats(2))
    assert kinds(found) == [("scan", 3), ("scan", 4), ("scan", 5)]
    assert operations(found) == ["scan"]


def test_a_loop_without_a_sequence():
    def program(x, w):
        for _ in range(6):
            x = torch.tanh(x @ w) + torch.sin(x)
        return x

    assert kinds(rerolled(program, H, W)) == [("scan", 6)]


def test_the_random_key_is_handed_on():
    def program(xs, h):
        for x in xs:
            h = F.dropout(torch.tanh(h + x), 0.5)
        return h

    assert kinds(rerolled(program, XS, H)) == [("scan", 5)]


@pytest.mark.parametrize("bidirectional", [False, True])
@pytest.mark.parametrize("kind", [nn.RNN, nn.GRU, nn.LSTM])
def test_the_recurrent_modules(kind, bidirectional):
    module = kind(3, 4, bidirectional=bidirectional)
    found = rerolled(lambda xs: module(xs)[0], XS)
    assert kinds(found) == [("scan", 5)] * (1 + bidirectional)


@pytest.mark.parametrize("kind", [nn.RNNCell, nn.GRUCell, nn.LSTMCell])
def test_cells_that_begin_with_no_state(kind):
    cell = kind(3, 4)

    def program(xs):
        state = None
        for x in xs:
            state = cell(x, state)
        return state

    assert kinds(rerolled(program, XS)) == [("scan", 5)]


# --- rows that are written ---


def test_rows_that_are_written_are_stacked():
    def program(xs, h, w):
        out = torch.zeros(5, 2, 3)
        for t in range(5):
            h = torch.tanh(xs[t] + h @ w)
            out[t] = h
        return out

    assert operations(rerolled(program, XS, H, W)) == ["scan"]


def test_columns_that_are_written_are_stacked_along_their_axis():
    def program(xs, h, w):
        out = torch.empty(2, 5, 3)
        for t in range(5):
            h = torch.tanh(xs[t] + h @ w)
            out[:, t] = h
        return out

    assert operations(rerolled(program, XS, H, W)) == ["scan", "transpose"]


def test_rows_that_were_written_may_be_read_again():
    def program(xs):
        out = torch.zeros(6, 2, 3)
        out[0] = 1.0
        for t in range(5):
            out[t + 1] = torch.tanh(out[t] + xs[t])
        return out

    found = rerolled(program, XS)
    assert kinds(found) == [("scan", 5)]
    assert operations(found)[-1] == "concatenate"


def test_rows_that_are_not_written_stay():
    def program(xs, h):
        out = torch.ones(8, 2, 3)
        for t in range(5):
            h = torch.tanh(h + xs[t])
            out[t + 2] = h
        return out

    found = rerolled(program, XS, H)
    assert kinds(found) == [("scan", 5)]
    assert "update_slice" not in operations(found)


def test_a_row_that_is_written_twice_stays_a_write():
    def program(xs, h):
        out = torch.zeros(3, 2, 3)
        for t in range(5):
            h = torch.tanh(h + xs[t])
            out[t % 3] = h
        return out

    assert "update_slice" in operations(rerolled(program, XS, H))


def test_a_gradient_with_respect_to_what_was_written_keeps_the_writes():
    def program(xs, h):
        out = torch.zeros(5, 2, 3)
        for t in range(5):
            h = torch.tanh(h + xs[t].requires_grad_())
            out[t] = h
        return torch.autograd.grad(out[4].sum(), [out])[0]

    rerolled(program, XS, H)


# --- sums of lists ---


def test_the_sum_of_a_list_is_summed_in_the_loop():
    def listed(xs, h, w):
        return sum(list(steps(xs, h, w)))

    def added(xs, h, w):
        total = 0
        for x in xs:
            h = torch.tanh(x + h @ w)
            total = total + h
        return total

    first, second = rerolled(listed, XS, H, W), rerolled(added, XS, H, W)
    assert operations(first) == ["full", "scan"]
    assert graph_of(first.path).fingerprint() == graph_of(second.path).fingerprint()


def test_the_list_may_be_used_otherwise_too():
    def program(xs, h, w):
        states = list(steps(xs, h, w))
        return sum(states), torch.stack(states)

    assert operations(rerolled(program, XS, H, W)) == ["full", "scan"]


def test_a_sum_of_what_all_elements_decide_is_a_loop_of_its_own():
    def program(xs, w):
        keys = [torch.tanh(x @ w) for x in xs]
        weights = torch.softmax(torch.stack([k.sum() for k in keys]), 0)
        return sum(weights[i] * keys[i] for i in range(5))

    found = rerolled(program, XS, W)
    assert operations(found).count("scan") == 3


def test_a_gradient_with_respect_to_a_list_that_was_joined():
    def program(xs, h):
        h = h.requires_grad_()
        states = []
        for x in xs:
            h = torch.tanh(h + x)
            states.append(h)
        joined = torch.stack(states)
        return torch.autograd.grad(sum(states).sum() + joined.sum(), [joined])[0]

    rerolled(program, XS, H)


# --- no loops ---


def test_layers_with_weights_of_their_own_are_no_loop():
    def program(x, *weights):
        for w in weights:
            x = torch.tanh(x @ w)
        return x

    path = record(program, H, *[floats(3, 3, seed=i) for i in range(6)])
    found = reroll(path)
    assert found.path is path
    (refusal,) = found.refusals
    assert "operand 2 of matmul is %x1 in step 1 and %x2 in step 2" in str(refusal)
    assert refusal.location.line == program.__code__.co_firstlineno + 2


@pytest.mark.parametrize("hidden", [1, 4])
@pytest.mark.parametrize("kind", [nn.RNNCell, nn.GRUCell, nn.LSTMCell])
def test_one_step_of_a_cell_has_no_loop_in_it(kind, hidden):
    cell = kind(3, hidden)
    path = record(lambda x: cell(x), floats(2, 3))
    assert reroll(path).path is path


def test_attention_has_no_loop_in_it():
    def program(x, w, b):
        q, k, v = (F.linear(x, u, c) for u, c in zip(w.chunk(3), b.chunk(3), strict=True))
        return torch.softmax(q @ k.T, -1) @ v

    path = record(program, floats(4, 6), floats(18, 6), floats(18))
    assert reroll(path).path is path


def test_an_optimizer_makes_no_loops():
    net = nn.Sequential(*[nn.Linear(3, 3) for _ in range(5)])

    def program(x):
        opt = torch.optim.SGD(net.parameters(), lr=0.1)
        loss = net(x).sum()
        loss.backward()
        opt.step()
        return loss

    assert reroll(record(program, H)).loops == ()


def test_a_function_called_for_two_halves_is_no_loop():
    def embed(x):
        return torch.tanh(x * 2) + x

    path = record(lambda pair: embed(pair[0]) - embed(pair[1]), floats(2, 3))
    assert reroll(path).path is path


def test_a_gradient_with_respect_to_an_intermediate_state_keeps_it():
    def program(xs, h):
        states = []
        h = h.requires_grad_()
        for x in xs:
            h = torch.tanh(h + x)
            states.append(h)
        return torch.autograd.grad(h.sum(), [states[1]])[0]

    # The state stays what it is; what follows it is a loop.
    assert kinds(rerolled(program, XS, H)) == [("scan", 3)]


def test_an_if_in_the_loop_is_refused():
    def program(xs, h):
        for x in xs:
            if x.sum() > -100:
                h = torch.tanh(h + x)
        return h

    found = reroll(record(program, XS, H))
    assert found.loops == ()
    assert ["it has an `if` on a tensor's value in it" in r.reason for r in found.refusals] == [
        True
    ]


def test_loops_of_other_sizes_have_their_carries_in_one_order():
    def program(xs, a, b, c):
        for x in xs:
            a, b, c = torch.tanh(a + x), torch.sin(b * a), c + a * b
        return a, b, c

    orders = set()
    for size in range(1, 9):
        path = rerolled(program, floats(5, size), *[floats(size, seed=i) for i in range(3)]).path
        orders.add(tuple([v.hint for v in path.nodes[0].inputs]))
    assert len(orders) == 1
