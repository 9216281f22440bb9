from allauth.mfa.webauthn.views import login_webauthn
from allauth.socialaccount.views import login_cancelled, login_error
from django.contrib.auth.decorators import login_not_required
from django.urls import include, path

from clienteling.accounts import closed
from clienteling.views import audit, lock, people, second_factor

urlpatterns = [
    path("webhooks/", include("integrations.webhooks.urls")),  # first: nothing is asked for as often
    path("api/v1/", include("integrations.api.urls")),
    # A passkey instead of a password: asked for by somebody who is not logged in yet.
    path("account/2fa/webauthn/login/", login_not_required(login_webauthn), name="mfa_login_webauthn"),
    path("account/2fa/", include("allauth.mfa.urls")),
    path("account/single-sign-on/cancelled/", login_cancelled, name="socialaccount_login_cancelled"),
    path("account/single-sign-on/error/", login_error, name="socialaccount_login_error"),
    path("account/", include("allauth.socialaccount.providers.openid_connect.urls")),
    path("account/second-factor/", second_factor.needed, name="second-factor"),
    path("account/sessions/", include("allauth.usersessions.urls")),
    path("account/email/", closed, name="account_email"),
    path("account/", include("allauth.account.urls")),
    path("lock/", lock.lock, name="lock"),
    path("locked/", lock.locked, name="locked"),
    path("locked/switch/", lock.switch, name="switch-person"),
    path("people/", people.accounts, name="people"),
    path("people/without-account/", people.without_account, name="people-without"),
    path("people/invite/", people.invite, name="people-invite"),
    path("people/<int:pk>/", people.person, name="person"),
    path("people/<int:pk>/marks/", people.marks, name="person-marks"),
    path("people/<int:pk>/sessions/", people.end_sessions, name="person-sessions"),
    path("people/<int:pk>/factors/", people.forget_factors, name="person-factors"),
    path("people/<int:pk>/close/", people.close, name="person-close"),
    path("people/<int:pk>/open/", people.reopen, name="person-open"),
    path("people/places/<int:pk>/", people.place, name="place"),
    path("people/places/<int:pk>/role/", people.role, name="place-role"),
    path("people/places/<int:pk>/invite/", people.invite_to_place, name="place-invite"),
    path("join/<str:token>/", people.join, name="join"),
    path("audit/", audit.page, name="audit"),
    path("audit/export/", audit.export, name="audit-export"),
    path("", include("bookings.urls")),
    path("connections/", include("integrations.urls")),
    path("reports/", include("integrations.reports.urls")),
    path("record/", include("integrations.record_urls")),
]
