"""All tables, imported once, for the migrations and the tests that compare them."""

from sqlmodel import SQLModel

import workflow.cases.tables
import workflow.comments.tables
import workflow.contracts.tables
import workflow.deviations.tables
import workflow.duties.tables
import workflow.engine.tables
import workflow.files.tables
import workflow.letters.tables
import workflow.parameters.tables
import workflow.people.tables
import workflow.planning.tables
import workflow.procurements.tables
import workflow.requirements.tables
import workflow.suppliers.tables
import workflow.targets.tables  # noqa: F401

METADATA = SQLModel.metadata
