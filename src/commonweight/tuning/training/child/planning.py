"""How this machine trains it: decided once, by what is there."""

from __future__ import annotations

import importlib.util
from dataclasses import replace

import torch

from commonweight.tuning.training.errors import Code, TrainingFailed
from commonweight.tuning.training.estimate import SHARE, cut_batch
from commonweight.tuning.training.machine import Machine, look
from commonweight.tuning.training.plan import Plan
from commonweight.tuning.training.shape import read_shape
from commonweight.tuning.training.values import TrainingSpec
from commonweight.tuning.values import Form

GIB = 1 << 30


def plan_for(spec: TrainingSpec, longest: int, workers: int = 1) -> Plan:
    """
    The plan that stands in the folder, or a new one, written. `longest` is the longest row, in tokens. `spec.batch_size` is
    the part of each of the `workers`.

    Raises TrainingFailed(out_of_memory) when not even one example at a time fits.
    """
    if (standing := Plan.read(spec.folder)) is not None and standing.workers == workers:
        return standing
    plan = _precision(spec.form)
    machine = look_with_torch(plan)
    cut = cut_batch(read_shape(spec.base), spec, machine, longest)
    if machine.memory_free is not None and cut.memory_bytes > machine.memory_free * SHARE:
        raise TrainingFailed(
            Code.OUT_OF_MEMORY,
            f"The training needs {cut.memory_bytes / GIB:.1f} GB of memory, {machine.memory_free / GIB:.1f} GB are free.",
            "Choose a smaller base or a lower max_tokens, or free memory.",
        )
    parts = spec.batch_size // cut.micro_batch
    plan = replace(plan, micro_batch=cut.micro_batch, accumulation=parts, activation_checkpointing=cut.checkpointing)
    plan = replace(plan, workers=workers)
    plan.write(spec.folder)
    return plan


def look_with_torch(plan: Plan) -> Machine:
    """As torch sees the machine: a driver alone does not make it use the GPU."""
    if plan.device == "cpu":
        machine = look()
        return machine if machine.device == "cpu" else Machine("cpu", None)
    free, _ = torch.cuda.mem_get_info()
    return Machine("cuda", free, torch.cuda.get_device_name(0))


def _precision(form: Form) -> Plan:
    if torch.cuda.is_available():
        return on_gpu(form, torch.cuda.is_bf16_supported(), importlib.util.find_spec("flash_attn") is not None)
    return Plan(device="cpu", dtype="float32", autocast=cpu_computes_bfloat16())


def on_gpu(form: Form, bfloat16: bool, flash: bool) -> Plan:
    """
    bfloat16 where the GPU has it. A frozen base is loaded so, a trained one in float32: small steps would be lost in
    rounding. Flash attention where it is installed (it computes in 16 bits alone), torch's own otherwise.
    """
    if not bfloat16:
        return Plan(device="cuda", dtype="float32")
    dtype = "float32" if form is Form.FULL else "bfloat16"
    return Plan(device="cuda", dtype=dtype, autocast=True, attention="flash_attention_2" if flash else "sdpa")


def cpu_computes_bfloat16() -> bool:
    """AMX, or AVX-512 with bfloat16: elsewhere it would be imitated, slower than float32."""
    checks = (getattr(torch.cpu, name, None) for name in ("_is_amx_tile_supported", "_is_avx512_bf16_supported"))
    return any(check() for check in checks if check is not None)
