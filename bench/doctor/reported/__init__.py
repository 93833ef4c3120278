"""Reports of wrong answers on Apple's Metal: data, each row with its source."""

from bench.doctor.reported.others import OTHERS
from bench.doctor.reported.pytorch import PYTORCH

WRONG_ANSWERS = (*PYTORCH, *OTHERS)
