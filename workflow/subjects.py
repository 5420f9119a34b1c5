"""All subjects, imported once: each registers its forms, facts, effects and handlers with the engine."""

from __future__ import annotations

import workflow.cases.deadline_check
import workflow.cases.deciders
import workflow.cases.effects
import workflow.cases.extensions
import workflow.cases.forms
import workflow.cases.hand_over
import workflow.cases.handlers
import workflow.cases.redaction
import workflow.cases.saved_views
import workflow.cases.secret_reads
import workflow.cases.snooze
import workflow.cases.visits
import workflow.comments.handlers
import workflow.contracts.effects
import workflow.contracts.forms
import workflow.contracts.renewal
import workflow.deviations.effects
import workflow.deviations.facts
import workflow.deviations.forms
import workflow.deviations.notices
import workflow.deviations.plan_effects
import workflow.deviations.sanction_effects
import workflow.duties.effects
import workflow.duties.forms
import workflow.duties.register
import workflow.engine.delivery
import workflow.engine.opening
import workflow.engine.operations
import workflow.engine.restored
import workflow.engine.timers
import workflow.files.handlers
import workflow.files.scan
import workflow.letters.letterheads
import workflow.letters.texts
import workflow.mails.handlers
import workflow.parameters.closing_days
import workflow.parameters.handlers
import workflow.parameters.running
import workflow.people.absence
import workflow.people.accounts
import workflow.people.identities
import workflow.people.kept_forms
import workflow.people.mandates
import workflow.people.organisation
import workflow.planning.durations
import workflow.planning.handlers
import workflow.procurements.award_effects
import workflow.procurements.effects
import workflow.procurements.facts
import workflow.procurements.forms
import workflow.requirements.effects
import workflow.requirements.forms
import workflow.targets.effects
import workflow.targets.forms  # noqa: F401
