"""
What a model is for and by which library it is used, out of its files, where the card does not say. Pure.

The rules are the public hub's as its documentation states them, and the names of classes those of transformers.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any, Final

#: The end of a class's name -> (auto class, task, processor); the first that fits.
_BY_CLASS: Final = (
    ("ForCausalLM", "AutoModelForCausalLM", "text-generation", "AutoTokenizer"),
    ("LMHeadModel", "AutoModelForCausalLM", "text-generation", "AutoTokenizer"),
    ("ForMaskedLM", "AutoModelForMaskedLM", "fill-mask", "AutoTokenizer"),
    ("ForSequenceClassification", "AutoModelForSequenceClassification", "text-classification", "AutoTokenizer"),
    ("ForTokenClassification", "AutoModelForTokenClassification", "token-classification", "AutoTokenizer"),
    ("ForQuestionAnswering", "AutoModelForQuestionAnswering", "question-answering", "AutoTokenizer"),
    ("ForMultipleChoice", "AutoModelForMultipleChoice", "multiple-choice", "AutoTokenizer"),
    ("ForImageClassification", "AutoModelForImageClassification", "image-classification", "AutoImageProcessor"),
    ("ForObjectDetection", "AutoModelForObjectDetection", "object-detection", "AutoImageProcessor"),
    ("ForSemanticSegmentation", "AutoModelForSemanticSegmentation", "image-segmentation", "AutoImageProcessor"),
    ("ForDepthEstimation", "AutoModelForDepthEstimation", "depth-estimation", "AutoImageProcessor"),
    ("ForAudioClassification", "AutoModelForAudioClassification", "audio-classification", "AutoProcessor"),
    ("ForCTC", "AutoModelForCTC", "automatic-speech-recognition", "AutoProcessor"),
    ("CLIPModel", "AutoModelForZeroShotImageClassification", "zero-shot-image-classification", "AutoProcessor"),
    ("SiglipModel", "AutoModelForZeroShotImageClassification", "zero-shot-image-classification", "AutoProcessor"),
    ("Model", "AutoModel", "feature-extraction", "AutoTokenizer"),
)
_TO_TEXT: Final = frozenset({
    "t5", "mt5", "umt5", "longt5", "switch_transformers", "bart", "mbart", "led", "pegasus", "pegasus_x", "blenderbot",
    "marian", "m2m_100", "nllb-moe", "prophetnet", "bigbird_pegasus", "plbart", "fsmt",
})  # fmt: skip
_SPEECH: Final = frozenset(["whisper", "speech_to_text", "moonshine", "speecht5"])
_CONDITIONAL: Final = "ForConditionalGeneration"
#: `task_type` of an adapter's configuration (peft) -> task.
_OF_ADAPTER: Final = {
    "CAUSAL_LM": "text-generation", "SEQ_CLS": "text-classification", "TOKEN_CLS": "token-classification",
    "SEQ_2_SEQ_LM": "text2text-generation", "QUESTION_ANS": "question-answering", "FEATURE_EXTRACTION": "feature-extraction",
}  # fmt: skip
#: A file whose presence says the library; the first that is there.
_OF_FILES: Final = (
    ("adapter_config.json", "peft"),
    ("model_index.json", "diffusers"),
    ("modules.json", "sentence-transformers"),
    ("config_sentence_transformers.json", "sentence-transformers"),
    ("open_clip_config.json", "open_clip"),
)
_PIPELINES: Final = (("Img2Img", "image-to-image"), ("Inpaint", "image-to-image"), ("Video", "text-to-video"))
_BITS: Final = ("load_in_4bit", "load_in_8bit")
ENCODERS: Final = ("bert", "nomic-bert", "jina-bert-v2")


def transformers_info(config: Mapping[str, Any]) -> dict[str, str]:
    """`{auto_model, custom_class?, pipeline_tag, processor}` of a configuration; {} where it says nothing."""
    names = config.get("architectures")
    name = names[0] if isinstance(names, list) and names and isinstance(names[0], str) else ""
    found = _of_class(name, str(config.get("model_type", "")))
    mapped = config.get("auto_map")
    custom = next((one for one in mapped.values() if isinstance(one, str)), "") if isinstance(mapped, dict) else ""
    return found | ({"custom_class": custom[:200]} if found and custom else {})


def _of_class(name: str, model_type: str) -> dict[str, str]:
    if name.endswith(_CONDITIONAL):
        if model_type in _TO_TEXT:
            return _info("AutoModelForSeq2SeqLM", "text2text-generation", "AutoTokenizer")
        if model_type in _SPEECH:
            return _info("AutoModelForSpeechSeq2Seq", "automatic-speech-recognition", "AutoProcessor")
        return _info("AutoModelForImageTextToText", "image-text-to-text", "AutoProcessor")
    for ending, auto, task, processor in _BY_CLASS:
        if name.endswith(ending):
            return _info(auto, task, processor)
    return {}


def _info(auto: str, task: str, processor: str) -> dict[str, str]:
    return {"auto_model": auto, "pipeline_tag": task, "processor": processor}


def library_of(files: Collection[str], config: Mapping[str, Any], has_gguf: bool) -> str:
    """The library by which the files are used; "" where they do not say."""
    for name, library in _OF_FILES:
        if name in files:
            return library
    if "pretrained_cfg" in config or ("architecture" in config and "num_classes" in config):
        return "timm"
    if "model_type" in config or "architectures" in config:
        return "transformers"
    return "gguf" if has_gguf else "transformers" if "config.json" in files else ""


def task_of(library: str, info: Mapping[str, str], config: Mapping[str, Any], gguf: Mapping[str, Any]) -> str:
    """What a model is for; "" where its files do not say."""
    if library == "sentence-transformers":
        return "sentence-similarity"
    if library == "diffusers":
        pipeline = str(config.get("diffusers", {}).get("_class_name", ""))
        return next((task for word, task in _PIPELINES if word in pipeline), "text-to-image" if pipeline else "")
    if library == "peft":
        return _OF_ADAPTER.get(str(config.get("peft", {}).get("task_type", "")), "")
    if library == "timm":
        return "image-classification"
    if info:
        return info["pipeline_tag"]
    if gguf.get("architecture"):
        return "feature-extraction" if gguf["architecture"] in ENCODERS else "text-generation"
    return ""


def tags_of(files: Collection[str], config: Mapping[str, Any], task: str) -> tuple[str, ...]:
    """Tags that follow from files, as the public hub makes them."""
    names = [path.lower() for path in files]
    made = ["pytorch"] * any(name.rpartition("/")[2] == "pytorch_model.bin" for name in names)
    made += ["onnx"] * any(name.endswith(".onnx") for name in names)
    made += ["tensorboard"] * any("events.out.tfevents" in name for name in names)
    kind = config.get("model_type")
    made += [kind] if isinstance(kind, str) else []
    made += ["custom_code"] * isinstance(config.get("auto_map"), dict)
    tokenizer = config.get("tokenizer_config", {})
    made += ["conversational"] * (task == "text-generation" and "chat_template" in tokenizer)
    quantised = config.get("quantization_config", {})
    if quantised:
        made += [str(quantised["quant_method"])[:50]] if isinstance(quantised.get("quant_method"), str) else []
        bits = quantised.get("bits") or (4 if quantised.get(_BITS[0]) else 8 if quantised.get(_BITS[1]) else None)
        made += [f"{bits}-bit"] if bits in (2, 3, 4, 8) else []
    return tuple(dict.fromkeys(one for one in made if one))


#: `size_categories` of data sets.
_SIZES: Final = (
    (1_000, "n<1K"), (10_000, "1K<n<10K"), (100_000, "10K<n<100K"), (1_000_000, "100K<n<1M"), (10_000_000, "1M<n<10M"),
    (100_000_000, "10M<n<100M"), (1_000_000_000, "100M<n<1B"),
)  # fmt: skip
_FORMATS: Final = ((".parquet", "parquet"), (".jsonl", "json"), (".json", "json"), (".csv", "csv"), (".txt", "text"))
_NO_DATA: Final = ("dataset_infos.json", "dataset_info.json", ".huggingface.yaml")


def size_category(rows: int) -> str:
    return next((word for bound, word in _SIZES if rows < bound), "n>1B")


def dataset_tags(files: Collection[str], rows: int | None) -> tuple[str, ...]:
    """`format:` by the files there are most of, `size_categories:` by counted rows."""
    counts: dict[str, int] = {}
    for path in files:
        if path.rpartition("/")[2] not in _NO_DATA:
            word = next((word for ending, word in _FORMATS if path.lower().endswith(ending)), None)
            counts |= {word: counts.get(word, 0) + 1} if word else {}
    most = max(counts, key=lambda word: counts[word], default="")
    made = (f"format:{most}",) if most else ()
    return made if rows is None else (*made, f"size_categories:{size_category(rows)}")
