"""One command that checks Metalbench on a borrowed machine, in a given number of minutes, with the
Pythons that are there: `python3 -m scripts.device_check` (docs/device-check.md)."""
