"""The only package that touches SQLAlchemy: facts and views in one transaction."""
