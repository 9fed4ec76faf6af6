"""How open a release is: four axes, never one badge."""

from __future__ import annotations

from dataclasses import dataclass

from commonweight.web.contexts.fields import says


@dataclass(frozen=True)
class AxisView:
    key: str = says("completeness, legal, access or usability.")
    name: str = says("Its name for people.")
    word: str = says("The grade in a word or two.")
    level: int = says("0 (nothing) to 4 (all); only for drawing, never a score to be added up.")
    state: str = says("checked (files were looked at), claimed (the publisher says so) or unknown.")
    reason: str = says("One sentence: why this grade.")


@dataclass(frozen=True)
class OpennessView:
    label: str = says("The label where the worst axis wins, such as 'open weights, permissive'.")
    axes: tuple[AxisView, ...] = says("The four axes, always in the same order.")

    @property
    def spoken(self) -> str:
        """All of it in one line, for those who do not see the drawing."""
        return "; ".join(f"{axis.name}: {axis.word} ({axis.state})" for axis in self.axes)

    @property
    def is_claimed(self) -> bool:
        return any(axis.state == "claimed" for axis in self.axes)
