from django.apps import AppConfig
from django.contrib.auth.signals import user_logged_in

from clienteling import sessions


class ClientelingConfig(AppConfig):
    name = "clienteling"

    def ready(self) -> None:
        """What Django and allauth tell in no other way than by signals."""
        from allauth.mfa import signals  # noqa: PLC0415 - models are not there before

        from clienteling import second_factor  # noqa: PLC0415

        user_logged_in.connect(sessions.begin)
        signals.authenticator_used.connect(second_factor.on_proven)
        signals.authenticator_added.connect(second_factor.on_added)
        signals.authenticator_removed.connect(second_factor.on_removed)
        signals.authentication_failed.connect(second_factor.on_failed)
