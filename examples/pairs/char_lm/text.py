"""English text that is shipped with Python: what ``help()`` tells about the language."""

from pydoc_data.topics import topics

import numpy as np

LETTERS = "\n abcdefghijklmnopqrstuvwxyz.,"
BATCH, LENGTH = 16, 24


def prose(limit=40_000):
    """Paragraphs without program text, in small letters."""
    kept = []
    for topic in sorted(topics):
        for paragraph in topics[topic].split("\n\n"):
            if not paragraph.startswith((" ", "*")) and paragraph.endswith("."):
                words = " ".join(paragraph.lower().split())
                kept.append("".join(c for c in words if c in LETTERS))
    return "\n".join(kept)[:limit]


def encode(text):
    return np.array([LETTERS.index(c) for c in text])


def batches():
    """Letters and those that follow them, ``[LENGTH, BATCH]`` each: BATCH places of the text side by side."""
    letters = encode(prose())
    rows = len(letters) // BATCH
    columns = letters[: rows * BATCH].reshape(BATCH, rows).T
    for start in range(0, rows - 1, LENGTH):
        stop = min(start + LENGTH, rows - 1)  # what is left at the end is shorter
        yield columns[start:stop], columns[start + 1 : stop + 1]


def drawn(chance, probabilities):
    """A letter, drawn with the probabilities of all of them."""
    return int(np.searchsorted(np.cumsum(probabilities.astype(np.float64)), chance.random()))
