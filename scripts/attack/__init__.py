"""Attacks: hostile files, disks, clocks, processes and arguments against real commands, counted."""
