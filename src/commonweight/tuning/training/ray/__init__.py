"""
Trainings on a Ray cluster (the extra `commonweight[ray]`): the same child, kept by an actor that Ray places.

    on_cluster   in the worker: waits for the cluster, starts a driver, and another one where that dies
    driver       a child of the worker, Ray's driver: joins the cluster and has the training done there
    trainer      in the driver: finds a node, sends files, hears events, fetches checkpoints, goes on after a lost node
    placing      what is asked of a node, and waiting for room
    actor        on the node: keeps the child that trains

Ray itself is imported when a cluster has been joined (`serving.ray.Cluster`).
"""

from commonweight.tuning.training.ray.on_cluster import Driver, OnCluster
from commonweight.tuning.training.ray.order import Order
from commonweight.tuning.training.ray.trainer import RayTrainer

__all__ = ["Driver", "OnCluster", "Order", "RayTrainer"]
