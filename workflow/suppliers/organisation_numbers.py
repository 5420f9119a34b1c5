"""Swedish organisation numbers: their normal form and their check digit."""

from __future__ import annotations

import re


def luhn_holds(digits: str) -> bool:
    """Whether the last digit is the check digit of the others (ISO/IEC 7812-1, annex B)."""
    doubled = [int(digit) * (2 - place % 2) for place, digit in enumerate(digits)]
    return sum(number // 10 + number % 10 for number in doubled) % 10 == 0


def normal_form(text: str) -> str | None:
    """`NNNNNN-NNNN` of a legal person, or None: not a number, wrong check digit, or a personal identity number.

    In an organisation number the third digit is at least 2; below it the number is a person's (lag 1974:174).
    """
    digits = (
        re.sub(r"[\s-]", "", text).removeprefix("16")
        if len(re.sub(r"\D", "", text)) == 12
        else re.sub(r"[\s-]", "", text)
    )
    if not re.fullmatch(r"\d{10}", digits) or int(digits[2]) < 2 or not luhn_holds(digits):
        return None
    return f"{digits[:6]}-{digits[6:]}"
