"""The first screens of a report: who leads, by how much, is it right; plain text and numbers."""
