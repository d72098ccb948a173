"""The native backend: a graph becomes one native function, written as LLVM IR and compiled by LLVM (`llvmlite`)."""
