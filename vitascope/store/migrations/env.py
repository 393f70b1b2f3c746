"""Alembic's door: runs the migrations on the connection that `Store.migrate` holds, inside its transaction."""

from alembic import context

from vitascope.store.schema import metadata

context.configure(connection=context.config.attributes["connection"], target_metadata=metadata)
with context.begin_transaction():
    context.run_migrations()
