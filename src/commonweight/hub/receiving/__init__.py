"""Packs that come from outside: read within bounds, checked, and laid out for the database. Runs in child processes."""

from commonweight.hub.receiving.checks import Malformed
from commonweight.hub.receiving.laid_out import Laid, laid_out, names_of
from commonweight.hub.receiving.reader import Bounds, PackRefused
from commonweight.hub.receiving.unpacking import Tip, Unpacked, unpack

__all__ = ["Bounds", "Laid", "Malformed", "PackRefused", "Tip", "Unpacked", "laid_out", "names_of", "unpack"]
