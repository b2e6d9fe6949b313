"""Targets: each turns a pipeline into the files of one engine."""
