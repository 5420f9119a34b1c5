"""One search over cases, contracts and suppliers. Who only left a tender is never found."""

from __future__ import annotations

from fastapi import APIRouter, Depends, Request
from fastapi.responses import Response

from templates.labels import gettext, label
from workflow.cases.queries import CaseFilter, list_cases
from workflow.suppliers.queries import list_suppliers
from workflow.web.base import page
from workflow.web.filters import only_known
from workflow.web.pages import words
from workflow.web.pages.visit import visiting

router = APIRouter()
SHOWN = 30


@router.get("/search", dependencies=[Depends(only_known())])
def search(request: Request, q: str = "") -> Response:
    """Cases by title, reference, registry number or supplier; suppliers by name or organisation number."""
    with visiting(request) as visit:
        q, locale = q.strip()[:200], visit.locale
        found = list_cases(visit.uow, visit.who, CaseFilter(q=q), limit=SHOWN) if q else None
        suppliers = list_suppliers(visit.uow, visit.who, q=q, limit=SHOWN).items if q else []
        context = {
            "q": q,
            "rows": [
                {
                    "case": c,
                    "state": words.state_text(c.process, c.state, locale),
                    "process": label(f"process.{c.process}", locale),
                }
                for c in (found.items if found else [])
            ],
            "more": bool(found and found.next),
            "suppliers": suppliers,
        }
        return page(request, "pages/search.html", context, title=gettext("Search", locale))
