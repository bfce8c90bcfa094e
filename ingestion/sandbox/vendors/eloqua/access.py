"""The login host, which tells where an account lives, and the check of Basic credentials there."""

import base64
import binascii
import hmac

from fastapi import APIRouter, Request
from fastapi.responses import Response

from ingestion.sandbox.replies import json_reply
from ingestion.sandbox.vendors.eloqua import credentials
from ingestion.sandbox.vendors.eloqua.refusals import login_required

# The data centre of the account; the others do not know it.
POD = "p06"
SITE_ID = 1942
USER_ID = 71


def is_known(authorization: str | None) -> bool:
    """Whether a header has the credentials `Company\\User:password`."""
    kind, _, encoded = (authorization or "").partition(" ")
    try:
        given = base64.b64decode(encoded, validate=True)
    except binascii.Error:
        return False
    login = f"{credentials.COMPANY}\\{credentials.USERNAME}:{credentials.PASSWORD}"
    return kind.lower() == "basic" and hmac.compare_digest(given, login.encode())


def check_call(request: Request) -> None:
    """Dependency of every data route: the right credentials at the right data centre."""
    if request.path_params["pod"] != POD or not is_known(request.headers.get("authorization")):
        raise login_required()


def login_routes() -> APIRouter:
    router = APIRouter()

    @router.get("/login/id")
    def identity(request: Request) -> Response:
        if not is_known(request.headers.get("authorization")):
            return json_reply("Not authenticated.")
        base = f"{str(request.base_url).rstrip('/')}/eloqua/{POD}"
        return json_reply(
            {
                "site": {"id": SITE_ID, "name": credentials.COMPANY},
                "user": {
                    "id": USER_ID,
                    "username": credentials.USERNAME,
                    "displayName": "Api Reader",
                    "firstName": "Api",
                    "lastName": "Reader",
                    "emailAddress": "api.reader@meridia-cloud.example",
                },
                "urls": {
                    "base": base,
                    "apis": {
                        "soap": {"standard": f"{base}/API/{{version}}/Service.svc"},
                        "rest": {
                            "standard": f"{base}/API/REST/{{version}}/",
                            "bulk": f"{base}/API/Bulk/{{version}}/",
                        },
                    },
                },
            }
        )

    return router
