"""The compiler: IR, operations, dispatch, autodiff, rewriting, text and pictures."""

import warnings

# 1/0 is inf and 0/0 is nan without a word, as in PyTorch and TensorFlow. A filter costs nothing until NumPy warns,
# where np.errstate around every operation would cost more than most operations.
warnings.filterwarnings("ignore", category=RuntimeWarning, module=r"bifront\.")
