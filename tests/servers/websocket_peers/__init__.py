"""WebSocket peers that nobody here wrote, each run as a process of its own.

Every script is run as ``SCRIPT server PORT``, which echoes all messages, or as
``SCRIPT client URL…``, which connects to each address: to one that ends in ``/busy``
it sends a message every 20 ms. All have a liveness rule of their own, shortened, and
end when their standard input does.
"""
