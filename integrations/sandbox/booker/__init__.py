"""Booker by Mindbody: API v4.1 and v5 as reference/booker-api.md describes them, from that and nothing else."""
