"""The compiler: IR, operations, dispatch, autodiff, rewriting, text and pictures."""
