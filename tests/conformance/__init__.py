"""Outside judges: other people's test-suites against our running server."""
