"""Booxi's booking API v1, from its reference and nothing else. Section numbers are those of booxi-api.md."""
