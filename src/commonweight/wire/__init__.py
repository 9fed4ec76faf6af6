"""What other programs speak. Each wire is thin: it reads a request, asks a room, and dresses the answer."""
