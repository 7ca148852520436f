"""What the package costs, beside what its users would take instead.

From the root of the project::

    python -m benchmarks [NAME ...] [--quick]

One module answers one question; `benchmarks.suite` lists them all.
"""
