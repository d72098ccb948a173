"""What the compiler decided, and what it costs, shown: pictures of kernels, profiles."""
