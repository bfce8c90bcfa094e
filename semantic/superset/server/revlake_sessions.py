"""Keeps a sign-in from being undone by what the sign-in page still sends."""

from flask import Flask, Response, request, session

EVENTS = "/superset/log/"


def keep_sign_ins(app: Flask) -> None:
    """Answers the usage events of nobody before anything is written into their session.

    The sign-in page reports events in the background, as nobody. Superset answers with a session
    cookie of nobody, which replaces that of the person when it arrives after the sign-in's.
    """
    app.before_request_funcs.setdefault(None, []).insert(0, _drop_events_of_nobody)


def _drop_events_of_nobody() -> Response | None:
    if request.path == EVENTS and "_user_id" not in session:
        return Response(status=204)
    return None
