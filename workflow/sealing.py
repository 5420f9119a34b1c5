"""What leaves our hands for a while, sealed: nobody else can read or change it, and it loses its worth with time.

The key comes of the installation's secret. Without one each process has its own: what one node sealed, another cannot
open, and nothing outlives a restart. `doctor --deploy` asks for a secret.
"""

from __future__ import annotations

import base64
import hashlib
import secrets
from datetime import datetime, timedelta

from cryptography.fernet import Fernet, InvalidToken

from workflow.config import Settings

_OWN = secrets.token_hex(32)


def _seal_of(settings: Settings, purpose: str) -> Fernet:
    """A key of its own for each purpose, so that what was sealed for one opens nothing of another."""
    text = settings.secret_key
    if settings.secret_key_file is not None:
        text = settings.secret_key_file.read_text().strip()
    key = hashlib.sha256(f"{purpose}\0{text or _OWN}".encode()).digest()
    return Fernet(base64.urlsafe_b64encode(key))


def seal(settings: Settings, purpose: str, text: str, now: datetime) -> str:
    """`text` sealed at this instant."""
    return _seal_of(settings, purpose).encrypt_at_time(text.encode(), int(now.timestamp())).decode()


def unsealed(settings: Settings, purpose: str, sealed: str, now: datetime, life: timedelta) -> str | None:
    """What was sealed for this purpose at most `life` ago; None for anything else."""
    try:
        read = _seal_of(settings, purpose).decrypt_at_time(
            sealed.encode(), ttl=int(life.total_seconds()), current_time=int(now.timestamp())
        )
    except (InvalidToken, UnicodeError):
        return None
    return read.decode()
