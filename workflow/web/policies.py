"""Who may call what: one row a route and method. A route that stands nowhere here answers 403 and fails a test.

This is the outer wall only. What somebody may see and do in a case is decided further in, by the one view and the law
book; nothing here lets anybody through that they refuse.
"""

from __future__ import annotations

from fastapi import Request

from states.roles import HUMAN_ROLES, Role
from workflow.cases.redaction import MASKERS
from workflow.cases.region_trail import OVERSEERS
from workflow.duties.register import KEEPERS
from workflow.errors import FieldError, Forbidden, InvalidForm, NotFound
from workflow.web.base import SEES_LADDERS, viewer_of

#: Nobody has to be signed in; anybody with an account; or the roles of which one is needed.
PUBLIC: frozenset[str] = frozenset({"*"})
SIGNED_IN: frozenset[str] = frozenset()
ADMINISTRATION: frozenset[str] = frozenset({Role.ADMINISTRATOR})
LEADING: frozenset[str] = frozenset({Role.ADMINISTRATOR, Role.HEAD_OF_PROCUREMENT})
#: Who oversees the region: they also read its registers of people and access.
OVERSEEING: frozenset[str] = OVERSEERS
#: Who may enter cases from a list: what an import does is their step.
ENTERING: frozenset[str] = frozenset({Role.PROCUREMENT_OFFICER, Role.HEAD_OF_PROCUREMENT})
#: Who keeps the annual calendar of their organisation.
KEEPING_THE_YEAR: frozenset[str] = frozenset(KEEPERS)
#: Who may mask a field of the trail for good.
MASKING: frozenset[str] = MASKERS
#: Everybody but those whose role only reads.
WORKING: frozenset[str] = frozenset(HUMAN_ROLES) - {Role.AUDIT_REVIEWER}
#: Who sees ladders side by side; the contract's people those of their units and their own.
COMPARING: frozenset[str] = frozenset(SEES_LADDERS)

POLICIES: dict[str, frozenset[str]] = {
    # The process itself
    "GET /healthz": PUBLIC,
    "GET /readyz": PUBLIC,
    "GET /metrics": PUBLIC,
    # In and out
    "GET /sign-in": PUBLIC,
    "POST /sign-in": PUBLIC,
    "POST /sign-in/demo": PUBLIC,
    "GET /sign-in/provider": PUBLIC,
    "GET /sign-in/provider/callback": PUBLIC,
    "POST /sign-in/provider/logout": PUBLIC,
    "GET /confirm/{form_id}": SIGNED_IN,
    "POST /confirm/{form_id}": SIGNED_IN,
    "POST /sign-out": PUBLIC,
    "GET /help": PUBLIC,
    "GET /accessibility": PUBLIC,
    "POST /accessibility": SIGNED_IN,
    # Behind its secret address: a calendar program cannot sign in
    "GET /calendar/{name}": PUBLIC,
    # Pages
    "GET /": SIGNED_IN,
    "GET /my-tasks": SIGNED_IN,
    "GET /search": SIGNED_IN,
    "GET /cases": SIGNED_IN,
    "GET /cases/export": SIGNED_IN,
    "GET /cases/new": WORKING,
    "POST /cases/new": WORKING,
    "GET /cases/{case_id}": SIGNED_IN,
    "GET /cases/{case_id}/do/{trigger}": SIGNED_IN,
    "POST /cases/{case_id}/do/{trigger}": WORKING,
    "GET /cases/{case_id}/done/{trigger}": SIGNED_IN,
    # How far one has seen a case is one's own, also for those who only read.
    "POST /cases/{case_id}/seen": SIGNED_IN,
    "POST /cases/{case_id}/comments": WORKING,
    "GET /cases/{case_id}/question": WORKING,
    "POST /cases/{case_id}/question": WORKING,
    "GET /cases/{case_id}/correct": WORKING,
    "POST /cases/{case_id}/correct": WORKING,
    "POST /cases/{case_id}/files": WORKING,
    "GET /cases/{case_id}/files/{file_id}": SIGNED_IN,
    "GET /cases/{case_id}/decisions/{decision_id}.docx": SIGNED_IN,
    "GET /cases/{case_id}/letters/{notice_id}.docx": SIGNED_IN,
    "GET /tasks/{task_id}/hand-on": WORKING,
    "POST /tasks/{task_id}/hand-on": WORKING,
    "GET /tasks/{task_id}/snooze": WORKING,
    "POST /tasks/{task_id}/snooze": WORKING,
    # Who may hand over whose duties is looked at further in: a manager those of the unit's people.
    "GET /hand-over": WORKING,
    "POST /hand-over": WORKING,
    "GET /admin/deciders": LEADING,
    "GET /tasks/{task_id}/conflict": WORKING,
    "POST /tasks/{task_id}/conflict": WORKING,
    "GET /tasks/{task_id}/extend": WORKING,
    "POST /tasks/{task_id}/extend": WORKING,
    "GET /contracts": SIGNED_IN,
    "GET /contracts/export": SIGNED_IN,
    "GET /contracts/ahead": SIGNED_IN,
    "GET /contracts/import": ENTERING,
    "POST /contracts/import": ENTERING,
    "GET /procurements/import": ENTERING,
    "POST /procurements/import": ENTERING,
    # A ladder to whoever may see its case; all of them to those who lead, decide, follow up or review.
    "GET /cases/{case_id}/ladder": SIGNED_IN,
    "GET /cases/{case_id}/fine": SIGNED_IN,
    "GET /contracts/{case_id}/deviations/new": WORKING,
    "POST /contracts/{case_id}/deviations/new": WORKING,
    "GET /ladders": COMPARING,
    "GET /ladders/export": COMPARING,
    "GET /ladders/fines": COMPARING,
    "GET /ladders/alike": COMPARING,
    # What would happen if nobody did anything: of a case to whoever may see it, of a region to those who lead it.
    "GET /cases/{case_id}/ahead": SIGNED_IN,
    "GET /ahead": LEADING,
    "POST /ahead": LEADING,
    "GET /year": SIGNED_IN,
    "POST /year/standard": KEEPING_THE_YEAR,
    "POST /year/duties": KEEPING_THE_YEAR,
    "POST /year/duties/{recurring_id}/end": KEEPING_THE_YEAR,
    "POST /year/duties/{recurring_id}/share": KEEPING_THE_YEAR,
    "GET /suppliers": SIGNED_IN,
    "GET /suppliers/{supplier_id}": SIGNED_IN,
    "GET /processes": SIGNED_IN,
    "GET /processes/triggers": SIGNED_IN,
    "GET /processes/{process}/{version}": SIGNED_IN,
    "GET /processes/{process}/{version}/json": SIGNED_IN,
    "GET /reports/delegated-decisions": SIGNED_IN,
    "POST /reports/delegated-decisions": SIGNED_IN,
    "GET /trail": SIGNED_IN,
    "POST /trail": OVERSEEING,
    "GET /trail/{stream_id}/{seq}": SIGNED_IN,
    "GET /trail/{stream_id}/{seq}/json": SIGNED_IN,
    "GET /trail/{stream_id}/{seq}/mask/{name}": MASKING,
    "POST /trail/{stream_id}/{seq}/mask/{name}": MASKING,
    # Whose mails one sees is looked at further in: the region's for those who oversee it, else one's own.
    "GET /mails": SIGNED_IN,
    "GET /mails/export": SIGNED_IN,
    "GET /mails/forecast": SIGNED_IN,
    "GET /mails/{mail_id}": SIGNED_IN,
    "GET /mail-matters/{matter_id}": WORKING,
    "POST /mail-matters/{matter_id}": WORKING,
    "GET /operations": LEADING,
    "POST /operations/holds/{hold_id}/release": ADMINISTRATION,
    "POST /operations/mails/{message_id}/retry": LEADING,
    "POST /operations/timers/{timer_id}/retry": LEADING,
    "POST /operations/moves/{change_id}/{case_id}/retry": LEADING,
    # The delegation order, the units and what applies are open to everybody in the region; changing them is not.
    "GET /admin/people": OVERSEEING,
    "POST /admin/people": ADMINISTRATION,
    "GET /admin/people/{person_id}": OVERSEEING,
    "POST /admin/people/{person_id}/disable": ADMINISTRATION,
    "POST /admin/people/{person_id}/password": ADMINISTRATION,
    "POST /admin/people/{person_id}/roles": ADMINISTRATION,
    "POST /admin/people/{person_id}/roles/{assignment_id}/end": ADMINISTRATION,
    "POST /admin/people/{person_id}/number": ADMINISTRATION,
    "GET /admin/identities": OVERSEEING,
    "POST /admin/identities/{identity_id}/bind": ADMINISTRATION,
    "POST /admin/identities/{identity_id}/unbind": ADMINISTRATION,
    "GET /admin/units": SIGNED_IN,
    "POST /admin/units": ADMINISTRATION,
    "GET /admin/units/{unit_id}": SIGNED_IN,
    "POST /admin/units/{unit_id}": ADMINISTRATION,
    "GET /admin/mandates": SIGNED_IN,
    "POST /admin/mandates": ADMINISTRATION,
    "POST /admin/mandates/{mandate_id}/end": ADMINISTRATION,
    "GET /admin/substitutes": SIGNED_IN,
    "POST /admin/substitutes": ADMINISTRATION,
    "POST /admin/substitutes/{row_id}/end": ADMINISTRATION,
    "POST /admin/absences/{absence_id}/end": ADMINISTRATION,
    "GET /admin/parameters": SIGNED_IN,
    "GET /admin/parameters/{name}": SIGNED_IN,
    "POST /admin/parameters/{name}": LEADING,
    "GET /admin/parameters/changes/{change_id}": SIGNED_IN,
    "POST /admin/parameters/changes/{change_id}/release": LEADING,
    "POST /admin/parameters/changes/{change_id}/reject": LEADING,
    "GET /admin/letters": SIGNED_IN,
    "GET /admin/letters/{kind}/{locale}": SIGNED_IN,
    "POST /admin/letters/{kind}/{locale}": LEADING,
    "GET /admin/letters/texts/{text_id}": SIGNED_IN,
    "POST /admin/letters/texts/{text_id}/release": LEADING,
    "POST /admin/letters/texts/{text_id}/reject": LEADING,
    "GET /admin/letterheads": SIGNED_IN,
    "POST /admin/letterheads": LEADING,
    "GET /admin/letterheads/{head_id}": SIGNED_IN,
    "POST /admin/letterheads/{head_id}/release": LEADING,
    "POST /admin/letterheads/{head_id}/reject": LEADING,
    "GET /admin/closing-days": SIGNED_IN,
    "POST /admin/closing-days": LEADING,
    "POST /admin/closing-days/{day_id}/withdraw": LEADING,
    "GET /me": SIGNED_IN,
    "POST /me/language": SIGNED_IN,
    "POST /me/substitute": SIGNED_IN,
    "POST /me/absence": SIGNED_IN,
    "POST /me/substitutes/{row_id}/end": SIGNED_IN,
    "POST /me/absences/{absence_id}/end": SIGNED_IN,
    "POST /me/mail": SIGNED_IN,
    # A list of one's own: others' views answer as if they were not there.
    "POST /me/views": SIGNED_IN,
    "POST /me/views/{view_id}": SIGNED_IN,
    "POST /me/views/{view_id}/delete": SIGNED_IN,
    "POST /me/calendar": SIGNED_IN,
    "POST /me/calendar/revoke": SIGNED_IN,
    "POST /me/tokens": SIGNED_IN,
    "POST /me/tokens/revoke": SIGNED_IN,
    "POST /contracts/{case_id}/procure-again": WORKING,
    "GET /plan": SIGNED_IN,
    "GET /plan/new": WORKING,
    "POST /plan/new": WORKING,
    "POST /plan/entries/{entry_id}/withdraw": WORKING,
    "GET /plan/versions": SIGNED_IN,
    "POST /plan/versions": frozenset({Role.HEAD_OF_PROCUREMENT}),
    "GET /plan/versions/{version_id}": SIGNED_IN,
    "POST /plan/versions/{version_id}/publish": frozenset({Role.HEAD_OF_PROCUREMENT}),
    "POST /plan/versions/{version_id}/unpublish": frozenset({Role.HEAD_OF_PROCUREMENT}),
    # Only what a region has published by a recorded act; for every other region as if the page were not there.
    "GET /coming/{region}": PUBLIC,
    "GET /coming/{region}.csv": PUBLIC,
    "GET /coming/{region}.json": PUBLIC,
    # API
    "GET /api/v1/": PUBLIC,
    "GET /api/v1/openapi.json": PUBLIC,
    "GET /api/v1/processes": SIGNED_IN,
    "GET /api/v1/processes/{process}/{version}": SIGNED_IN,
    "GET /api/v1/cases": SIGNED_IN,
    "POST /api/v1/cases": WORKING,
    "GET /api/v1/cases/{case_id}": SIGNED_IN,
    "GET /api/v1/cases/{case_id}/actions": SIGNED_IN,
    "POST /api/v1/cases/{case_id}/actions/{trigger}": SIGNED_IN,
    "POST /api/v1/cases/{case_id}/correct": WORKING,
    "GET /api/v1/people": SIGNED_IN,
    "GET /api/v1/units": SIGNED_IN,
    "GET /api/v1/cases/{case_id}/events": SIGNED_IN,
    "POST /api/v1/cases/{case_id}/events/{seq}/fields/{name}/redact": SIGNED_IN,
    "GET /api/v1/cases/{case_id}/preview": SIGNED_IN,
    "GET /api/v1/preview": LEADING,
    "POST /api/v1/cases/{case_id}/seen": SIGNED_IN,
    "GET /api/v1/cases/{case_id}/timers": SIGNED_IN,
    "GET /api/v1/cases/{case_id}/tasks": SIGNED_IN,
    "GET /api/v1/cases/{case_id}/comments": SIGNED_IN,
    "POST /api/v1/cases/{case_id}/comments": SIGNED_IN,
    "GET /api/v1/cases/{case_id}/files": SIGNED_IN,
    "POST /api/v1/cases/{case_id}/files": SIGNED_IN,
    "GET /api/v1/cases/{case_id}/files/{file_id}/content": SIGNED_IN,
    "GET /api/v1/tasks": SIGNED_IN,
    "POST /api/v1/tasks/{task_id}/hand-on": SIGNED_IN,
    "POST /api/v1/tasks/{task_id}/conflict": SIGNED_IN,
    "POST /api/v1/tasks/{task_id}/extend": SIGNED_IN,
    "POST /api/v1/tasks/{task_id}/snooze": SIGNED_IN,
    "GET /api/v1/me/mail": SIGNED_IN,
    "POST /api/v1/me/mail": SIGNED_IN,
    "POST /api/v1/me/absence": SIGNED_IN,
    "GET /api/v1/absences": SIGNED_IN,
    "POST /api/v1/absences/{absence_id}/end": SIGNED_IN,
    "POST /api/v1/substitutes/{row_id}/end": SIGNED_IN,
    "GET /api/v1/hand-over": WORKING,
    "POST /api/v1/hand-over": WORKING,
    "GET /api/v1/deciders/gaps": SIGNED_IN,
    "GET /api/v1/me/views": SIGNED_IN,
    "POST /api/v1/me/views": SIGNED_IN,
    "POST /api/v1/me/views/{view_id}": SIGNED_IN,
    "DELETE /api/v1/me/views/{view_id}": SIGNED_IN,
    "POST /api/v1/me/calendar": SIGNED_IN,
    "DELETE /api/v1/me/calendar": SIGNED_IN,
    "GET /api/v1/duties": SIGNED_IN,
    "GET /api/v1/contracts": SIGNED_IN,
    "GET /api/v1/operations": LEADING,
    "GET /api/v1/mails": SIGNED_IN,
    "GET /api/v1/mails/forecast": SIGNED_IN,
    "GET /api/v1/cases/{case_id}/mails": SIGNED_IN,
    "GET /api/v1/mail-matters": SIGNED_IN,
    "POST /api/v1/mail-matters/{matter_id}/settle": WORKING,
    "GET /api/v1/suppliers": SIGNED_IN,
    "GET /api/v1/suppliers/{supplier_id}": SIGNED_IN,
    "GET /api/v1/plan": SIGNED_IN,
    "POST /api/v1/plan/entries": SIGNED_IN,
    "POST /api/v1/plan/entries/{entry_id}/withdraw": SIGNED_IN,
    "GET /api/v1/plan/versions": SIGNED_IN,
    "POST /api/v1/plan/versions": SIGNED_IN,
    "GET /api/v1/plan/versions/{version_id}": SIGNED_IN,
    "POST /api/v1/plan/versions/{version_id}/publish": SIGNED_IN,
    "POST /api/v1/plan/versions/{version_id}/unpublish": SIGNED_IN,
    "GET /api/v1/parameters": SIGNED_IN,
    "POST /api/v1/parameters": SIGNED_IN,
    "GET /api/v1/parameters/changes": SIGNED_IN,
    "GET /api/v1/parameters/changes/{change_id}": SIGNED_IN,
    "POST /api/v1/parameters/changes/{change_id}/release": SIGNED_IN,
    "POST /api/v1/parameters/changes/{change_id}/reject": SIGNED_IN,
    "GET /api/v1/cases/{case_id}/letters": SIGNED_IN,
    "GET /api/v1/cases/{case_id}/letters/{notice_id}/content": SIGNED_IN,
    "GET /api/v1/letters": SIGNED_IN,
    "POST /api/v1/letters": SIGNED_IN,
    "GET /api/v1/letters/texts": SIGNED_IN,
    "GET /api/v1/letters/texts/{text_id}/preview": SIGNED_IN,
    "POST /api/v1/letters/texts/{text_id}/release": SIGNED_IN,
    "POST /api/v1/letters/texts/{text_id}/reject": SIGNED_IN,
    "GET /api/v1/letterheads": SIGNED_IN,
    "POST /api/v1/letterheads": SIGNED_IN,
    "POST /api/v1/letterheads/{head_id}/release": SIGNED_IN,
    "POST /api/v1/letterheads/{head_id}/reject": SIGNED_IN,
    "GET /api/v1/closing-days": SIGNED_IN,
    "POST /api/v1/closing-days": SIGNED_IN,
    "POST /api/v1/closing-days/{day_id}/withdraw": SIGNED_IN,
    "GET /api/v1/triggers": SIGNED_IN,
    "GET /api/v1/cases/{case_id}/ladder": SIGNED_IN,
    "GET /api/v1/cases/{case_id}/fine-weeks": SIGNED_IN,
    "GET /api/v1/cases/{case_id}/terms": SIGNED_IN,
    "GET /api/v1/fine-weeks": COMPARING,
    "GET /api/v1/call-off-stops": SIGNED_IN,
    "GET /api/v1/ladders": COMPARING,
    "GET /api/v1/ladders/alike": COMPARING,
}


def policy_of(method: str, path: str) -> frozenset[str] | None:
    """The policy of a route by its template; HEAD goes with GET. None: nobody has said who may."""
    return POLICIES.get(f"{'GET' if method == 'HEAD' else method} {path}")


def admit(request: Request) -> None:
    """Runs before every handler. Raises SignInNeeded, or Forbidden for the wrong role and for a route without policy."""
    if "\x00" in str(request.scope["path"]):
        raise NotFound
    faults = [FieldError(name, "field_invalid") for name, value in request.query_params.items() if "\x00" in value]
    if faults:  # no database takes this sign, and nobody types it
        raise InvalidForm(faults)
    policy = policy_of(request.method, getattr(request.scope.get("route"), "path", ""))
    if policy is None:
        raise Forbidden("no_policy")
    if policy is PUBLIC:
        return
    viewer = viewer_of(request)
    if policy and not (policy & viewer.roles):
        raise Forbidden
