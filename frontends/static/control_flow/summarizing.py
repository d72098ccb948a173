"""How TensorFlow writes the values of tensors in messages."""

from __future__ import annotations

import numpy as np


def summary(value: object, limit: int) -> str:
    """The first ``limit`` elements, as ``tf.Print`` and ``tf.Assert`` write them: ``[[1 2][3...]...]``."""
    array = _array(value)
    if not array.size:
        return "[]"
    items = [_number(x) for x in array.ravel()]
    shown = [0]

    def row(axis: int) -> str:
        parts: list[str] = []
        if axis == array.ndim - 1:
            for _ in range(array.shape[axis]):
                if shown[0] >= limit:
                    return " ".join(parts) + ("..." if axis else "")
                parts.append(items[shown[0]])
                shown[0] += 1
            return " ".join(parts)
        for _ in range(array.shape[axis]):
            if shown[0] < limit:
                parts.append(f"[{row(axis + 1)}]")
        return "".join(parts)

    text = row(0) if array.ndim else items[0]
    return f"[{text}{'...' if array.size > limit else ''}]"


def array_text(value: object, edge: int) -> str:
    """All elements, or ``edge`` at each end of an axis, as ``tf.print`` writes them."""
    array = _array(value)

    def rows(part: np.ndarray, indent: int) -> str:
        if not part.ndim:
            return _number(part[()], quoted=array.ndim > 0 or array.dtype.kind == "O")
        cut = 0 <= 2 * edge < len(part)
        chosen = [*part[:edge], *part[len(part) - edge :]] if cut else list(part)
        texts = [rows(np.asarray(p), indent + 1) for p in chosen]
        if cut:
            texts.insert(edge, "...")
        return "[" + (" " if part.ndim == 1 else "\n" + " " * indent).join(texts) + "]"

    return rows(array, 1)


def _array(value: object) -> np.ndarray:
    return np.asarray(value, dtype=object if isinstance(value, (str, bytes)) else None)


def _number(x: object, quoted: bool = False) -> str:
    if isinstance(x, (bool, np.bool_)):
        return str(int(x))
    if isinstance(x, np.floating):
        few, all_digits = {2: (3, 5), 4: (6, 9)}.get(x.dtype.itemsize, (15, 17))
        short = f"{float(x):.{few}g}"
        return short if type(x)(short) == x else f"{float(x):.{all_digits}g}"
    if isinstance(x, (str, bytes)):
        text = x.decode(errors="replace") if isinstance(x, bytes) else x
        return f'"{text}"' if quoted else text
    return str(x)
