"""
Engines on a Ray cluster (the extra `commonweight[ray]`): the same engine processes, each kept by an actor that Ray places.

Ray itself is imported only by `actor.py` and `cluster.py`, when a cluster is joined.
"""

from commonweight.serving.ray.cluster import Cluster, Reserved, Room
from commonweight.serving.ray.kind import MakeKinds, Needs, RayKind
from commonweight.serving.ray.reaching import answers, ray_installed

__all__ = ["Cluster", "MakeKinds", "Needs", "RayKind", "Reserved", "Room", "answers", "ray_installed"]
