"""Last names in four languages, letter by letter. They are shipped with the package faker."""

import unicodedata

import numpy as np
from faker.providers.person import en_GB, fi_FI, it_IT, pl_PL

LETTERS = "abcdefghijklmnopqrstuvwxyz"
LANGUAGES = {
    "English": en_GB.Provider.last_names,
    "Finnish": fi_FI.Provider.last_names,
    "Italian": it_IT.Provider.last_names,
    "Polish": pl_PL.Provider.unisex_last_names,
}


def plain(name):
    """Small letters without accents."""
    name = unicodedata.normalize("NFKD", name.lower().replace("ł", "l"))
    return "".join(letter for letter in name if letter in LETTERS)


def one_hot(name):
    """A name as ``[letters in the name, 1, letters in the alphabet]``."""
    return np.eye(len(LETTERS), dtype=np.float32)[[LETTERS.index(c) for c in name], None]


def load(each=240):
    """Names to train with and names to test with, ``each`` of a language together: (one_hot, language) pairs."""
    chance = np.random.default_rng(0)
    pairs = []
    for number, names in enumerate(LANGUAGES.values()):
        chosen = chance.permutation(sorted({plain(name) for name in names}))[:each]
        pairs += [(one_hot(name), np.array([number])) for name in chosen]
    order = chance.permutation(len(pairs))
    test = len(pairs) // 5
    return [pairs[i] for i in order[test:]], [pairs[i] for i in order[:test]]
