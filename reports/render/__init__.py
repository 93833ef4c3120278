"""A report as HTML, Markdown, SVG and terminal text."""
