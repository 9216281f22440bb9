"""Stand-ins for the outside systems, run as a process of their own: ``python -m integrations.sandbox``.

Written from the vendors' reference alone, and sharing no code with the adapters that talk to it, so that a
misreading in one is not repeated in the other.
"""
