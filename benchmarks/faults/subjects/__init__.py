"""Programs whose keepalive is judged; each speaks the contract of `contract`."""
