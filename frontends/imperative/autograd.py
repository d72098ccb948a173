"""``torch.autograd``: gradients on demand, custom functions, their checks."""

from . import function, functional
from .anomaly import detect_anomaly, set_detect_anomaly
from .backward import backward, grad
from .function import Function, FunctionCtx
from .functional import hessian, jacobian
from .grad_mode import enable_grad, inference_mode, no_grad, set_grad_enabled
from .gradcheck import gradcheck, gradgradcheck
from .legacy import Variable

__all__ = [
    "Function", "FunctionCtx", "Variable", "backward", "detect_anomaly", "enable_grad", "function", "functional",
    "grad", "gradcheck", "gradgradcheck", "hessian", "inference_mode", "jacobian", "no_grad",
    "set_detect_anomaly", "set_grad_enabled",
]  # fmt: skip
