"""One file per kind of page: a request in, a context out."""
