from __future__ import annotations

import dataclasses
import math
from dataclasses import asdict
from typing import Any

import pytest

from training.config import (
    CheckpointSettings,
    Config,
    CurriculumSettings,
    OptimizerSettings,
    QATSettings,
    TrainingSettings,
)
from training.gqa_transformer import ModelConfig

MODEL = ModelConfig(
    vocabulary_size=11,
    width=8,
    layers=1,
    heads=2,
    kv_heads=1,
    feed_forward_width=6,
    max_positions=8,
)


def make_config(**sections: Any) -> Config:
    return Config(**({"model": MODEL, "training": TrainingSettings(steps=10)} | sections))


def test_what_is_not_set_has_these_values():
    config = asdict(make_config())
    del config["model"]
    assert config == {
        "training": {
            "steps": 10,
            "batch_size": 8,
            "accumulation_steps": 1,
            "seed": 0,
            "precision": "float32",
            "log_every": 10,
            "evaluate_every": 50,
            "patience": None,
        },
        "optimizer": {
            "learning_rate": 1e-3,
            "final_share": 0.1,
            "warmup_steps": 0,
            "weight_decay": 0.01,
            "beta1": 0.9,
            "beta2": 0.95,
            "epsilon": 1e-8,
            "max_gradient_norm": 1.0,
        },
        "curriculum": {"lengths": (), "steps_each": 100},
        "kd": {
            "temperature": 2.0,
            "kl_weight": 0.4,
            "ce_teacher_weight": 0.2,
            "ce_ground_truth_weight": 0.4,
        },
        "qat": {"start_step": None},
        "checkpoints": {"every": 100, "keep": 2},
        "tracing": {"tensorboard": False, "wandb": False},
        "data": {"train": None, "held_out": None, "teacher": None},
    }


def test_neither_a_config_nor_a_section_can_be_changed_or_extended():
    config = make_config()
    sections = [getattr(config, field.name) for field in dataclasses.fields(config)]
    assert len(sections) == 9
    for settings in (config, *sections):
        with pytest.raises(dataclasses.FrozenInstanceError):
            setattr(settings, dataclasses.fields(settings)[0].name, 1)
        assert not hasattr(settings, "__dict__")


@pytest.mark.parametrize(
    ("kind", "name", "value", "rule"),
    [
        (TrainingSettings, "steps", 0, "a whole number of at least 1"),
        (TrainingSettings, "batch_size", 0, "a whole number of at least 1"),
        (TrainingSettings, "accumulation_steps", 0, "a whole number of at least 1"),
        (TrainingSettings, "seed", -1, f"a whole number from 0 to {2**64 - 1}"),
        (TrainingSettings, "seed", 2**64, f"a whole number from 0 to {2**64 - 1}"),
        (TrainingSettings, "precision", "float16", "one of float32, bfloat16"),
        (TrainingSettings, "log_every", 0, "a whole number of at least 1"),
        (TrainingSettings, "evaluate_every", 0, "a whole number of at least 1"),
        (TrainingSettings, "patience", 0, "a whole number of at least 1"),
        (OptimizerSettings, "learning_rate", 0.0, "a finite number above 0"),
        (OptimizerSettings, "final_share", -0.1, "a finite number from 0 to 1"),
        (OptimizerSettings, "final_share", 1.1, "a finite number from 0 to 1"),
        (OptimizerSettings, "warmup_steps", -1, "a whole number of at least 0"),
        (OptimizerSettings, "weight_decay", -0.1, "a finite number from 0 to inf"),
        (OptimizerSettings, "beta1", -0.1, "a finite number from 0 to 0.9999"),
        (OptimizerSettings, "beta1", 1.0, "a finite number from 0 to 0.9999"),
        (OptimizerSettings, "beta2", -0.1, "a finite number from 0 to 0.9999"),
        (OptimizerSettings, "beta2", 1.0, "a finite number from 0 to 0.9999"),
        (OptimizerSettings, "epsilon", 0.0, "a finite number above 0"),
        (OptimizerSettings, "max_gradient_norm", math.inf, "a finite number above 0"),
        (CurriculumSettings, "steps_each", 0, "a whole number of at least 1"),
        (QATSettings, "start_step", 0, "a whole number of at least 1"),
        (CheckpointSettings, "every", 0, "a whole number of at least 1"),
        (CheckpointSettings, "keep", 1, "a whole number of at least 2"),
    ],
)
def test_a_setting_out_of_range_is_refused(refusal, kind, name, value, rule):
    required = {"steps": 1} if kind is TrainingSettings else {}
    wanted = f"{name} must be {rule}, got {value!r}"
    assert refusal(lambda: kind(**(required | {name: value}))) == wanted


def test_the_ends_of_the_ranges_are_allowed():
    training = TrainingSettings(1, 1, 1, 2**64 - 1, "bfloat16", 1, 1, 1)
    optimizer = OptimizerSettings(1e-30, 0, 1, 0, 0, 0, 1e-30, 1e-30)
    most = OptimizerSettings(final_share=1, beta1=0.9999, beta2=0.9999)
    curriculum = CurriculumSettings((1, 8), 1)
    config = make_config(
        training=training,
        optimizer=optimizer,
        curriculum=curriculum,
        qat=QATSettings(1),
        checkpoints=CheckpointSettings(1, 2),
    )
    assert config.training.seed == 2**64 - 1
    assert (most.final_share, config.optimizer.final_share) == (1, 0)


@pytest.mark.parametrize(
    ("lengths", "wanted"),
    [
        ((0, 4), "lengths must be a whole number of at least 1, got 0"),
        ((4, 2.5), "lengths must be a whole number of at least 1, got 2.5"),
        ((4, 4), "lengths must rise, got [4, 4]"),
        ((2, 4, 3), "lengths must rise, got [2, 4, 3]"),
    ],
)
def test_the_lengths_of_a_curriculum_rise(refusal, lengths, wanted):
    assert refusal(lambda: CurriculumSettings(lengths)) == wanted


def test_each_length_of_a_curriculum_lasts_its_steps_and_then_all_is_read():
    curriculum = CurriculumSettings((2, 5), steps_each=3)
    assert [curriculum.length_at(step) for step in range(1, 9)] == [2, 2, 2, 5, 5, 5, None, None]
    assert CurriculumSettings().length_at(1) is None


def test_the_model_is_quantised_from_its_step_on_or_never():
    assert [QATSettings(3).is_on(step) for step in (1, 2, 3, 4)] == [False, False, True, True]
    assert not QATSettings().is_on(1)


@pytest.mark.parametrize(
    ("sections", "wanted"),
    [
        (
            {"optimizer": OptimizerSettings(warmup_steps=11)},
            "optimizer.warmup_steps must be a whole number from 0 to 10, got 11",
        ),
        (
            {"curriculum": CurriculumSettings((8, 9))},
            "curriculum.lengths must be a whole number from 1 to 8, got 9",
        ),
        (
            {"qat": QATSettings(11)},
            "qat.start_step must be a whole number from 1 to 10, got 11",
        ),
    ],
)
def test_sections_must_fit_each_other(refusal, sections, wanted):
    assert refusal(lambda: make_config(**sections)) == wanted


def test_a_warm_up_and_a_quantisation_may_fill_the_run_or_be_its_last_step():
    config = make_config(optimizer=OptimizerSettings(warmup_steps=10), qat=QATSettings(10))
    assert config.optimizer.warmup_steps == config.qat.start_step == config.training.steps
