def parallel_address() -> int:
    return 0
