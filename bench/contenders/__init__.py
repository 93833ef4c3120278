"""Who is measured: specs, devices found, and the processes that are asked."""
