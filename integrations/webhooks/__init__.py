"""News from outside: proven, kept, and understood later (architecture, section 4)."""
