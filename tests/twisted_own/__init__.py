"""Twisted's own tests, run on what stands in for Twisted's classes here.

`tests.twisted_own.table` says which modules, with what put in whose place;
`tests.twisted_own.differences` which tests end differently, and why;
`tests.twisted_own.child` runs one module in a process of its own.
"""
