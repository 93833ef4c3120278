"""How long a test waits for what should come: on a busy machine it comes late, and where all is
well waiting costs nothing."""

PATIENT_S = 900.0
"""Six times as long as the longest command of a test takes on a busy machine."""
