"""The suppliers the region has contracts with, and one of them."""

from __future__ import annotations

from urllib.parse import urlencode

from fastapi import APIRouter, Depends, Request
from fastapi.responses import Response

from templates.labels import gettext
from workflow.engine.forms import kronor
from workflow.suppliers.queries import list_suppliers, supplier_view
from workflow.web.base import page
from workflow.web.filters import only_known
from workflow.web.pages import words
from workflow.web.pages.visit import visiting

router = APIRouter()


@router.get("/suppliers", dependencies=[Depends(only_known())])
def show_suppliers(request: Request, q: str = "", after: str | None = None) -> Response:
    with visiting(request) as visit:
        found = list_suppliers(visit.uow, visit.who, q=q.strip() or None, after=after)
        kept = {"q": q.strip()} if q.strip() else {}
        context = {
            "q": q.strip(),
            "rows": found.items,
            "next_href": "/suppliers?" + urlencode({**kept, "after": found.next}) if found.next else None,
        }
        return page(request, "pages/suppliers.html", context, title=gettext("Suppliers", visit.locale))


@router.get("/suppliers/{supplier_id}")
def show_supplier(request: Request, supplier_id: str) -> Response:
    with visiting(request) as visit:
        view = supplier_view(visit.uow, visit.who, supplier_id)
        context = {
            "view": view,
            "contracts": [
                {
                    "item": c,
                    "state": words.state_text("contract", c.state, visit.locale),
                    "value": kronor(c.value_ore),
                    "ended": c.last_end_on is not None and c.last_end_on < visit.today,
                }
                for c in view.contracts
            ],
            "awards": [{"item": a, "value": kronor(a.value_ore)} for a in view.awards],
        }
        return page(request, "pages/supplier.html", context, title=view.supplier.name)
