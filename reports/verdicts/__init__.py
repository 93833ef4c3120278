"""Whether a cell's figure may be used: right, wrong, untimed, failed."""
