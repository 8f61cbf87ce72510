"""Run by Alembic for each migration, on the connection that it was given."""

from alembic import context

context.configure(
    connection=context.config.attributes["connection"],
    render_as_batch=True,
    transactional_ddl=True,  # the connection begins its transactions itself; see database.py
)
with context.begin_transaction():
    context.run_migrations()
