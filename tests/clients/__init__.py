"""Every client that the hub is for, unmodified and at its defaults, in the versions that docs/compatibility.md names."""
