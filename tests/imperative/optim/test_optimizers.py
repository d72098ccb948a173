"""What optimizers refuse, keep and save."""

from __future__ import annotations

import pytest

import bifront.frontends.imperative as torch
from bifront.frontends.imperative import nn, optim


def test_refusals() -> None:
    layer = nn.Linear(2, 1)
    with pytest.raises(ValueError, match="optimizer got an empty parameter list"):
        optim.SGD([], lr=0.1)
    with pytest.raises(ValueError, match="Invalid learning rate: -1"):
        optim.SGD(layer.parameters(), lr=-1)
    with pytest.raises(ValueError, match=r"Invalid beta parameter at index 0: 1.0"):
        optim.Adam(layer.parameters(), betas=(1.0, 2))
    with pytest.raises(ValueError, match="Nesterov momentum requires a momentum"):
        optim.SGD(layer.parameters(), lr=0.1, nesterov=True)
    with pytest.raises(TypeError, match=r"iterable of Tensors or dicts, but got torch.FloatTensor"):
        optim.SGD(layer.weight, lr=0.1)
    with pytest.raises(TypeError, match="one of the params is int"):
        optim.SGD([1], lr=0.1)
    with pytest.raises(ValueError, match="can't optimize a non-leaf Tensor"):
        optim.SGD([layer.weight * 2], lr=0.1)
    with pytest.raises(ValueError, match="more than one parameter group"):
        optim.SGD([{"params": layer.parameters()}, {"params": [layer.bias]}], lr=0.1)
    with pytest.raises(AttributeError, match=r"torch.optim.Adam\b"):
        optim.Adamm  # noqa: B018


def test_views_and_aliases_see_the_step() -> None:
    weight = torch.ones(3, requires_grad=True)
    row, array = weight.detach(), weight.detach().numpy()
    optimizer = optim.SGD([weight], lr=0.5)
    (weight * 2).sum().backward()
    optimizer.step()
    assert weight.tolist() == row.tolist() == array.tolist() == [0, 0, 0]
    assert weight.is_leaf
    assert weight.requires_grad


def test_a_step_damages_what_backward_still_needs() -> None:
    layer = nn.Linear(2, 2)
    x = torch.ones(1, 2, requires_grad=True)
    loss = layer(layer(x)).sum()
    loss.backward(retain_graph=True)
    optim.SGD(layer.parameters(), lr=0.1).step()
    with pytest.raises(RuntimeError, match="modified by an inplace operation"):
        loss.backward()


def test_groups_are_edited_by_hand() -> None:
    layer = nn.Linear(1, 1)
    optimizer = optim.SGD(layer.parameters(), lr=1.0)
    for group in optimizer.param_groups:
        group["lr"] = 0.0
    before = layer.weight.item()
    layer(torch.ones(1, 1)).sum().backward()
    optimizer.step()
    assert layer.weight.item() == before
    optimizer.zero_grad(set_to_none=False)
    assert layer.weight.grad.tolist() == [[0]]
    optimizer.zero_grad()
    assert layer.weight.grad is None


def test_state_survives_saving() -> None:
    layer = nn.Linear(2, 1)
    optimizer = optim.Adam(layer.parameters(), lr=0.1)
    layer(torch.ones(1, 2)).sum().backward()
    optimizer.step()
    state = optimizer.state_dict()
    assert sorted(state["state"][0]) == ["exp_avg", "exp_avg_sq", "step"]
    assert state["param_groups"][0]["params"] == [0, 1]
    assert float(state["state"][0]["step"]) == 1
    with pytest.raises(ValueError, match="a different number of parameter groups"):
        optim.Adam([{"params": [layer.weight]}, {"params": [layer.bias]}]).load_state_dict(state)
    with pytest.raises(ValueError, match="doesn't match the size of optimizer's group"):
        optim.Adam([layer.weight]).load_state_dict(state)


def test_slots_are_states_of_a_trace() -> None:
    from bifront.frontends.imperative.trace import trace

    net = nn.Sequential(nn.Linear(2, 3), nn.Linear(3, 1))
    optimizer = optim.Adam(net.parameters(), lr=0.1)

    def step(x):
        loss = net(x).sum()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        return loss

    step(torch.ones(4, 2))
    graph = trace(step)(torch.ones(4, 2)).graph
    slots = {s.slot for s in graph.states}
    assert {"0.weight", "1.bias", "0.weight/exp_avg", "1.bias/exp_avg_sq", "step"} <= slots
    assert len(slots) == 4 * 3 + 1


def test_stepping_the_schedule_first_is_noticed() -> None:
    optimizer = optim.SGD([torch.zeros(1, requires_grad=True)], lr=0.1)
    scheduler = optim.lr_scheduler.StepLR(optimizer, 1)
    with pytest.warns(UserWarning, match=r"lr_scheduler.step\(\)` before `optimizer.step\(\)`"):
        scheduler.step()


@pytest.mark.parametrize("name", ["Adam", "Adamax", "RMSprop", "Adadelta", "Adagrad"])
def test_slots_have_memory_of_their_own_from_the_first_step_on(name: str) -> None:
    p = torch.nn.Parameter(torch.ones(4, 3))
    optimizer = getattr(torch.optim, name)([p])
    p.sum().backward()
    optimizer.step()
    slots = [s.numpy() for s in optimizer.state[p].values() if s.shape == p.shape]
    assert slots
    for slot in slots:
        assert slot.flags.writeable
        assert slot.strides == (12, 4)
