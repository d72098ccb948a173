"""bifront beside other frameworks: the same workloads, checked against float64 first, timed in one run.

    python -m peers --help        # with benchmarks/ on the path; `make bench` does it all

* `workloads/`: what is computed, on which data, and the answer in float64. Needs NumPy only.
* `frameworks/`: one file (bifront: one folder) for each, with ``build(workload, mode) -> Job``.
* `plan.py`: who takes part in what. `worker.py`: one contender in a process of its own. `timing.py`: all in turn.
* `startup.py`: fresh processes, their time to the first result and their memory. `limits.py`: what the machine can do.
* `results.py`, `tables.py`, `plots.py`: JSON that runs are merged into, and what is drawn and written from it.
"""
