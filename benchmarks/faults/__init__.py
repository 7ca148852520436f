"""What becomes of connections when something goes wrong: ours, and other libraries'."""
