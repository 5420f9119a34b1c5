"""Run by Alembic with the connection that `workflow/db/schema.py` gives it; nothing is read from a file."""

from alembic import context

from workflow.db.metadata import METADATA

connection = context.config.attributes["connection"]
context.configure(
    connection=connection,
    target_metadata=METADATA,
    render_as_batch=connection.dialect.name == "sqlite",
    compare_type=False,
    transaction_per_migration=True,
)
with context.begin_transaction():
    context.run_migrations()
