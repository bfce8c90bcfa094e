"""Superset's configuration, read by Superset itself from `PYTHONPATH`.

The only file of the server that reads the environment: SUPERSET_SECRET_KEY, REVLAKE_SUPERSET_HOME,
REVLAKE_SERVING_DIR and REVLAKE_SUPERSET_PORT, optionally REVLAKE_SUPERSET_METADATA_URL,
REVLAKE_SUPERSET_REDIS_URL and REVLAKE_SUPERSET_PUBLIC_URL. `semantic.superset_server` sets them.
"""

import os
from datetime import timedelta
from pathlib import Path
from typing import Any

import superset.config as stock
from flask import Blueprint
from revlake_security import RevlakeSecurityManager
from revlake_serving import lock_duckdb
from revlake_sessions import keep_sign_ins
from revlake_theme import categorical_schemes, sequential_schemes, theme

HOME = Path(os.environ["REVLAKE_SUPERSET_HOME"])
REVLAKE_SERVING_DIR = os.environ["REVLAKE_SERVING_DIR"]
REDIS_URL = os.environ.get("REVLAKE_SUPERSET_REDIS_URL", "")
PUBLIC_URL = os.environ.get("REVLAKE_SUPERSET_PUBLIC_URL", "")
PORT = int(os.environ.get("REVLAKE_SUPERSET_PORT", "8088"))

# Metadata
SECRET_KEY = os.environ["SUPERSET_SECRET_KEY"]
SQLALCHEMY_DATABASE_URI = os.environ.get(
    "REVLAKE_SUPERSET_METADATA_URL", f"sqlite:///{HOME / 'superset.db'}"
)
if SQLALCHEMY_DATABASE_URI.startswith("sqlite"):
    SQLALCHEMY_ENGINE_OPTIONS = {"connect_args": {"timeout": 30}}
LOG_LEVEL = "WARNING"
ALEMBIC_SKIP_LOG_CONFIG = True

# The served release: each of the two workers may use a quarter of the machine's memory for it
MEMORY_BYTES = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
DB_CONNECTION_MUTATOR = lock_duckdb(
    Path(REVLAKE_SERVING_DIR),
    threads=max(1, os.cpu_count() or 1),
    memory_limit=f"{MEMORY_BYTES // 4 // 2**20}MiB",
)
CUSTOM_SECURITY_MANAGER = RevlakeSecurityManager
PREVENT_UNSAFE_DB_CONNECTIONS = True


# Caches: data keys carry the publish (see revlake_security), so a day is safe
def _cache(name: str, *, lifetime: timedelta, entries: int) -> dict[str, Any]:
    seconds = int(lifetime.total_seconds())
    if REDIS_URL:
        return {
            "CACHE_TYPE": "RedisCache",
            "CACHE_REDIS_URL": REDIS_URL,
            "CACHE_KEY_PREFIX": f"revlake_{name}_",
            "CACHE_DEFAULT_TIMEOUT": seconds,
        }
    return {
        "CACHE_TYPE": "FileSystemCache",
        "CACHE_DIR": str(HOME / "cache" / name),
        "CACHE_THRESHOLD": entries,
        "CACHE_DEFAULT_TIMEOUT": seconds,
    }


CACHE_CONFIG = _cache("metadata", lifetime=timedelta(days=1), entries=2_000)
DATA_CACHE_CONFIG = _cache("data", lifetime=timedelta(days=1), entries=5_000)
FILTER_STATE_CACHE_CONFIG = {
    **_cache("filter_state", lifetime=timedelta(days=90), entries=10_000),
    "REFRESH_TIMEOUT_ON_RETRIEVAL": True,
}
EXPLORE_FORM_DATA_CACHE_CONFIG = {
    **_cache("explore", lifetime=timedelta(days=7), entries=10_000),
    "REFRESH_TIMEOUT_ON_RETRIEVAL": True,
}
CELERY_CONFIG = None

# Features
FEATURE_FLAGS = {
    "ALERT_REPORTS": False,
    "ALLOW_ADHOC_SUBQUERY": False,
    "DASHBOARD_RBAC": True,
    "DRILL_BY": True,
    "DRILL_TO_DETAIL": True,
    "EMBEDDABLE_CHARTS": False,
    "EMBEDDED_SUPERSET": False,
    # Row rules say current_username(), which is a template
    "ENABLE_TEMPLATE_PROCESSING": True,
    "THUMBNAILS": False,
}
ROW_LIMIT = 10_000
SAMPLES_ROW_LIMIT = 1_000
NATIVE_FILTER_DEFAULT_ROW_LIMIT = 1_000
SQL_MAX_ROW = 100_000
SUPERSET_WEBSERVER_TIMEOUT = 60
SUPERSET_WEBSERVER_PORT = PORT
WELCOME_PAGE_LAST_TAB = "all"

# Security
AUTH_USER_REGISTRATION = False
PUBLIC_ROLE_LIKE = None
FAB_ADD_SECURITY_API = True
FAB_API_SWAGGER_UI = False
RATELIMIT_ENABLED = False
ENABLE_CORS = False
HTML_SANITIZATION = True
WTF_CSRF_ENABLED = True
FLASK_APP_MUTATOR = keep_sign_ins
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_SECURE = PUBLIC_URL.startswith("https://")
ENABLE_PROXY_FIX = bool(PUBLIC_URL)
PERMANENT_SESSION_LIFETIME = timedelta(hours=12)
GUEST_TOKEN_JWT_SECRET = SECRET_KEY
GLOBAL_ASYNC_QUERIES_JWT_SECRET = SECRET_KEY
TALISMAN_ENABLED = True
CONTENT_SECURITY_POLICY_WARNING = False
# No outside host at all: Superset's front end would otherwise call a telemetry pixel
TALISMAN_CONFIG = {
    "content_security_policy": {
        "default-src": ["'self'"],
        "base-uri": ["'self'"],
        "form-action": ["'self'"],
        "frame-ancestors": ["'self'"],
        "object-src": "'none'",
        "img-src": ["'self'", "blob:", "data:"],
        "font-src": ["'self'", "data:"],
        "style-src": ["'self'", "'unsafe-inline'"],
        "connect-src": ["'self'"],
        "worker-src": ["'self'", "blob:"],
        "script-src": ["'self'", "'strict-dynamic'"],
    },
    "content_security_policy_nonce_in": ["script-src"],
    "force_https": False,
    "session_cookie_secure": SESSION_COOKIE_SECURE,
    "referrer_policy": "same-origin",
}
TALISMAN_DEV_CONFIG = TALISMAN_CONFIG

# Looks
APP_NAME = "Revlake"
APP_ICON = "/revlake/logo.svg"
FAVICONS = [{"href": "/revlake/favicon.svg"}]
BLUEPRINTS = [
    Blueprint(
        "revlake",
        "revlake",
        static_folder=str(Path(__file__).parent / "static"),
        static_url_path="/revlake",
    )
]
THEME_DEFAULT = theme(stock.THEME_DEFAULT)
THEME_DARK = None
ENABLE_UI_THEME_ADMINISTRATION = False
EXTRA_CATEGORICAL_COLOR_SCHEMES = categorical_schemes()
EXTRA_SEQUENTIAL_COLOR_SCHEMES = sequential_schemes()
D3_FORMAT = {"decimal": ".", "thousands": ",", "grouping": [3], "currency": ["$", ""]}
CURRENCIES = ["USD", "EUR", "GBP", "AUD", "CAD", "CHF", "JPY", "SGD", "INR", "BRL", "MXN"]
