"""Run by Alembic for each migration, on the connection that it was given."""

from alembic import context

from app.storage.schema import metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    render_as_batch=True,
    transactional_ddl=True,  # the connection begins its transactions itself; see app.storage.database
)
with context.begin_transaction():
    context.run_migrations()
