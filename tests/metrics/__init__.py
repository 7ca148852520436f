"""Numbers for whoever watches, and Prometheus, which watches."""
