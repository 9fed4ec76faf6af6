"""Bytes: xorbs, shards, whole files."""
