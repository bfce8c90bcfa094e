"""What Marketo's answers mean: errors have status 200 and a code in the body."""

import requests

from ingestion.http import Verdict
from ingestion.sources.marketo.settings import RATE_WINDOW_SECONDS

EXPIRED_TOKEN = {"601", "602"}
TRANSIENT = {"502", "604", "608", "611", "713", "1019"}
NOT_ALLOWED = {"603"}
QUEUE_SECONDS = 60.0
# Exports alone have to wait for the next day; other calls go on.
SECONDS_OF_A_DAY = 86_400.0
MEANINGS = {
    "600": "no access token was sent",
    "601": "the credentials are not valid; check the custom service in LaunchPoint",
    "602": "the credentials are not valid any more; check the custom service in LaunchPoint",
    "603": "the credentials lack a permission; see the role of the API user",
    "604": "Marketo took too long",
    "606": "100 calls in 20 seconds were used up, by whatever shares the subscription",
    "607": "the subscription's calls of the day are used up until midnight US Central",
    "608": "the API is closed for a while",
    "610": "there is no such address; check base_url, it ends before /rest",
    "611": "an error inside Marketo",
    "615": "10 calls were running at once, by whatever shares the subscription",
    "1003": "the request does not suit this subscription",
    "1006": "a field is not there, or the API user may not see it",
    "1029": "the queue of exports is full",
    "1035": "this subscription does not allow the filter",
}


def is_error(response: requests.Response) -> bool:
    """Whether the body of a JSON answer says that the call did not succeed."""
    if "json" not in response.headers.get("Content-Type", ""):
        return False
    body = response.json()
    return isinstance(body, dict) and body.get("success", True) is not True


def judge(response: requests.Response) -> Verdict:
    """Reads the first code of an error. Limits come without any header: the waits are known."""
    try:
        body = response.json()
    except requests.exceptions.JSONDecodeError:
        return Verdict()
    errors = body.get("errors") if isinstance(body, dict) else None
    if not isinstance(errors, list) or not errors or not isinstance(errors[0], dict):
        return Verdict()
    code, message = str(errors[0].get("code")), str(errors[0].get("message"))
    meaning = MEANINGS.get(code)
    if code in EXPIRED_TOKEN:
        return Verdict(expired_token=True, meaning=meaning)
    if code in ("606", "615"):
        return Verdict(transient=True, wait_seconds=RATE_WINDOW_SECONDS / 4, meaning=meaning)
    if code == "607":
        return Verdict(day_is_over=True, meaning=meaning)
    if code == "1029" and "quota" in message.lower():
        meaning = "the exported megabytes of the day are used up until midnight US Central"
        return Verdict(transient=True, wait_seconds=SECONDS_OF_A_DAY, meaning=meaning)
    if code == "1029":
        return Verdict(transient=True, wait_seconds=QUEUE_SECONDS, meaning=meaning)
    return Verdict(
        transient=code in TRANSIENT, lacks_permission=code in NOT_ALLOWED, meaning=meaning
    )
