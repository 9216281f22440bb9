"""The app's own settings; only the URLs gain an empty page to compare with."""

from clienteling.settings import *  # noqa: F403

ROOT_URLCONF = "benchmarks.urls"

# People log in by themselves here; the session is all that their second factor would have left.
MFA_REQUIRED = False
