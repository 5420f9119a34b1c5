"""Deviations and the sanction ladder: the contract's blanks, plans, rungs, stops, fines, letters, exclusion material."""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "action_plans",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("region_id", sa.String(), nullable=False),
        sa.Column("case_id", sa.String(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("received_on", sa.Date(), nullable=False),
        sa.Column("cause", sa.String(), nullable=False),
        sa.Column("recorded_by", sa.String(), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("status", sa.String(), nullable=False),
        sa.Column("settled_by", sa.String(), nullable=True),
        sa.Column("settled_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("settled_because", sa.String(), nullable=True),
        sa.CheckConstraint(
            "status IN ('submitted', 'accepted', 'returned', 'replaced', 'failed', 'completed')",
            name=op.f("ck_action_plans_status"),
        ),
        sa.ForeignKeyConstraint(["case_id"], ["cases.id"], name=op.f("fk_action_plans_case_id_cases")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_action_plans")),
        sa.UniqueConstraint("case_id", "version", name=op.f("uq_action_plans_case_id_version")),
    )
    op.create_index(op.f("ix_action_plans_region_id"), "action_plans", ["region_id"], unique=False)
    op.create_table(
        "call_off_stops",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("region_id", sa.String(), nullable=False),
        sa.Column("case_id", sa.String(), nullable=False),
        sa.Column("contract_id", sa.String(), nullable=False),
        sa.Column("why", sa.String(), nullable=False),
        sa.Column("from_on", sa.Date(), nullable=False),
        sa.Column("decided_by", sa.String(), nullable=False),
        sa.Column("reviewed_on", sa.Date(), nullable=True),
        sa.Column("review_note", sa.String(), nullable=True),
        sa.Column("ended_on", sa.Date(), nullable=True),
        sa.Column("ended_because", sa.String(), nullable=True),
        sa.CheckConstraint("why IN ('ground', 'investigating')", name=op.f("ck_call_off_stops_why")),
        sa.ForeignKeyConstraint(["case_id"], ["cases.id"], name=op.f("fk_call_off_stops_case_id_cases")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_call_off_stops")),
    )
    op.create_index("ix_call_off_stops_case", "call_off_stops", ["case_id", "id"], unique=False)
    op.create_index("ix_call_off_stops_open", "call_off_stops", ["region_id", "ended_on", "contract_id"], unique=False)
    op.create_table(
        "contract_terms",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("region_id", sa.String(), nullable=False),
        sa.Column("case_id", sa.String(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("source", sa.String(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("recorded_by", sa.String(), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("clause_version", sa.String(), nullable=False),
        sa.Column("organisation", sa.String(), nullable=False),
        sa.Column("process_from_on", sa.Date(), nullable=True),
        sa.Column("severe_kinds", sa.String(), nullable=False),
        sa.Column("severe_report", sa.Integer(), nullable=False),
        sa.Column("audit_enabling", sa.Integer(), nullable=False),
        sa.Column("self_assessment", sa.Integer(), nullable=False),
        sa.Column("plan_due", sa.Integer(), nullable=False),
        sa.Column("plan_due_severe", sa.Integer(), nullable=False),
        sa.Column("remedy", sa.Integer(), nullable=False),
        sa.Column("remedy_verification", sa.Integer(), nullable=False),
        sa.Column("response_reminder_1", sa.Integer(), nullable=False),
        sa.Column("response_reminder_2", sa.Integer(), nullable=False),
        sa.Column("response_formal_demand", sa.Integer(), nullable=False),
        sa.Column("response_escalation_meeting", sa.Integer(), nullable=False),
        sa.Column("response_call_off_stop", sa.Integer(), nullable=False),
        sa.Column("fine_week_ore", sa.BigInteger(), nullable=False),
        sa.Column("fine_cap_weeks", sa.Integer(), nullable=False),
        sa.Column("stop_until_termination", sa.Integer(), nullable=False),
        sa.Column("termination_notice", sa.Integer(), nullable=False),
        sa.Column("re_audit_payer", sa.String(), nullable=False),
        sa.Column("publication", sa.String(), nullable=False),
        sa.Column("commitments", sa.String(), nullable=False),
        sa.Column("climate_plan", sa.Boolean(), nullable=False),
        sa.CheckConstraint("commitments IN ('basic', 'advanced')", name=op.f("ck_contract_terms_commitments")),
        sa.CheckConstraint(
            "publication IN ('full_secrecy_review', 'regard_to_sensitive_facts')",
            name=op.f("ck_contract_terms_publication"),
        ),
        sa.CheckConstraint(
            "re_audit_payer IN ('supplier_pays_re_audits', 'supplier_pays_after_full_fine')",
            name=op.f("ck_contract_terms_re_audit_payer"),
        ),
        sa.CheckConstraint(
            "severe_kinds IN ('six', 'forced_and_child_labour')", name=op.f("ck_contract_terms_severe_kinds")
        ),
        sa.CheckConstraint("source IN ('regional_defaults', 'recorded')", name=op.f("ck_contract_terms_source")),
        sa.ForeignKeyConstraint(["case_id"], ["cases.id"], name=op.f("fk_contract_terms_case_id_cases")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_contract_terms")),
        sa.UniqueConstraint("case_id", "version", name=op.f("uq_contract_terms_case_id_version")),
    )
    op.create_index(op.f("ix_contract_terms_region_id"), "contract_terms", ["region_id"], unique=False)
    op.create_table(
        "exclusion_material",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("region_id", sa.String(), nullable=False),
        sa.Column("case_id", sa.String(), nullable=False),
        sa.Column("supplier_id", sa.String(), nullable=False),
        sa.Column("judgment", sa.Boolean(), nullable=False),
        sa.Column("event_on", sa.Date(), nullable=False),
        sa.Column("usable_until_on", sa.Date(), nullable=False),
        sa.Column("receipt", sa.String(), nullable=False),
        sa.Column("description", sa.String(), nullable=False),
        sa.Column("supplier_heard_on", sa.Date(), nullable=True),
        sa.Column("supplier_said", sa.String(), nullable=True),
        sa.Column("self_cleaning", sa.String(), nullable=True),
        sa.Column("recorded_by", sa.String(), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["case_id"], ["cases.id"], name=op.f("fk_exclusion_material_case_id_cases")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_exclusion_material")),
    )
    op.create_index(op.f("ix_exclusion_material_case_id"), "exclusion_material", ["case_id"], unique=False)
    op.create_index(
        "ix_exclusion_material_region",
        "exclusion_material",
        ["region_id", "supplier_id", "usable_until_on"],
        unique=False,
    )
    op.create_table(
        "fine_stays",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("region_id", sa.String(), nullable=False),
        sa.Column("case_id", sa.String(), nullable=False),
        sa.Column("from_on", sa.Date(), nullable=False),
        sa.Column("to_on", sa.Date(), nullable=True),
        sa.Column("reason", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(["case_id"], ["cases.id"], name=op.f("fk_fine_stays_case_id_cases")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_fine_stays")),
    )
    op.create_index("ix_fine_stays_case", "fine_stays", ["case_id", "from_on"], unique=False)
    op.create_index(op.f("ix_fine_stays_region_id"), "fine_stays", ["region_id"], unique=False)
    op.create_table(
        "fine_weeks",
        sa.Column("case_id", sa.String(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("region_id", sa.String(), nullable=False),
        sa.Column("starts_on", sa.Date(), nullable=False),
        sa.Column("amount_ore", sa.BigInteger(), nullable=False),
        sa.Column("total_ore", sa.BigInteger(), nullable=False),
        sa.Column("counted_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("set_off_on", sa.Date(), nullable=True),
        sa.Column("set_off_reference", sa.String(), nullable=True),
        sa.Column("set_off_note", sa.String(), nullable=True),
        sa.ForeignKeyConstraint(["case_id"], ["cases.id"], name=op.f("fk_fine_weeks_case_id_cases")),
        sa.PrimaryKeyConstraint("case_id", "number", name=op.f("pk_fine_weeks")),
    )
    op.create_index("ix_fine_weeks_region", "fine_weeks", ["region_id", "starts_on", "case_id"], unique=False)
    op.create_table(
        "rungs_entered",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("region_id", sa.String(), nullable=False),
        sa.Column("case_id", sa.String(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("rung", sa.String(), nullable=False),
        sa.Column("status", sa.String(), nullable=False),
        sa.Column("entered_on", sa.Date(), nullable=False),
        sa.Column("entered_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("trigger", sa.String(), nullable=False),
        sa.Column("decided_by", sa.String(), nullable=False),
        sa.Column("role", sa.String(), nullable=True),
        sa.Column("prepared_by", sa.String(), nullable=True),
        sa.Column("mandate_id", sa.String(), nullable=True),
        sa.Column("mandate_rule", sa.String(), nullable=True),
        sa.Column("reasons", sa.String(), nullable=True),
        sa.Column("proportionality", sa.String(), nullable=True),
        sa.Column("notice_id", sa.String(), nullable=True),
        sa.Column("response", sa.String(), nullable=True),
        sa.Column("response_due_on", sa.Date(), nullable=True),
        sa.Column("ended_on", sa.Date(), nullable=True),
        sa.Column("ended_how", sa.String(), nullable=True),
        sa.CheckConstraint(
            "rung IN ('dialogue', 'opportunity_to_remedy', 'reminder_1', 'reminder_2', 'formal_demand', 'escalation_meeting', 'call_off_stop', 'contractual_fine', 'termination_with_notice', 'immediate_termination')",
            name=op.f("ck_rungs_entered_rung"),
        ),
        sa.CheckConstraint("status IN ('entered', 'waived', 'skipped')", name=op.f("ck_rungs_entered_status")),
        sa.ForeignKeyConstraint(["case_id"], ["cases.id"], name=op.f("fk_rungs_entered_case_id_cases")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_rungs_entered")),
        sa.UniqueConstraint("case_id", "number", name=op.f("uq_rungs_entered_case_id_number")),
    )
    op.create_index(
        "ix_rungs_entered_region", "rungs_entered", ["region_id", "rung", "ended_on", "case_id"], unique=False
    )
    op.create_table(
        "supplier_contacts",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("region_id", sa.String(), nullable=False),
        sa.Column("case_id", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("email", sa.String(), nullable=False),
        sa.Column("locale", sa.String(), nullable=False),
        sa.Column("recorded_by", sa.String(), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("locale IN ('sv', 'en')", name=op.f("ck_supplier_contacts_locale")),
        sa.ForeignKeyConstraint(["case_id"], ["cases.id"], name=op.f("fk_supplier_contacts_case_id_cases")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_supplier_contacts")),
    )
    op.create_index("ix_supplier_contacts_case", "supplier_contacts", ["case_id", "id"], unique=False)
    op.create_table(
        "supplier_notices",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("region_id", sa.String(), nullable=False),
        sa.Column("case_id", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("rung", sa.String(), nullable=True),
        sa.Column("starts_period", sa.Boolean(), nullable=False),
        sa.Column("locale", sa.String(), nullable=False),
        sa.Column("recipient_name", sa.String(), nullable=False),
        sa.Column("recipient", sa.String(), nullable=False),
        sa.Column("subject", sa.String(), nullable=False),
        sa.Column("text", sa.String(), nullable=False),
        sa.Column("text_hash", sa.String(), nullable=False),
        sa.Column("status", sa.String(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("made_by", sa.String(), nullable=False),
        sa.Column("message_id", sa.String(), nullable=True),
        sa.Column("means", sa.String(), nullable=False),
        sa.Column("handed_over_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("handed_over_on", sa.Date(), nullable=True),
        sa.Column("returned_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("returned_because", sa.String(), nullable=True),
        sa.CheckConstraint("locale IN ('sv', 'en')", name=op.f("ck_supplier_notices_locale")),
        sa.CheckConstraint("means IN ('mail', 'letter', 'meeting', 'other')", name=op.f("ck_supplier_notices_means")),
        sa.CheckConstraint(
            "status IN ('drafted', 'replaced', 'queued', 'delivered', 'returned')",
            name=op.f("ck_supplier_notices_status"),
        ),
        sa.ForeignKeyConstraint(["case_id"], ["cases.id"], name=op.f("fk_supplier_notices_case_id_cases")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_supplier_notices")),
    )
    op.create_index("ix_supplier_notices_case", "supplier_notices", ["case_id", "id"], unique=False)
    op.create_index("ix_supplier_notices_message", "supplier_notices", ["message_id"], unique=True)
    op.create_index("ix_supplier_notices_region", "supplier_notices", ["region_id", "status", "id"], unique=False)
    op.create_table(
        "deviations",
        sa.Column("case_id", sa.String(), nullable=False),
        sa.Column("region_id", sa.String(), nullable=False),
        sa.Column("contract_id", sa.String(), nullable=False),
        sa.Column("supplier_id", sa.String(), nullable=False),
        sa.Column("terms_id", sa.String(), nullable=False),
        sa.Column("is_framework", sa.Boolean(), nullable=False),
        sa.Column("finding_source", sa.String(), nullable=False),
        sa.Column("found_on", sa.Date(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("requirement", sa.String(), nullable=False),
        sa.Column("clause", sa.String(), nullable=False),
        sa.Column("description", sa.String(), nullable=False),
        sa.Column("ground", sa.String(), nullable=False),
        sa.Column("ground_note", sa.String(), nullable=True),
        sa.Column("probable_on", sa.Date(), nullable=True),
        sa.Column("probable_because", sa.String(), nullable=True),
        sa.Column("sub_supplier_refuses", sa.String(), nullable=False),
        sa.Column("severe_reported_on", sa.Date(), nullable=True),
        sa.Column("contact_name", sa.String(), nullable=False),
        sa.Column("contact_email", sa.String(), nullable=False),
        sa.Column("contact_locale", sa.String(), nullable=False),
        sa.Column("rung", sa.String(), nullable=True),
        sa.Column("rung_entered_on", sa.Date(), nullable=True),
        sa.Column("period_notice_id", sa.String(), nullable=True),
        sa.Column("waits_until_on", sa.Date(), nullable=True),
        sa.Column("asked_rung", sa.String(), nullable=True),
        sa.Column("prepared_rung", sa.String(), nullable=True),
        sa.Column("prepared_by", sa.String(), nullable=True),
        sa.Column("prepared_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("proportionality", sa.String(), nullable=True),
        sa.Column("evidence", sa.String(), nullable=True),
        sa.Column("skip_reason", sa.String(), nullable=True),
        sa.Column("stop_consent", sa.Boolean(), nullable=True),
        sa.Column("stop_consent_by", sa.String(), nullable=True),
        sa.Column("stop_consent_note", sa.String(), nullable=True),
        sa.Column("plan_reminded_on", sa.Date(), nullable=True),
        sa.Column("terminates_on", sa.Date(), nullable=True),
        sa.Column("meeting_on", sa.Date(), nullable=True),
        sa.Column("remedy_on", sa.Date(), nullable=True),
        sa.Column("remedy_verified_on", sa.Date(), nullable=True),
        sa.Column("fine_decided_on", sa.Date(), nullable=True),
        sa.Column("fine_from_on", sa.Date(), nullable=True),
        sa.Column("fine_ended_on", sa.Date(), nullable=True),
        sa.Column("outcome", sa.String(), nullable=True),
        sa.Column("ended_on", sa.Date(), nullable=True),
        sa.CheckConstraint(
            "asked_rung IN ('call_off_stop', 'contractual_fine', 'termination_with_notice', 'immediate_termination')",
            name=op.f("ck_deviations_asked_rung"),
        ),
        sa.CheckConstraint(
            "finding_source IN ('follow_up', 'audit', 'supplier_report', 'tip', 'media')",
            name=op.f("ck_deviations_finding_source"),
        ),
        sa.CheckConstraint(
            "ground IN ('', 'not_reporting', 'not_taking_part', 'not_following_plan')",
            name=op.f("ck_deviations_ground"),
        ),
        sa.CheckConstraint(
            "kind IN ('forced_labour', 'child_labour', 'dangerous_conditions', 'environmental_damage', 'corruption', 'attacks_on_defenders', 'other')",
            name=op.f("ck_deviations_kind"),
        ),
        sa.CheckConstraint(
            "outcome IN ('remedied', 'withdrawn', 'settled', 'terminated')", name=op.f("ck_deviations_outcome")
        ),
        sa.CheckConstraint(
            "rung IN ('dialogue', 'opportunity_to_remedy', 'reminder_1', 'reminder_2', 'formal_demand', 'escalation_meeting', 'call_off_stop', 'contractual_fine', 'termination_with_notice', 'immediate_termination')",
            name=op.f("ck_deviations_rung"),
        ),
        sa.CheckConstraint(
            "sub_supplier_refuses IN ('', 'traceability', 'audit')", name=op.f("ck_deviations_sub_supplier_refuses")
        ),
        sa.ForeignKeyConstraint(["case_id"], ["cases.id"], name=op.f("fk_deviations_case_id_cases")),
        sa.ForeignKeyConstraint(["contract_id"], ["cases.id"], name=op.f("fk_deviations_contract_id_cases")),
        sa.ForeignKeyConstraint(
            ["terms_id"], ["contract_terms.id"], name=op.f("fk_deviations_terms_id_contract_terms")
        ),
        sa.PrimaryKeyConstraint("case_id", name=op.f("pk_deviations")),
    )
    op.create_index("ix_deviations_contract", "deviations", ["contract_id", "case_id"], unique=False)
    op.create_index("ix_deviations_ended", "deviations", ["region_id", "outcome", "ended_on", "case_id"], unique=False)
    op.create_index("ix_deviations_recent", "deviations", ["region_id", "case_id"], unique=False)
    op.create_index(
        "ix_deviations_rung",
        "deviations",
        ["region_id", "ended_on", "rung", "rung_entered_on", "case_id"],
        unique=False,
    )
    op.create_index("ix_deviations_supplier", "deviations", ["region_id", "supplier_id", "case_id"], unique=False)
    op.create_table(
        "milestones",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("region_id", sa.String(), nullable=False),
        sa.Column("plan_id", sa.String(), nullable=False),
        sa.Column("case_id", sa.String(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("action", sa.String(), nullable=False),
        sa.Column("responsible", sa.String(), nullable=False),
        sa.Column("first_due_on", sa.Date(), nullable=False),
        sa.Column("due_on", sa.Date(), nullable=False),
        sa.Column("extended", sa.Integer(), nullable=False),
        sa.Column("extended_because", sa.String(), nullable=True),
        sa.Column("missed_on", sa.Date(), nullable=True),
        sa.Column("reminded_on", sa.Date(), nullable=True),
        sa.Column("done_on", sa.Date(), nullable=True),
        sa.Column("proof", sa.String(), nullable=True),
        sa.ForeignKeyConstraint(["case_id"], ["cases.id"], name=op.f("fk_milestones_case_id_cases")),
        sa.ForeignKeyConstraint(["plan_id"], ["action_plans.id"], name=op.f("fk_milestones_plan_id_action_plans")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_milestones")),
        sa.UniqueConstraint("plan_id", "number", name=op.f("uq_milestones_plan_id_number")),
    )
    op.create_index("ix_milestones_case", "milestones", ["case_id", "due_on"], unique=False)
    op.add_column("contracts", sa.Column("terminated_on", sa.Date(), nullable=True))
    op.add_column("contracts", sa.Column("end_before_termination", sa.Date(), nullable=True))
    op.add_column("contracts", sa.Column("options_before_termination", sa.Integer(), nullable=True))


def downgrade() -> None:
    for name in ("options_before_termination", "end_before_termination", "terminated_on"):
        op.drop_column("contracts", name)
    op.drop_table("milestones")
    op.drop_table("deviations")
    op.drop_table("supplier_notices")
    op.drop_table("supplier_contacts")
    op.drop_table("rungs_entered")
    op.drop_table("fine_weeks")
    op.drop_table("fine_stays")
    op.drop_table("exclusion_material")
    op.drop_table("contract_terms")
    op.drop_table("call_off_stops")
    op.drop_table("action_plans")
