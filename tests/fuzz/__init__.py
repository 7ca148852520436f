"""Coverage-guided fuzzing of all that peers and users feed to this package.

``python -m tests.fuzz nats --seconds 30`` needs atheris, which is no part of the test
suite. Without it each target is a function of bytes, which raises `AssertionError` for
what must not be; the suite runs them on a few inputs, so that they do not rot.
"""
