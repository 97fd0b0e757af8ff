"""Keeps facts and the views beside them in a database: the only package that knows SQLAlchemy and Alembic."""
