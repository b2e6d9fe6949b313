"""Showing results: diagnostics as text or JSON, and pipelines as drawings."""
