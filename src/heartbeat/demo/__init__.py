"""What ``heartbeat demo`` shows: on real connections, with real processes.

.. code-block:: text

    claims  <-  clients  <-  story                             act 1: the stray call
       ^------  case  <-  living, dying  <-  rows, scenarios   act 2: real peers
    peer  <-  peers                                            their processes
    report                                                     how it looks, by rich
    performance                                                both acts, one reactor

Importing this package imports none of it.
"""
