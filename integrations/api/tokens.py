"""Who asks: another system, by its token. No session, no cookie, no person."""

from __future__ import annotations

from django.utils import timezone
from drf_spectacular.extensions import OpenApiAuthenticationExtension
from rest_framework.authentication import BaseAuthentication
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.request import Request

from clienteling.models import ApiToken
from clienteling.models.tokens import digest_of
from clienteling.permissions import System
from integrations.api.throttles import note_wrong

LONGEST = 200  # characters; ours have 54


class BearerToken(BaseAuthentication):
    """`Authorization: Bearer clt_...`."""

    def authenticate(self, request: Request) -> tuple[System, ApiToken]:
        scheme, _space, said = request.headers.get("Authorization", "").partition(" ")
        if scheme.lower() != "bearer" or not said.strip():
            raise AuthenticationFailed("Send a token: Authorization: Bearer ...", code="no_token")
        now = timezone.now()
        token = ApiToken.objects.good(now).filter(digest=digest_of(said.strip()[:LONGEST])).first()
        if token is None:
            note_wrong(request)
            raise AuthenticationFailed("This token is not known, has expired or was revoked.", code="wrong_token")
        token.note_use(now)
        return token.as_system(), token

    def authenticate_header(self, request: Request) -> str:
        return "Bearer"


class BearerTokenInWords(OpenApiAuthenticationExtension):
    target_class = BearerToken
    name = "token"

    def get_security_definition(self, auto_schema: object) -> dict[str, str]:
        return {"type": "http", "scheme": "bearer", "description": "A token that head office has made."}
