"""The workloads are what they are said to be, and their float64 answers are right."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("sklearn", reason="the digits come with scikit-learn")

from peers import workloads
from peers.frameworks import bifront as ours
from peers.frameworks import numpy as plain
from peers.jobs import Unsupported
from peers.plan import FRAMEWORKS, contenders, missing_workloads
from peers.workloads import TINY, TOLERANCE, WORKLOADS, Training, Workload, digits

MODES = ("static", "imperative", "executable", "eager")
TRAINING = [name for name, w in WORKLOADS.items() if isinstance(w, Training)]


@pytest.fixture(autouse=True)
def data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(digits.FOLDER, str(tmp_path))
    digits.store()


def test_sizes_of_batches() -> None:
    shapes = {name: [a.shape for a in WORKLOADS[name].batches()[0]] for name in TRAINING}
    assert shapes["W1"] == [(64, 64), (64,)]
    assert shapes["W2"] == [(256, 784), (256,)]
    assert shapes["W8"] == [(64, 1, 8, 8), (64,)]
    assert shapes["W4b1"][0][1:] == (1, 32)
    assert shapes["W4b16"][0][1:] == (16, 32)
    assert [len(WORKLOADS[name].batches()) for name in TRAINING] == [28, 8, 64, 4, 28]


def test_sequences_have_the_lengths_that_are_said() -> None:
    single, many = (WORKLOADS[name].batches() for name in ("W4b1", "W4b16"))
    lengths = [len(x) for x, _, _ in single]
    assert min(lengths) >= 5
    assert max(lengths) <= 60
    assert all(mask.all() for _, mask, _ in single)
    assert np.concatenate([mask.sum(0) for _, mask, _ in many]).tolist() == lengths


@pytest.mark.parametrize("name", TRAINING)
def test_gradients_are_slopes_of_the_loss(name: str) -> None:
    workload = TINY[name]
    assert isinstance(workload, Training)
    rng, step = np.random.default_rng(0), 1e-6
    # Away from the start, whose biases of zero put black pixels at the corner of the ReLU.
    weights = [w + 0.1 * rng.standard_normal(w.shape) for w in workload.weights()]
    batch = tuple(a.astype(np.float64) if a.dtype.kind == "f" else a for a in workload.batches()[0])
    _, gradients = workload.gradients(weights, batch)
    for i, gradient in enumerate(gradients):
        direction = rng.standard_normal(gradient.shape)
        ends = []
        for sign in (1, -1):
            moved = [w + sign * step * direction if i == j else w for j, w in enumerate(weights)]
            ends.append(workload.gradients(moved, batch)[0])
        slope = (ends[0] - ends[1]) / (2 * step)
        assert slope == pytest.approx(float((gradient * direction).sum()), rel=1e-5, abs=1e-7)


def test_a_padded_batch_gives_the_same_gradients() -> None:
    workload = TINY["W4b16"]
    assert isinstance(workload, workloads.Recurrent)
    weights, batch = workload.weights(), workload.batches()[0]
    loss, gradients = workload.gradients(weights, batch)
    other, padded = workload.gradients(weights, workload.padded(batch))
    assert other == pytest.approx(loss)
    for a, b in zip(gradients, padded, strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-5, atol=1e-6)


def test_layouts_of_the_network_of_images_are_there_and_back() -> None:
    workload = TINY["W8"]
    assert isinstance(workload, workloads.Images)
    weights = workload.weights()
    back = workload.channels_first(workload.channels_last(weights))
    for a, b in zip(weights, back, strict=True):
        np.testing.assert_array_equal(a, b)


@pytest.mark.parametrize("name", WORKLOADS)
def test_a_wrong_answer_is_told(name: str) -> None:
    workload, answer = TINY[name], TINY[name].reference()
    assert workload.error([a.astype(np.float32) for a in answer], answer) < 1e-6
    wrong = [*answer[:-1], answer[-1] + 1e-2 * (1 + np.abs(answer[-1]))]
    assert workload.error(wrong, answer) > TOLERANCE
    with pytest.raises(ValueError, match="arrays instead of"):
        workload.error(answer[:-1], answer)
    with pytest.raises(ValueError, match="elements instead of"):
        workload.error([*answer[:-1], answer[-1].ravel()[:-1]], answer)


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("name", WORKLOADS)
def test_our_programs_are_right(name: str, mode: str) -> None:
    taking_part = {c.mode for c in contenders(name, ["bifront"], everything=True)}
    workload = TINY[name]
    if mode not in taking_part:
        with pytest.raises(Unsupported):
            ours.build(workload, mode)
        return
    job = ours.build(workload, mode)
    assert workload.error(job.answer(), workload.reference()) < TOLERANCE
    job.run(workload.cycle())


@pytest.mark.parametrize("name", [c for c in WORKLOADS if contenders(c, ["numpy"], False)])
def test_the_programs_without_a_framework_are_right(name: str) -> None:
    workload: Workload = TINY[name]
    job = plain.build(workload, "plain")
    assert workload.error(job.answer(), workload.reference()) < TOLERANCE
    job.run(2)


def test_compiled_steps_run_compiled() -> None:
    """A program that falls back to Python is right too, and would be timed as something that it is not."""
    for name in ("W1", "W4b1", "W4b16", "W8"):
        job = ours.build(TINY[name], "imperative")
        job.answer()
        job.run(4 * TINY[name].cycle())
        stats = job._step.stats
        assert stats.hits > stats.misses, f"{name}: {stats}"
        assert not stats.eager_runs, f"{name}: {stats}"


def test_the_plan_knows_its_names() -> None:
    assert not missing_workloads()
    assert {"torch", "jax", "tensorflow", "tinygrad", "pytensor", "onnxruntime"} < set(FRAMEWORKS)
    one = contenders("W1", ["bifront:static@numpy"], False)
    assert [c.name for c in one] == ["bifront:static@numpy"]
    with pytest.raises(SystemExit, match="no framework 'pytorch'"):
        contenders("W1", ["pytorch"], False)
    assert workloads.chosen("W3,W1") == ["W3mean", "W3array", "W1"]
    with pytest.raises(SystemExit, match="no workload begins with 'W9'"):
        workloads.chosen("W9")
