"""Passwords and keys of this data directory, made at random at the first start.

They lie in `secrets.toml` (mode 600) and nowhere else: not in code, logs or command lines.
"""

import os
import secrets
import tempfile
import tomllib
from dataclasses import dataclass, field
from pathlib import Path

from orchestration.errors import RevlakeError

WHOSE_READABLE = 0o077


class SecretsError(RevlakeError):
    """secrets.toml cannot be used; the message says why and what to do."""


@dataclass(frozen=True)
class Secrets:
    superset_secret_key: str = field(repr=False)
    superset_admin_password: str = field(repr=False)
    # One password for each demo login, by role.
    login_passwords: dict[str, str] = field(repr=False)


def load_or_create(file: Path, *, roles: tuple[str, ...]) -> Secrets:
    """Read the secrets, made first if there are none; two starters end with the same ones."""
    if not file.exists():
        _create(file, roles=roles)
    return load(file)


def load(file: Path) -> Secrets:
    """Read the secrets; raises SecretsError when other users could read them, too."""
    mode = file.stat().st_mode
    if mode & WHOSE_READABLE:
        raise SecretsError(
            f"{file} is open to other users (mode {mode & 0o777:o}): chmod 600 {file}"
        )
    try:
        content = tomllib.loads(file.read_text(encoding="utf-8"))
        superset = content["superset"]
        return Secrets(
            superset_secret_key=superset["secret_key"],
            superset_admin_password=superset["admin_password"],
            login_passwords=dict(content["logins"]),
        )
    except (tomllib.TOMLDecodeError, KeyError) as error:
        raise SecretsError(
            f"{file} is damaged ({error}). Restore it from a backup; deleting it makes new "
            "passwords, and Superset's own database must then be made anew as well."
        ) from error


def _create(file: Path, *, roles: tuple[str, ...]) -> None:
    lines = [
        "# Made at random at the first start. Keep it: Superset's database is sealed with the key.",
        "[superset]",
        f'secret_key = "{secrets.token_urlsafe(48)}"',
        f'admin_password = "{secrets.token_urlsafe(15)}"',
        "",
        "[logins]",
        *(f'{role} = "{secrets.token_urlsafe(12)}"' for role in roles),
        "",
    ]
    file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    descriptor, name = tempfile.mkstemp(dir=file.parent, prefix=".secrets-")  # mode 600
    with os.fdopen(descriptor, "w", encoding="utf-8") as stream:
        stream.write("\n".join(lines))
    try:
        os.link(name, file)
    except FileExistsError:
        pass  # another starter was first, and its secrets count
    finally:
        Path(name).unlink()
