"""Settings of all tests."""

import os

from reports import isolation

# A part of a report that fails would be a sentence in it; here the error itself is to be seen.
os.environ[isolation.STRICT] = "yes"
