"""The suite, for pytest and for trial."""

from __future__ import annotations

import os

from hypothesis import settings

# No deadline: no test may fail because the machine is busy. The same examples every
# time in continuous integration, new ones every time at a desk.
settings.register_profile("here", deadline=None, derandomize="CI" in os.environ)
settings.load_profile("here")
