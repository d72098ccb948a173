"""The graphs of the static programs, compiled and called with arrays: nothing between the caller and the backend."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

import bifront as bf
import bifront.static as tf

from ...jobs import Calls, Job, Steps, Unsupported, scalars
from ...workloads import Add, Chain, Elementwise, Encoder, Training, Workload
from . import static


def build(workload: Workload) -> Job:
    """
    Raises:
        Unsupported: an eager workload.
    """
    match workload:
        case Training():
            return _training(workload)
        case Elementwise():
            x, z = (tf.placeholder(tf.float32, [None]) for _ in range(2))
            run = _compiled([static.elementwise(workload, x, z)], [x, z])
            data = workload.data()
            return Calls(lambda: run(*data)[0], workload.checked)
        case Encoder():
            x = tf.placeholder(tf.float32, [None, workload.length, workload.width])
            # The weights are constants of the graph, so a backend may lay them out as it likes.
            run = _compiled([static.encoder(workload, x, tf.constant)], [x])
            value = workload.data()
            return Calls(lambda: run(value)[0])
        case Add() if workload.compiled:
            a, b = (tf.placeholder(tf.float32, [4]) for _ in range(2))
            run, pair = _compiled([a + b], [a, b]), workload.data()
            return Calls(lambda: run(*pair)[0])
        case Chain() if workload.compiled:
            feeds = [tf.placeholder(tf.float32, []) for _ in range(3)]
            run, numbers = _compiled(static.chain(workload, *feeds), feeds), workload.data()
            return Calls(lambda: run(*numbers), scalars)
    raise Unsupported(workload.name)


def _compiled(fetches: Sequence[Any], inputs: Sequence[Any]) -> bf.Executable:
    return bf.compile(bf.graph_of(list(fetches), inputs=list(inputs)))


def _training(workload: Training) -> Job:
    program = static.training_program(workload)
    with program.graph.as_default(), tf.Session(graph=program.graph) as session:
        session.run(tf.global_variables_initializer())
        graph = bf.graph_of([program.loss, program.train], inputs=program.feeds)
        first = {v.op.name: session.run(v) for v in tf.global_variables()}
    # New weights may be written over the old ones.
    update = bf.compile(graph).update
    slots = [state.slot for state in graph.states]
    state = [np.array(first[slot]) for slot in slots]
    places = [slots.index(v.op.name) for v in program.variables]

    def step(*batch: Any) -> Any:
        nonlocal state
        loss, *state = update(*batch, *state)
        return loss

    def weights() -> list[Any]:
        return workload.channels_first([state[i] for i in places])

    return Steps(workload, static.fed(workload, program), step, weights)
