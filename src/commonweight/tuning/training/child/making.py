"""What remains of a training: the adapter in PEFT's layout, and merged weights as floats."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

from commonweight.tuning.training.folders import ADAPTER, ADAPTER_FILES, MERGED
from commonweight.tuning.training.values import TrainingSpec
from commonweight.tuning.values import Form

# What a model needs beside its weights; a card or a licence of the base is not that of its child.
BESIDE = ("config.json", "generation_config.json", "tokenizer*", "special_tokens_map.json", "added_tokens.json")
BESIDE_MORE = ("chat_template*", "vocab*", "merges.txt", "*.model")


def save_adapter(model: Any, folder: Path) -> Path:
    """`adapter/` with PEFT's two files. Where the base lay on this machine is nobody's business: that is left out."""
    adapter = folder / ADAPTER
    shutil.rmtree(adapter, ignore_errors=True)
    model.save_pretrained(adapter, safe_serialization=True, selected_adapters=["default"], save_embedding_layers=False)
    for file in adapter.iterdir():
        if file.is_dir():
            shutil.rmtree(file)
        elif file.name not in ADAPTER_FILES:
            file.unlink()
    described = adapter / ADAPTER_FILES[0]
    config = json.loads(described.read_bytes())
    config["base_model_name_or_path"] = None
    described.write_text(json.dumps(config, indent=2, sort_keys=True) + "\n")
    return adapter


def save_merged(spec: TrainingSpec, adapter: Path | None, model: Any) -> Path:
    """
    `merged/`: the base with what was learned, in the base's own floats. Configuration, tokenizer and template are the
    base's, byte for byte: they are those that were trained with.

    A LoRA is merged into the base as it was given, never into one of four bits.
    """
    import torch
    from peft import PeftModel
    from transformers import AutoModelForCausalLM

    merged = spec.folder / MERGED
    shutil.rmtree(merged, ignore_errors=True)
    if adapter is not None:
        base = AutoModelForCausalLM.from_pretrained(spec.base, dtype=torch.float32, local_files_only=True)
        model = PeftModel.from_pretrained(base, adapter).merge_and_unload()
    dtype = stored_dtype(spec.base)
    model.to(getattr(torch, dtype)).save_pretrained(merged, safe_serialization=True)
    for file in (found for names in (*BESIDE, *BESIDE_MORE) for found in spec.base.glob(names)):
        if file.is_file():
            shutil.copyfile(file, merged / file.name)
    return merged


def stored_dtype(base: Path) -> str:
    """In which floats a base is stored: float32, float16, bfloat16."""
    from commonweight.tuning.training.shape import read_head

    names = {"F32": "float32", "F16": "float16", "BF16": "bfloat16"}
    counted: dict[str, int] = {}
    for file in base.glob("*.safetensors"):
        for _, dtype, _ in read_head(file):
            counted[dtype] = counted.get(dtype, 0) + 1
    known = {dtype: count for dtype, count in counted.items() if dtype in names}
    return names[max(known, key=lambda dtype: known[dtype])] if known else "float32"


def hyperparameters(spec: TrainingSpec, model: Any, arguments: Any, total: int) -> dict[str, Any]:
    """As they were used, not as they were asked for."""
    used: dict[str, Any] = {
        "method": spec.method.value,
        "form": spec.form.value,
        "epochs": spec.epochs,
        "steps": total,
        "batch_size": arguments.per_device_train_batch_size * arguments.gradient_accumulation_steps * arguments.world_size,
        "workers": arguments.world_size,
        "micro_batch": arguments.per_device_train_batch_size,
        "learning_rate": spec.learning_rate,
        "schedule": str(arguments.lr_scheduler_type.value),
        "warmup_steps": int(arguments.warmup_steps),
        "optimizer": str(arguments.optim.value if hasattr(arguments.optim, "value") else arguments.optim),
        "weight_decay": arguments.weight_decay,
        "max_grad_norm": arguments.max_grad_norm,
        "seed": spec.seed,
        "max_tokens": spec.max_tokens,
    }
    if spec.form is not Form.FULL:
        config = model.peft_config["default"]
        used |= {"rank": config.r, "alpha": config.lora_alpha, "dropout": config.lora_dropout}
        used["target_modules"] = sorted(config.target_modules)
    if spec.method.value == "dpo":
        used["beta"] = spec.beta
    return used
