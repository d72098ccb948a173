"""Parameters print as PyTorch prints them."""

from __future__ import annotations

import bifront.imperative as torch


def test_a_parameter_says_once_what_it_is() -> None:
    parameter = torch.nn.Parameter(torch.tensor([1.0, 2.5]))
    text = "Parameter containing:\ntensor([1.0000, 2.5000], requires_grad=True)"
    assert repr(parameter) == str(parameter) == f"{parameter}" == text
