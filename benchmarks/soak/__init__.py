"""Thousands of connections, random faults: nobody is judged wrongly, nothing is left.

``python -m benchmarks.soak`` keeps 5,000 connections for 10 minutes and stops by
itself.
"""
