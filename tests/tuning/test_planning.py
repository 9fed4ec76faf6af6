"""How a machine trains: precision and attention by what a GPU has, parts of a batch by how many train together."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from commonweight.tuning import Form
from commonweight.tuning.training import Plan
from tests.tuning.test_estimating import a_spec, write_base
from tests.tuning.training_world import need_training


@pytest.fixture(autouse=True)
def training() -> None:
    need_training()


@pytest.mark.parametrize(
    ("form", "bfloat16", "flash", "plan"),
    [
        (Form.LORA, True, True, Plan("cuda", "bfloat16", autocast=True, attention="flash_attention_2")),
        (Form.LORA, True, False, Plan("cuda", "bfloat16", autocast=True, attention="sdpa")),
        (Form.QLORA, True, False, Plan("cuda", "bfloat16", autocast=True, attention="sdpa")),
        (Form.FULL, True, True, Plan("cuda", "float32", autocast=True, attention="flash_attention_2")),
        (Form.LORA, False, True, Plan("cuda", "float32", autocast=False, attention="sdpa")),
    ],
)
def test_a_gpu_computes_in_bfloat16_with_flash_attention_where_it_has_them(
    form: Form, bfloat16: bool, flash: bool, plan: Plan
) -> None:
    from commonweight.tuning.training.child.planning import on_gpu

    assert on_gpu(form, bfloat16, flash) == plan


def test_a_plan_for_another_number_of_workers_is_made_anew(tmp_path: Path) -> None:
    from commonweight.tuning.training.child.planning import plan_for

    spec = replace(a_spec(tmp_path, write_base(tmp_path / "base")), batch_size=12)
    spec.folder.mkdir()
    alone = plan_for(spec, longest=50)
    assert (alone.workers, alone.micro_batch * alone.accumulation) == (1, 12)
    assert plan_for(replace(spec, batch_size=99), longest=50) == alone, "it holds to its end"
    of_three = plan_for(replace(spec, batch_size=4), longest=50, workers=3)
    assert (of_three.workers, of_three.micro_batch * of_three.accumulation) == (3, 4)
    assert Plan.read(spec.folder) == of_three


def test_a_batch_is_parted_evenly_and_never_into_nothing() -> None:
    from commonweight.tuning.training.child.together import Together

    assert [Together(0, size).share(10) for size in (1, 2, 3, 99)] == [10, 5, 3, 1]


def test_one_alone_decides_for_itself() -> None:
    from commonweight.tuning.training.child.together import Together

    assert Together().first
    assert Together().step("pause", save=True, read=7) == ("pause", True, 7)
    assert Together().decided("mine") == "mine"
