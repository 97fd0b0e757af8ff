"""The workflow language: documents, references, graph, checks, problems."""
