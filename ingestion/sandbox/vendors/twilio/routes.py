"""Twilio's REST API of 2010: calls and incoming phone numbers, behind Basic authentication."""

import base64
import binascii
import hmac
from typing import Any

from fastapi import APIRouter, Depends, Request
from fastapi.responses import Response

from ingestion.sandbox.replies import json_reply
from ingestion.sandbox.store import literal
from ingestion.sandbox.vendors.twilio import credentials
from ingestion.sandbox.vendors.twilio.pages import API, listing, stamp, time_filters
from ingestion.sandbox.vendors.twilio.refusals import error
from ingestion.sandbox.world import World

ACCOUNT = f"{API}/Accounts/{credentials.ACCOUNT_SID}"
LOGINS = {
    credentials.ACCOUNT_SID: credentials.AUTH_TOKEN,
    credentials.API_KEY_SID: credentials.API_KEY_SECRET,
}
SUBRESOURCES = (
    "Notifications", "Recordings", "Payments", "Events", "Siprec", "Streams", "Transcriptions",
)  # fmt: skip


def _check_login(request: Request) -> None:
    scheme, _, encoded = request.headers.get("authorization", "").partition(" ")
    try:
        user, _, password = base64.b64decode(encoded, validate=True).decode().partition(":")
    except (binascii.Error, UnicodeDecodeError):
        user, password = "", ""
    expected = LOGINS.get(user, "")
    known = scheme.lower() == "basic" and expected != ""
    if not known or not hmac.compare_digest(password.encode(), expected.encode()):
        raise error(401, 20003, "Authentication Error - invalid username")
    if request.path_params["account"] != credentials.ACCOUNT_SID:
        raise error(404, 20404, f"The requested resource {request.url.path} was not found")


def twilio_routes(world: World) -> APIRouter:
    router = APIRouter(prefix=API + "/Accounts/{account}", dependencies=[Depends(_check_login)])
    store = world.store

    @router.get("/Calls.json")
    def calls(request: Request) -> Response:
        query = request.query_params
        columns = {
            "To": "to_number",
            "From": "from_number",
            "Status": "status",
            "ParentCallSid": "parent_call_sid",
        }
        where = [
            f"{column} = {literal(query[name])}"
            for name, column in columns.items()
            if query.get(name)
        ]
        where += time_filters(request, "StartTime", "started_at")
        where += time_filters(request, "EndTime", "ended_at")
        return json_reply(
            listing(
                request,
                store,
                path="twilio.calls",
                name="calls",
                order="started_at",
                where=where,
                to_json=_call,
            )
        )

    @router.get("/IncomingPhoneNumbers.json")
    def numbers(request: Request) -> Response:
        query = request.query_params
        columns = {"FriendlyName": "friendly_name", "PhoneNumber": "phone_number"}
        where = [
            f"{column} = {literal(query[name])}"
            for name, column in columns.items()
            if query.get(name)
        ]
        return json_reply(
            listing(
                request,
                store,
                path="twilio.numbers",
                name="incoming_phone_numbers",
                order="created_at",
                where=where,
                to_json=_number,
            )
        )

    @router.get("/Calls/{sid}.json")
    def call(request: Request, sid: str) -> Response:
        return json_reply(_call(_one(request, "twilio.calls", sid)))

    @router.get("/IncomingPhoneNumbers/{sid}.json")
    def number(request: Request, sid: str) -> Response:
        return json_reply(_number(_one(request, "twilio.numbers", sid)))

    def _one(request: Request, path: str, sid: str) -> dict[str, Any]:
        found = store.fetch(
            f"select * from {store.current(path)} where sid = {literal(sid)} and not is_removed"
        ).to_dicts()
        if not found:
            resource = API + request.url.path.partition(API)[2]
            raise error(404, 20404, f"The requested resource {resource} was not found")
        return found[0]

    return router


def _formatted(number: str) -> str:
    """North American numbers as people write them, others as they are."""
    if number.startswith("+1") and len(number) == 12:
        return f"({number[2:5]}) {number[5:8]}-{number[8:]}"
    return number


def _call(row: dict[str, Any]) -> dict[str, Any]:
    uri = f"{ACCOUNT}/Calls/{row['sid']}"
    return {
        "sid": row["sid"],
        "account_sid": credentials.ACCOUNT_SID,
        "annotation": None,
        "answered_by": row["answered_by"],
        "api_version": "2010-04-01",
        "caller_name": None,
        "date_created": stamp(row["started_at"]),
        "date_updated": stamp(row["updated_at"]),
        "direction": row["direction"],
        "duration": None if row["seconds"] is None else str(row["seconds"]),
        "end_time": stamp(row["ended_at"]),
        "forwarded_from": None,
        "from": row["from_number"],
        "from_formatted": _formatted(row["from_number"]),
        "group_sid": None,
        "parent_call_sid": row["parent_call_sid"],
        "phone_number_sid": row["phone_number_sid"],
        "price": None if row["price"] is None else f"-{row['price']:.5f}",
        "price_unit": "USD",
        "queue_time": "0",
        "start_time": stamp(row["started_at"]),
        "status": row["status"],
        "subresource_uris": {name.lower(): f"{uri}/{name}.json" for name in SUBRESOURCES},
        "to": row["to_number"],
        "to_formatted": _formatted(row["to_number"]),
        "trunk_sid": None,
        "uri": f"{uri}.json",
    }


def _number(row: dict[str, Any]) -> dict[str, Any]:
    nothing = (
        "address_sid", "bundle_sid", "emergency_address_sid", "identity_sid", "trunk_sid",
    )  # fmt: skip
    empty = (
        "sms_application_sid", "sms_fallback_url", "sms_url", "status_callback",
        "voice_application_sid", "voice_fallback_url", "voice_url",
    )  # fmt: skip
    methods = (
        "sms_fallback_method", "sms_method", "status_callback_method", "voice_fallback_method",
        "voice_method",
    )  # fmt: skip
    return {
        "sid": row["sid"],
        "account_sid": credentials.ACCOUNT_SID,
        "address_requirements": "none",
        "api_version": "2010-04-01",
        "beta": False,
        "capabilities": {"voice": True, "sms": True, "mms": False, "fax": False},
        "date_created": stamp(row["created_at"]),
        "date_updated": stamp(row["updated_at"]),
        "emergency_address_status": "unregistered",
        "emergency_status": "Inactive",
        "friendly_name": row["friendly_name"],
        "origin": "twilio",
        "phone_number": row["phone_number"],
        "status": "in-use",
        "type": "local",
        "uri": f"{ACCOUNT}/IncomingPhoneNumbers/{row['sid']}.json",
        "voice_caller_id_lookup": False,
        "voice_receive_mode": "voice",
        **dict.fromkeys(nothing),
        **dict.fromkeys(empty, ""),
        **dict.fromkeys(methods, "POST"),
    }
