"""What the reactor is connected to: ports, connections, processes, and their state."""
