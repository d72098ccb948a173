"""The compiled backward gives the bits of the interpreted one, and stands back where it must."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

import bifront.imperative as torch
from bifront.compiler.autodiff import backward
from bifront.compiler.dispatch import leaf
from bifront.imperative import Tensor
from bifront.imperative.nn import functional
from bifront.runtime import pullback

ROUNDS = pullback.COMPILE_AT + 2
LABELS = np.array([0, 2, 1])

Loss = Callable[[Tensor, Tensor], Tensor]

PROGRAMS: dict[str, Loss] = {
    "mlp": lambda x, w: functional.cross_entropy(torch.relu(x @ w), torch.tensor(LABELS)),
    "shared": lambda x, w: ((x @ w).tanh() * (x @ w) + x.sum() * w.mean()).sum(),
    "used twice": lambda x, w: (x * x + x).sum() * (w * w).sum(),
    "broadcast": lambda x, w: (x[:, :1] * 3.0 + w[0, 0] / 2.0).pow(2).mean(),
    "transposed": lambda x, w: (x.t().exp() @ x @ w).max(),
    "chosen": lambda x, w: torch.where(x > 0, x, x * -0.0).sum() + w.clamp(-0.5, 0.5).sum(),
    "indexed": lambda x, w: (x[torch.tensor([0, 0, 2])] @ w).softmax(1)[:, 1].sum(),
    "one leaf": lambda x, w: (w * 2.0).sum(),
}


@pytest.fixture(autouse=True)
def _nothing_known(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pullback, "_entries", {})
    monkeypatch.setattr(pullback, "_habit", pullback._Habit())


def _leaves(seed: int) -> tuple[Tensor, Tensor]:
    rng = np.random.default_rng(seed)
    x, w = rng.standard_normal((3, 4)), rng.standard_normal((4, 3))
    return torch.tensor(x, requires_grad=True), torch.tensor(w, requires_grad=True)


def _interpreted(loss: Tensor, leaves: tuple[Tensor, ...]) -> list[np.ndarray | None]:
    root = loss.array
    seed = leaf(np.ones(root.data.shape, root.data.dtype))
    found = backward([root], [seed], [t.array for t in leaves])
    return [found[t.array].data if t.array in found else None for t in leaves]


def _runs(program: Loss) -> int:
    """How often a compiled program stands for the backward of a loss that comes again and again."""
    ran = 0
    for seed in range(ROUNDS):
        loss = program(*_leaves(seed))
        ran += pullback.known(loss.array, lambda _: True) is not None
    return ran


@pytest.mark.parametrize("name", PROGRAMS)
def test_same_bits_as_the_interpreted_walk(name: str) -> None:
    assert _runs(PROGRAMS[name]) >= 2
    for seed in range(ROUNDS):
        leaves = _leaves(seed)
        loss = PROGRAMS[name](*leaves)
        want = _interpreted(loss, leaves)
        loss.backward()
        for t, g in zip(leaves, want, strict=True):
            if g is None:
                assert t.grad is None
            else:
                assert t.grad is not None
                assert t.grad.numpy().tobytes() == np.asarray(g).tobytes()


def test_gradients_accumulate_and_have_memory_of_their_own() -> None:
    x, w = _leaves(0)
    for count in range(1, ROUNDS + 1):
        (x + w.t()).sum().backward()
        assert x.grad is not None
        assert w.grad is not None
        assert (x.grad.numpy() == count).all()
        assert not np.shares_memory(x.grad.numpy(), w.grad.numpy())


def test_a_second_backward_is_an_error_however_the_first_was_run() -> None:
    for _ in range(ROUNDS):
        x, w = _leaves(0)
        loss = (x @ w).exp().sum()
        loss.backward(retain_graph=True)
        loss.backward()
        with pytest.raises(RuntimeError, match="second time"):
            loss.backward()


def test_overwritten_values_are_noticed() -> None:
    for _ in range(ROUNDS):
        x, w = _leaves(0)
        y = x.exp()
        loss = (y @ w).sum()
        y.add_(1)
        with pytest.raises(RuntimeError, match="modified by an inplace"):
            loss.backward()


def test_hooks_are_called_in_every_round() -> None:
    calls: list[int] = []
    for i in range(ROUNDS):
        x, w = _leaves(0)
        y = x * 2.0
        x.register_hook(lambda g, i=i: calls.append(i))
        y.register_hook(lambda g, i=i: calls.append(i))
        (y @ w).sum().backward()
    assert calls == [i for i in range(ROUNDS) for _ in range(2)]


def test_zeros_of_two_signs_are_two_programs() -> None:
    x = torch.tensor(np.array([1.0]), requires_grad=True)
    keys = set()
    for low in (0.0, -0.0):
        history = pullback.read(x.clamp(low, 1.0).sum().array)
        assert history is not None
        keys.add(history.key)
    assert len(keys) == 2


def test_what_never_repeats_is_forgotten() -> None:
    for n in range(1, 3 * pullback.KEPT):
        x = torch.ones(n, requires_grad=True)
        (x * x).sum().backward()
    assert len(pullback._entries) <= pullback.KEPT


def _asked(program: Loss, seed: int, pick: Callable[..., list[Tensor]]) -> list[bytes | None]:
    """What `grad` gives for the values that are picked, by a program where one is known."""
    loss, values = _with_inner(program, seed)
    found = torch.autograd.grad(loss, pick(*values), allow_unused=True)
    return [None if g is None else g.numpy().tobytes() for g in found]


def _with_inner(program: Loss, seed: int) -> tuple[Tensor, tuple[Tensor, Tensor, Tensor]]:
    x, w = _leaves(seed)
    inner = x * 2.0
    return program(inner, w), (x, w, inner)


PICKS: dict[str, Callable[..., list[Tensor]]] = {
    "all": lambda x, w, inner: [x, w, inner],
    "one": lambda x, w, inner: [w],
    "inner": lambda x, w, inner: [inner],
    "twice, turned": lambda x, w, inner: [inner, x, inner],
}


@pytest.mark.parametrize("pick", PICKS)
@pytest.mark.parametrize("name", PROGRAMS)
def test_grad_has_the_bits_of_the_interpreted_walk(name: str, pick: str) -> None:
    program, chosen = PROGRAMS[name], PICKS[pick]
    for seed in range(ROUNDS):
        loss, values = _with_inner(program, seed)
        want = _interpreted(loss, tuple(chosen(*values)))
        bits = [None if g is None else np.asarray(g).tobytes() for g in want]
        assert _asked(program, seed, chosen) == bits


def test_grad_runs_a_program_once_it_was_seen_before(monkeypatch: pytest.MonkeyPatch) -> None:
    ran: list[int] = []
    call = pullback.Pullback.__call__
    monkeypatch.setattr(
        pullback.Pullback, "__call__", lambda self, h: (ran.append(1), call(self, h))[1]
    )
    for seed in range(ROUNDS):
        _asked(PROGRAMS["mlp"], seed, PICKS["one"])
    assert len(ran) == ROUNDS - pullback.COMPILE_AT + 1
    _asked(PROGRAMS["mlp"], 0, PICKS["all"])
    assert len(ran) == ROUNDS - pullback.COMPILE_AT + 1, "other values are another program"


def test_grad_frees_as_backward_does() -> None:
    for keep in (True, False):
        for _ in range(ROUNDS):
            x, w = _leaves(0)
            loss = (x @ w).exp().sum()
            torch.autograd.grad(loss, [x], retain_graph=keep)
            if keep:
                torch.autograd.grad(loss, [w])
            else:
                with pytest.raises(RuntimeError, match="second time"):
                    torch.autograd.grad(loss, [w])


def test_grad_says_what_was_not_used() -> None:
    for _ in range(ROUNDS):
        x, w = _leaves(0)
        with pytest.raises(RuntimeError, match="not have been used"):
            torch.autograd.grad(x.exp().sum(), [x, w])
        unused = torch.autograd.grad(x.exp().sum(), [w, x], allow_unused=True)
        assert unused[0] is None
        zeros = torch.autograd.grad(x.exp().sum(), [w], materialize_grads=True)
        assert not zeros[0].numpy().any()


def test_gradients_of_one_grad_share_no_memory_with_the_tensors() -> None:
    for _ in range(ROUNDS):
        x, _ = _leaves(0)
        (g,) = torch.autograd.grad((x * 1.0).sum(), [x])
        g.add_(1)
        assert (x.numpy(force=True) == _leaves(0)[0].numpy(force=True)).all()
