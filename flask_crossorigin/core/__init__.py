"""CORS decisions, without Flask: origins, path patterns, policies, and the reasons they give."""
