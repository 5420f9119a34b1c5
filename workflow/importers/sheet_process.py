"""Open a workbook in a process of its own: `python sheet_process.py < workbook > sheets.json`.

A crafted workbook of a few kilobytes (one cell in the last row and column) makes the reader ask for half a
terabyte, which ends the process that asked. Here it ends this one, not the server. For the same reason the
file imports nothing of ours: it starts fast and holds no secrets.

Out comes JSON: `{"sheets": [{"name", "rows", "merged"}]}` (rows start at the sheet's first row; merged ranges
are `[[top, left], [bottom, right]]`, counted from 0), or `{"refused": code}`.
"""

from __future__ import annotations

import io
import json
import sys
from datetime import date, datetime
from typing import Any

MEMORY_LIMIT = 2 * 1024**3  # bytes
MAX_CELLS = 5_000_000  # the process that asked must hold them too


def encode(cell: object) -> object:
    """Dates as tagged ISO text; whatever JSON has no form for (durations) as plain text."""
    if isinstance(cell, datetime):
        return {"datetime": cell.isoformat()}
    if isinstance(cell, date):
        return {"date": cell.isoformat()}
    return str(cell)


def sheets(data: bytes, max_rows: int, max_columns: int) -> dict[str, Any]:
    """The visible worksheets of a workbook, or the code of what is wrong with it."""
    from python_calamine import CalamineWorkbook, PasswordError, SheetTypeEnum, SheetVisibleEnum

    try:
        workbook = CalamineWorkbook.from_filelike(io.BytesIO(data))
        found = []
        for about in workbook.sheets_metadata:
            if about.visible != SheetVisibleEnum.Visible or about.typ != SheetTypeEnum.WorkSheet:
                continue
            sheet = workbook.get_sheet_by_name(about.name)
            last_row, last_column = sheet.end or (0, 0)  # counted from 0
            cells = (last_row + 1) * (last_column + 1)
            if last_row >= max_rows or last_column >= max_columns or cells > MAX_CELLS:
                return {"refused": "too_large"}
            rows = sheet.to_python(skip_empty_area=False)
            found.append({"name": about.name, "rows": rows, "merged": sheet.merged_cell_ranges or []})
    except PasswordError:
        return {"refused": "password_protected"}
    except MemoryError:
        return {"refused": "too_large"}
    except Exception:  # whatever a broken file makes the reader raise, it is not a table
        return {"refused": "not_a_table"}
    return {"sheets": found}


def main() -> None:
    try:
        import resource
    except ImportError:  # Windows has no such limit
        pass
    else:
        resource.setrlimit(resource.RLIMIT_AS, (MEMORY_LIMIT, MEMORY_LIMIT))
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    max_rows, max_columns = int(sys.argv[1]), int(sys.argv[2])
    sys.stdout.write(json.dumps(sheets(sys.stdin.buffer.read(), max_rows, max_columns), default=encode))


if __name__ == "__main__":
    main()
