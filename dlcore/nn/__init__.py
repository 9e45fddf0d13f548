"""Modules, initialisers and losses."""
