"""bifront, as its users write it.

* ``static``: a TensorFlow 1 program, run by a session.
* ``imperative``: a PyTorch program, its step compiled by ``torch.compile``.
* ``eager``: the same program, not compiled.
* ``executable``: the static program's graph, compiled by ``bf.compile`` and called with arrays.

Modes use public names only. The backend is bifront's own choice; the environment variable BIFRONT_BACKEND names
another.
"""

from __future__ import annotations

from collections.abc import Mapping

from ...jobs import Job, Unsupported
from ...workloads import Workload


def build(workload: Workload, mode: str) -> Job:
    """
    Raises:
        Unsupported: the mode does not have the workload.
    """
    if mode == "static":
        from . import static

        return static.build(workload)
    if mode == "executable":
        from . import executable

        return executable.build(workload)
    if mode in ("imperative", "eager"):
        from . import imperative

        return imperative.build(workload, compiled=mode == "imperative")
    raise Unsupported(mode)


def versions() -> Mapping[str, str]:
    import bifront as bf
    import bifront.static as tf

    with tf.Graph().as_default():
        one = bf.graph_of([tf.add(tf.placeholder(tf.float32, []), 1.0)])
    return {"bifront": bf.__version__, "bifront's backend": bf.compile(one).backend}
