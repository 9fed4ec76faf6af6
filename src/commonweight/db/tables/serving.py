"""Tables of the serving room."""
