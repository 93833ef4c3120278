"""What the host judges of a cell: its answers, its clock, and who must agree."""
