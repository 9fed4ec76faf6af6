"""Numbers of rows as paths and bodies name them: what no database keeps is refused before one is asked."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

Number = Annotated[int, Field(ge=0, le=(1 << 63) - 1)]

#: Micro-units of a currency; below 0: paid back.
Amount = Annotated[int, Field(ge=-(1 << 63), le=(1 << 63) - 1)]
