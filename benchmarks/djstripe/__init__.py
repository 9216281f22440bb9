"""The smallest project that dj-stripe's webhook view runs in. It has an environment of its own and shares no code."""
