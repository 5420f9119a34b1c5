"""What would happen if nobody did anything: the real engine on a copy of one region, with a clock that is moved."""

from __future__ import annotations

from workflow.preview.ahead import LONGEST_MONTHS, mail_of, preview
from workflow.preview.result import Happening, Mail, Preview, Unheeded

__all__ = ["LONGEST_MONTHS", "Happening", "Mail", "Preview", "Unheeded", "mail_of", "preview"]
