"""Loaders of outside sources: each makes rows of the bytes that a source sends; ``refresh.toml`` describes the rest."""
