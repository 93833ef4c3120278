"""What every layer computes, exactly and in the arithmetics that limits come from."""
