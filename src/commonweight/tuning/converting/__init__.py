"""
Models in other formats: safetensors to GGUF and back, adapters, quantisations. See docs/tuning.md.

`check_convertible` tells early whether a model can be converted; `Converter` does it, in a child process.
"""

from commonweight.tuning.converting.adapter_config import strength_of as check_adapter
from commonweight.tuning.converting.checking import HeadCut, check_convertible, check_readable, check_shrinkable
from commonweight.tuning.converting.converter import Converter
from commonweight.tuning.converting.families import Family
from commonweight.tuning.converting.splitting import check_all_there, parts_of, whole_models
from commonweight.tuning.converting.values import ConversionFailed, GgufMade, NotConvertible, Parity, Quantisation

__all__ = [
    "ConversionFailed",
    "Converter",
    "Family",
    "GgufMade",
    "HeadCut",
    "NotConvertible",
    "Parity",
    "Quantisation",
    "check_adapter",
    "check_all_there",
    "check_convertible",
    "check_readable",
    "check_shrinkable",
    "parts_of",
    "whole_models",
]
