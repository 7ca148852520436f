"""WebSocket peers that nobody here wrote, each run as a process of its own.

Every script is run as ``SCRIPT server PORT``, with a file of a key and a certificate
after it for TLS, or as ``SCRIPT client PORT…``, which calls each port again and again,
until somebody answers, and after every loss. Both echo all messages. All have a liveness
rule of their own, shortened, and write something as soon as they are about to begin.
"""
