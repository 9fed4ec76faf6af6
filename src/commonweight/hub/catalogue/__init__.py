"""What a fresh installation knows of models that it does not keep: packaged YAML and the reader of its shape."""

from commonweight.hub.catalogue.shape import (
    Catalogue,
    CatalogueError,
    KnownEdge,
    KnownModel,
    packaged_catalogues,
    read_catalogue,
    read_known,
)

__all__ = [
    "Catalogue",
    "CatalogueError",
    "KnownEdge",
    "KnownModel",
    "packaged_catalogues",
    "read_catalogue",
    "read_known",
]
