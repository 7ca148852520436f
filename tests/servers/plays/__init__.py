"""What happens with each server; each module can be run by itself with pytest."""
