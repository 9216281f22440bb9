"""The tables, the account that events name, and the endpoint they come to. Prints the endpoint's path.

python -m benchmarks.djstripe.prepare SECRET ACCOUNT
"""

import sys

import django
from django.core.management import call_command
from django.urls import reverse


def main(secret: str, account: str) -> None:
    django.setup()
    from djstripe.models import Account, WebhookEndpoint  # noqa: PLC0415 - models can be imported only now

    call_command("migrate", run_syncdb=True, interactive=False, verbosity=0)
    owner = Account.objects.create(id=account, livemode=False)
    endpoint = WebhookEndpoint.objects.create(
        id="we_1", livemode=False, enabled_events=["*"], secret=secret, djstripe_owner_account=owner, status="enabled"
    )
    print(reverse("djstripe:djstripe_webhook_by_uuid", args=[endpoint.djstripe_uuid]))


if __name__ == "__main__":
    main(*sys.argv[1:])
