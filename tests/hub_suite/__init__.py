"""The outside judge of the hub: the tests of the official client, against a running server."""
