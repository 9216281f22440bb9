"""The smallest project that django-appointment's pages run in. It has an environment of its own and shares no code."""
