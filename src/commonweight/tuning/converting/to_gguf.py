"""A checkpoint of safetensors as a GGUF file."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import partial
from pathlib import Path
from typing import Any

import gguf
from gguf import GGMLQuantizationType as Type

from commonweight.tuning.converting.config import Config
from commonweight.tuning.converting.encoding import Encoder
from commonweight.tuning.converting.families import Family, family_of
from commonweight.tuning.converting.folders import CheckpointFolder
from commonweight.tuning.converting.gguf_file import Planned, Tell, untold, write_gguf
from commonweight.tuning.converting.mixing import FILE_TYPES, format_of
from commonweight.tuning.converting.origin import write_origin
from commonweight.tuning.converting.parameters import tables, write_parameters
from commonweight.tuning.converting.quantising import fallback_of
from commonweight.tuning.converting.safetensors import Floats, Weights
from commonweight.tuning.converting.tensors import named, turned
from commonweight.tuning.converting.values import GgufMade, NotConvertible, Quantisation
from commonweight.tuning.converting.vocabulary import SPACE, Vocabulary, vocabulary_of

#: llama.cpp wants at least one pair: of signs that no byte is written with.
NO_MERGES = f"{SPACE} {SPACE}"


def to_gguf(
    checkpoint: Path,
    out: Path,
    metadata: Mapping[str, Any],
    kind: Quantisation = Quantisation.F16,
    tell: Tell = untold,
) -> GgufMade:
    """
    Write the folder of a checkpoint as `out`, with its tokenizer, its chat template and where it comes from.

    Raises NotConvertible, ConversionFailed.
    """
    folder = CheckpointFolder.read(checkpoint)
    family, weights = family_of(folder.config.document), Weights.of_folder(checkpoint)
    _check_rows(weights, folder.config)
    vocabulary = vocabulary_of(folder.tokenizer, folder.config.count("vocab_size"), has_template=bool(folder.template))
    writer = gguf.GGUFWriter(None, family.architecture)
    writer.add_type("model")
    write_origin(writer, metadata)
    writer.add_file_type(FILE_TYPES[kind])
    writer.add_quantization_version(gguf.GGML_QUANT_VERSION)
    write_parameters(writer, family, folder.config)
    write_vocabulary(writer, vocabulary)
    _write_specials(writer, folder)
    planned = list(_planned(weights, family, folder.config, kind))
    return write_gguf(out, kind.value, writer, planned, Encoder(), tell)


def _check_rows(weights: Weights, config: Config) -> None:
    name = "model.embed_tokens.weight"
    if name not in weights:
        raise NotConvertible(f"The weights do not hold {name!r}.", hint="Save the whole model, not a part of it.")
    rows, wanted = weights.shape(name)[0], config.count("vocab_size")
    if rows != wanted:
        raise NotConvertible(
            f"The embeddings have {rows} rows; config.json says {wanted}.", hint="Save both together again."
        )


def _planned(weights: Weights, family: Family, config: Config, kind: Quantisation) -> Iterator[Planned]:
    for name, floats in tables(config):
        yield Planned(name, floats.shape, Type.F32, partial(_same, floats))
    for one in named(weights, family, config):
        shape = weights.shape(one.source)
        chosen = format_of(one.name, shape, kind, config.layers)
        load = partial(_load, weights, one.source, family, config)
        yield Planned(one.name, shape, chosen, load, fallback_of(kind, chosen, shape))


def _same(floats: Floats) -> Floats:
    return floats


def _load(weights: Weights, source: str, family: Family, config: Config) -> Floats:
    return turned(source, weights.floats(source), family, config)


def write_vocabulary(writer: gguf.GGUFWriter, vocabulary: Vocabulary) -> None:
    writer.add_tokenizer_model(vocabulary.model)
    writer.add_tokenizer_pre(vocabulary.pre)
    writer.add_token_list(list(vocabulary.tokens))
    writer.add_token_types([int(kind) for kind in vocabulary.kinds])
    if vocabulary.scores:
        writer.add_token_scores(list(vocabulary.scores))
    if vocabulary.model == "gpt2":
        writer.add_token_merges(list(vocabulary.merges) or [NO_MERGES])
    if vocabulary.space_before is not None:
        writer.add_add_space_prefix(vocabulary.space_before)
    writer.add_add_bos_token(vocabulary.add_bos)
    writer.add_add_eos_token(vocabulary.add_eos)


def _write_specials(writer: gguf.GGUFWriter, folder: CheckpointFolder) -> None:
    """The numbers of special tokens. llama.cpp knows three ends of an answer: eos, eot, eom."""
    adders = {"bos": writer.add_bos_token_id, "pad": writer.add_pad_token_id, "unk": writer.add_unk_token_id}
    for name, add in adders.items():
        if (number := folder.special(name)) is not None:
            add(number)
    enders = (writer.add_eos_token_id, writer.add_eot_token_id, writer.add_eom_token_id)
    for add, number in zip(enders, folder.ends(), strict=False):
        add(number)
    if folder.template:
        writer.add_chat_template(folder.template)
