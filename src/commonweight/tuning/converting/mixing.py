"""Which format each tensor of a file gets. Pure. Source: `llama_tensor_get_type` in llama.cpp's src/llama-quant.cpp."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Final

from gguf import GGML_QUANT_SIZES, LlamaFileType
from gguf import GGMLQuantizationType as Type

from commonweight.tuning.converting.encoding import fitting
from commonweight.tuning.converting.values import Quantisation

MAIN: Final[Mapping[Quantisation, Type]] = {kind: Type[kind.value] for kind in Quantisation}
FILE_TYPES: Final[Mapping[Quantisation, LlamaFileType]] = {
    Quantisation.F32: LlamaFileType.ALL_F32,
    Quantisation.F16: LlamaFileType.MOSTLY_F16,
    Quantisation.Q8_0: LlamaFileType.MOSTLY_Q8_0,
    Quantisation.Q6_K: LlamaFileType.MOSTLY_Q6_K,
    Quantisation.Q5_K: LlamaFileType.MOSTLY_Q5_K_M,
    Quantisation.Q5_0: LlamaFileType.MOSTLY_Q5_0,
    Quantisation.Q4_K: LlamaFileType.MOSTLY_Q4_K_M,
    Quantisation.Q4_0: LlamaFileType.MOSTLY_Q4_0,
    Quantisation.IQ4_NL: LlamaFileType.MOSTLY_IQ4_NL,
    Quantisation.IQ4_XS: LlamaFileType.MOSTLY_IQ4_XS,
}
_MIXED: Final = (Quantisation.Q4_K, Quantisation.Q5_K)
_LAYER: Final = re.compile(r"blk\.(\d+)\.(attn_v|ffn_down|ffn_down_exps)\.weight")
#: Small tables that much depends on, of families that only come as GGUF: experts' gates, positions, state spaces.
_WHOLE: Final = re.compile(
    r"rope_|_norm\.|ffn_gate_inp|position_embd|token_types|ssm_conv1d|shortconv|time_mix_|attn_rel_b|altup|laurel"
    r"|per_layer_model_proj"
)


def format_of(name: str, shape: Sequence[int], kind: Quantisation, layers: int) -> Type:
    """
    Vectors stay whole: they are few and much depends on them. So do small tables such as those of positions. The words that
    come out are kept in six bits at least; of the K kinds, also half of the layers' values and last projections, as
    llama.cpp's mixtures do.
    """
    if len(shape) < 2 or _WHOLE.search(name):
        return Type.F32
    if kind.is_float:
        return MAIN[kind]
    wanted = MAIN[kind]
    if _six_bits(name, kind, layers):
        wanted = Type.Q6_K
    return fitting(wanted, shape[-1])


def _six_bits(name: str, kind: Quantisation, layers: int) -> bool:
    if name in ("output.weight", "token_embd.weight"):
        return kind is not Quantisation.Q8_0
    found = _LAYER.fullmatch(name)
    return kind in _MIXED and found is not None and _more_bits(int(found[1]), layers)


def _more_bits(layer: int, layers: int) -> bool:
    eighth = layers // 8
    return layer < eighth or layer >= 7 * eighth or (layer - eighth) % 3 == 2


def bits_of(kind: Type) -> float:
    """Bits that a number takes, of its block's scales too."""
    block, size = GGML_QUANT_SIZES[kind]
    return 8 * int(size) / int(block)
