from django.http import HttpRequest

from clienteling.models import User


class StaffRequest(HttpRequest):
    """A request of somebody who is logged in: `LoginRequiredMiddleware` has turned away everybody else."""

    user: User
