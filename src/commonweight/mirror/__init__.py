"""Bring models in from elsewhere. Today: the starter model that rides in a wheel."""

from commonweight.mirror.starter import STARTER_NAME, STARTER_NAMESPACE, Starter, StarterMissing

__all__ = ["STARTER_NAME", "STARTER_NAMESPACE", "Starter", "StarterMissing"]
