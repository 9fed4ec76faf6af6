"""Text can be read: WCAG 2.2 AA contrast of every pair of colours that text is set in, light and dark."""

from __future__ import annotations

import math
import re
from importlib.resources import files

import pytest

TOKENS = (files("commonweight.web") / "static" / "tokens.css").read_text()
AA_TEXT = 4.5  # WCAG 2.2, 1.4.3
AA_PARTS = 3.0  # WCAG 2.2, 1.4.11: borders by which a field is recognised
TONES = ("good", "duty", "ask", "stop", "split", "unknown")
TEXT_PAIRS = (
    *((ink, ground) for ink in ("ink", "ink-soft", "ink-faint", "accent") for ground in ("paper", "raised", "sunken")),
    *((tone, f"{tone}-wash") for tone in TONES),
    *((ink, f"{tone}-wash") for tone in TONES for ink in ("ink", "ink-soft")),
    *((tone, ground) for tone in TONES for ground in ("paper", "raised")),
    ("on-accent", "accent"),
    ("on-accent", "accent-deep"),
    ("accent-deep", "accent-wash"),
    ("accent", "accent-wash"),
    ("ink-soft", "accent-wash"),
)


def _colours(name: str) -> list[tuple[float, float, float]]:
    """Light, then dark: OKLCH as lightness, chroma, hue."""
    value = re.search(rf"--{name}: light-dark\((.+?)\);", TOKENS)
    assert value, name
    parts = re.findall(r"oklch\(([\d.]+)% ([\d.]+) ([\d.]+)\)", value[1])
    return [(float(light) / 100, float(chroma), float(hue)) for light, chroma, hue in parts]


def _luminance(colour: tuple[float, float, float]) -> float:
    """Relative luminance of an OKLCH colour (CSS Color 4, section 10: OKLab to linear sRGB), clipped to the gamut."""
    lightness, chroma, hue = colour
    a, b = chroma * math.cos(math.radians(hue)), chroma * math.sin(math.radians(hue))
    long = (lightness + 0.3963377774 * a + 0.2158037573 * b) ** 3
    medium = (lightness - 0.1055613458 * a - 0.0638541728 * b) ** 3
    short = (lightness - 0.0894841775 * a - 1.2914855480 * b) ** 3
    red = 4.0767416621 * long - 3.3077115913 * medium + 0.2309699292 * short
    green = -1.2684380046 * long + 2.6097574011 * medium - 0.3413193965 * short
    blue = -0.0041960863 * long - 0.7034186147 * medium + 1.7076147010 * short
    return sum(w * min(max(v, 0.0), 1.0) for w, v in ((0.2126, red), (0.7152, green), (0.0722, blue)))


def _contrast(one: tuple[float, float, float], other: tuple[float, float, float]) -> float:
    high, low = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize(("ink", "ground"), TEXT_PAIRS)
def test_text_stands_out_from_its_ground(ink: str, ground: str) -> None:
    for scheme, one, other in zip(("light", "dark"), _colours(ink), _colours(ground), strict=True):
        assert _contrast(one, other) >= AA_TEXT, scheme


@pytest.mark.parametrize("ground", ["paper", "raised"])
def test_the_border_of_a_field_can_be_seen(ground: str) -> None:
    for scheme, one, other in zip(("light", "dark"), _colours("line-strong"), _colours(ground), strict=True):
        assert _contrast(one, other) >= AA_PARTS, scheme


def test_black_on_white_is_twenty_one_to_one() -> None:
    assert _contrast((0, 0, 0), (1, 0, 0)) == pytest.approx(21, abs=0.1)
