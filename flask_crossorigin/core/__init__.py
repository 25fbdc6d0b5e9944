"""CORS decisions without Flask: origins, path patterns, policies, and reasons."""
