"""Tests of tensors of one element, whatever their rank, decide like scalars."""

from __future__ import annotations

import bifront.imperative as torch


def test_a_while_on_a_tensor_of_one_element_is_one_loop() -> None:
    weight = torch.tensor([[0.5, -0.2, 0.1], [0.3, 0.4, -0.6], [-0.1, 0.2, 0.7]])

    def descend(x: torch.Tensor, threshold: torch.Tensor) -> torch.Tensor:
        score = torch.zeros(1)
        while score > threshold:
            x = torch.tanh(x @ weight) + 0.1
            score = score - x.max(dim=-1)[0].abs()
        return score

    compiled = torch.compile(descend)
    for i in range(12):
        x = torch.full((1, 3), 0.1 + 0.05 * i)
        threshold = torch.tensor([-0.5 - 0.3 * i])
        assert compiled(x, threshold).numpy().tobytes() == descend(x, threshold).numpy().tobytes()
    assert "became a while" in compiled.explain()
    assert compiled.stats.misses <= 4
