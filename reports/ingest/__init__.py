"""Record files read as untrusted input, and what their slices come to."""
