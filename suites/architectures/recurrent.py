"""Recurrent networks: a language model and a classifier of time series."""

from __future__ import annotations

from suites.layers import GRU, LSTM, Dropout, Embedding, LastToken, Linear, Sequential

WORDS = 10_000
"""Of the vocabulary of the Penn Treebank as Mikolov et al. (2010) cut it."""

LANGUAGE = {"small": (200, 20), "medium": (650, 35)}
"""Width and places of Zaremba et al., arXiv:1409.2329; their large one is 1500 wide."""

SIGNALS, WINDOW, ACTIVITIES = 9, 128, 6
"""Windows of body sensors at 50 Hz (Anguita et al., ESANN 2013)."""

STATES = 64


def language_model(size: str) -> Sequential:
    """Tokens [batch, places] to the next word's logits [batch, places, 10000]: two levels of LSTM.

    Every sequence begins with states of zeros; dropout is left out.
    """
    width, _ = LANGUAGE[size]
    return Sequential(
        encoder=Embedding(WORDS, width),
        before=Dropout(),
        rnn=LSTM(width, width, levels=2),
        behind=Dropout(),
        decoder=Linear(width, WORDS),
    )


def activity_classifier() -> Sequential:
    """Windows [batch, 128, 9] to 6 activities, from the last state of two levels of GRU."""
    return Sequential(
        rnn=GRU(SIGNALS, STATES, levels=2), last=LastToken(), head=Linear(STATES, ACTIVITIES)
    )
