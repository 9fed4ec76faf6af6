"""
Trainings on a Ray cluster (the extra `commonweight[ray]`): the same child, kept by an actor that Ray places.

Ray itself is imported when a cluster has been joined (`serving.ray.Cluster`).
"""

from commonweight.tuning.training.ray.trainer import RayTrainer

__all__ = ["RayTrainer"]
