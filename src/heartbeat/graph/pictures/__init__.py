"""A snapshot as text, JSON, DOT, Mermaid, SVG and HTML, and two of them compared."""
