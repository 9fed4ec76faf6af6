"""TRL's trainers, set up for a spec and a plan."""

from __future__ import annotations

import copy
import math
from pathlib import Path
from typing import Any

from datasets import Dataset
from peft import LoraConfig, PeftModel, prepare_model_for_kbit_training
from trl import DPOConfig, DPOTrainer, SFTConfig, SFTTrainer
from trl.trainer.sft_trainer import DataCollatorForLanguageModeling

from commonweight.tuning.training.child.watching import Watching
from commonweight.tuning.training.plan import Plan
from commonweight.tuning.training.values import TrainingSpec
from commonweight.tuning.values import Form, Method

WARM_UP = 0.05  # of the steps, ten at most: the first gradients of a fresh LoRA are wild
MOST_WARM_UP = 10
ADAPTER_WEIGHTS = "adapter_model.safetensors"


class Supervised(SFTTrainer):  # type: ignore[misc]  # trl is not read by the type checker
    """Rows come with their labels, so nothing is prepared."""

    watching: Watching

    def training_step(self, model: Any, inputs: Any, *args: Any, **kwargs: Any) -> Any:
        self.watching.count(inputs)
        return super().training_step(model, inputs, *args, **kwargs)

    def _prepare_dataset(self, dataset: Any, *args: Any, **kwargs: Any) -> Any:
        return dataset


class Preferring(DPOTrainer):  # type: ignore[misc]
    """Pairs come as tokens: the same writing as for supervised rows."""

    watching: Watching

    def training_step(self, model: Any, inputs: Any, *args: Any, **kwargs: Any) -> Any:
        self.watching.count(inputs)
        return super().training_step(model, inputs, *args, **kwargs)

    def _prepare_dataset(self, dataset: Any, *args: Any, **kwargs: Any) -> Any:
        return dataset


def total_steps(spec: TrainingSpec, rows: int) -> int:
    return spec.max_steps or math.ceil(rows / spec.batch_size) * spec.epochs


def build(
    spec: TrainingSpec,
    plan: Plan,
    output: Path,
    model: Any,
    tokenizer: Any,
    rows: list[dict[str, Any]],
    held_out: list[dict[str, Any]],
) -> Any:
    """
    A trainer whose `train` runs the whole spec. `model` is the base, or a PEFT model to go on with; a LoRA is put on here,
    after the seed. `tokenizer` has its padding token set.
    """
    values = _arguments(spec, plan, output, total_steps(spec, len(rows)), evaluating=bool(held_out))
    given: dict[str, Any] = {
        "model": model,
        "processing_class": tokenizer,
        "train_dataset": Dataset.from_list(rows),
        "eval_dataset": Dataset.from_list(held_out) if held_out else None,
        "peft_config": None if spec.form is Form.FULL or isinstance(model, PeftModel) else lora(spec),
    }
    if spec.method is Method.DPO:
        # A LoRA is its own reference, switched off; a whole model is compared with itself as it was.
        reference = copy.deepcopy(model) if spec.form is Form.FULL else None
        return Preferring(args=DPOConfig(**values, beta=spec.beta, max_length=None), ref_model=reference, **given)
    collator = DataCollatorForLanguageModeling(pad_token_id=tokenizer.pad_token_id)
    return Supervised(args=SFTConfig(**values, max_length=None), data_collator=collator, **given)


def lora(spec: TrainingSpec) -> LoraConfig:
    """On all linear layers; no bias, no rsLoRA, no DoRA: what GGUF can carry exactly."""
    return LoraConfig(r=spec.rank, lora_alpha=spec.alpha, target_modules="all-linear", task_type="CAUSAL_LM")


def for_training(base: Any, spec: TrainingSpec, plan: Plan) -> Any:
    """The base, made ready; with the adapter to go on from, where there is one."""
    if spec.form is Form.QLORA:
        base = prepare_model_for_kbit_training(base, use_gradient_checkpointing=plan.activation_checkpointing)
    if spec.adapter is None:
        return base
    if spec.form is Form.FULL:
        return PeftModel.from_pretrained(base, spec.adapter).merge_and_unload()
    return PeftModel.from_pretrained(base, spec.adapter, is_trainable=True)


def _arguments(spec: TrainingSpec, plan: Plan, output: Path, steps: int, *, evaluating: bool) -> dict[str, Any]:
    """What both of TRL's configurations take. Saving and evaluating are decided by `Watching`."""
    return {
        "output_dir": str(output),
        "num_train_epochs": spec.epochs,
        "max_steps": spec.max_steps or -1,
        "per_device_train_batch_size": plan.micro_batch,
        "gradient_accumulation_steps": plan.accumulation,
        "per_device_eval_batch_size": plan.micro_batch,
        "learning_rate": spec.learning_rate,
        "lr_scheduler_type": "linear",
        "warmup_steps": min(MOST_WARM_UP, math.ceil(steps * WARM_UP)),
        "max_grad_norm": 1.0,
        "weight_decay": 0.0,
        "seed": spec.seed,
        "data_seed": spec.seed,
        "use_cpu": plan.device == "cpu",
        "bf16": plan.autocast,
        "gradient_checkpointing": plan.activation_checkpointing,
        "dataloader_num_workers": 0,
        "dataloader_pin_memory": plan.device != "cpu",
        "do_eval": evaluating,
        "eval_strategy": "no",
        "save_strategy": "no",
        "logging_strategy": "steps",
        "logging_steps": 1,
        "logging_nan_inf_filter": False,
        "disable_tqdm": True,
        "report_to": [],
        "remove_unused_columns": False,
    }
