"""Which modules a partner key may see, and how a listing is narrowed to one external id (sections 2 and 6)."""

from werkzeug.datastructures import MultiDict

from integrations.sandbox.booxi.assumptions import MODULES
from integrations.sandbox.http import Refusal
from integrations.sandbox.reading import bad, query_text

CONDITION = (
    "{kind}.id IN (SELECT owner_id FROM module_link"
    " WHERE owner_kind = :kind AND module_id = :moduleId AND external_id = :externalId)"
)


def require_module(module_id: str) -> None:
    """403 for a module the key is not authorized for."""
    if module_id not in MODULES:
        raise Refusal(403, "The API key is not authorized for this module.")


def asked_link(args: MultiDict[str, str]) -> dict[str, str] | None:
    """`moduleId` and `externalId` when the query has them; 400 when it has only one."""
    module_id, external_id = query_text(args, "moduleId"), query_text(args, "externalId")
    if not module_id and not external_id:
        return None
    if not module_id or not external_id:
        bad("moduleId and externalId go together.")
    require_module(module_id)
    return {"moduleId": module_id, "externalId": external_id}
