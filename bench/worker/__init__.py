"""The other side of the pipe: one contender in its own process. The clock is here."""
