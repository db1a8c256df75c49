from __future__ import annotations

from pathlib import Path

import pytest

from training.config import Config, TrainingSettings
from training.config_files import load_config
from training.gqa_transformer import ModelConfig

SECTIONS = (
    *("model", "training", "optimizer", "curriculum", "kd", "qat", "checkpoints", "tracing"),
    "data",
)

BASE = """\
model:
  vocabulary_size: 11
  width: 8
  layers: 1
  heads: 2
  kv_heads: 1
  feed_forward_width: 6
  max_positions: 8
training:
  steps: 10
"""


@pytest.fixture
def base(tmp_path: Path) -> Path:
    return write(tmp_path, "base.yaml", BASE)


def write(folder: Path, name: str, text: str | bytes) -> Path:
    path = folder / name
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


def test_a_file_sets_what_it_names_and_the_rest_has_its_defaults(base):
    model = ModelConfig(11, 8, 1, 2, 1, 6, 8)
    assert load_config(base) == Config(model=model, training=TrainingSettings(steps=10))


def test_every_kind_of_value_is_read(base, tmp_path):
    over = write(
        tmp_path,
        "over.yaml",
        "model: {halt_head: true, rope_base: 500}\n"
        "training: {precision: bfloat16, patience: 3}\n"
        "optimizer: {learning_rate: 2.5e-4}\n"
        "curriculum: {lengths: [4, 6]}\n"
        "qat: {start_step: null}\n"
        "tracing: {wandb: true}\n"
        "data: {train: rows.jsonl, held_out: null}\n",
    )
    config = load_config(base, over)
    assert config.model.halt_head is True
    assert (config.model.rope_base, type(config.model.rope_base)) == (500.0, float)
    assert (config.training.precision, config.training.patience) == ("bfloat16", 3)
    assert config.optimizer.learning_rate == 2.5e-4
    assert config.curriculum.lengths == (4, 6)
    assert config.qat.start_step is None
    assert config.tracing.wandb is True
    assert (config.data.train, config.data.held_out) == ("rows.jsonl", None)


def test_a_later_file_wins_setting_by_setting(base, tmp_path):
    second = write(tmp_path, "second.yaml", "training: {steps: 20, seed: 1}\nkd: {kl_weight: 1}\n")
    third = write(tmp_path, "third.yaml", "training: {seed: 2}\nkd: {temperature: 3}\n")
    config = load_config(base, second, third)
    assert (config.training.steps, config.training.seed) == (20, 2)
    assert (config.kd.kl_weight, config.kd.temperature) == (1.0, 3.0)
    assert config.model.width == 8


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        (
            "trainig: {steps: 3}",
            f"unknown key trainig, accepted: {', '.join(SECTIONS)}",
        ),
        ("qat: {start: 3}", "unknown key qat.start, accepted: start_step"),
        ("checkpoints: {1: 3}", "unknown key checkpoints.1, accepted: every, keep"),
        ("", "the file must be a mapping of keys to values, got None"),
        ("- 1", "the file must be a mapping of keys to values, got [1]"),
        ("qat:", "qat must be a mapping of keys to values, got None"),
        ("kd: 2", "kd must be a mapping of keys to values, got 2"),
        ("training: {steps: true}", "training.steps must be a whole number, got True"),
        ("training: {steps: 1.0}", "training.steps must be a whole number, got 1.0"),
        ("training: {precision: 16}", "training.precision must be text, got 16"),
        ("training: {patience: x}", "training.patience must be a whole number or null, got 'x'"),
        ("model: {halt_head: 1}", "model.halt_head must be true or false, got 1"),
        (
            "optimizer: {learning_rate: 1e-3}",
            "optimizer.learning_rate must be a number (in YAML 1.0e-3, not 1e-3), got '1e-3'",
        ),
        (
            "kd: {temperature: true}",
            "kd.temperature must be a number (in YAML 1.0e-3, not 1e-3), got True",
        ),
        (
            f"kd: {{temperature: 1{'0' * 400}}}",
            f"kd.temperature must be a number (in YAML 1.0e-3, not 1e-3), got {10**400}",
        ),
        ("curriculum: {lengths: 4}", "curriculum.lengths must be a list of whole numbers, got 4"),
        (
            "curriculum: {lengths: [4, x]}",
            "curriculum.lengths must be a list of whole numbers, got [4, 'x']",
        ),
        ("data: {train: 1}", "data.train must be text or null, got 1"),
        ("kd: {temperature: 0}", "kd.temperature must be a finite number above 0, got 0.0"),
        ("model: {heads: 3}", "model.heads must divide width into even parts, got 3"),
        (
            "kd: {kl_weight: 0, ce_teacher_weight: 0, ce_ground_truth_weight: 0}",
            "kd.kl_weight, ce_teacher_weight, ce_ground_truth_weight are all 0",
        ),
        (
            "qat: {start_step: 11}",
            "qat.start_step must be a whole number from 1 to 10, got 11",
        ),
    ],
)
def test_a_bad_setting_is_refused_with_its_file_key_value_and_what_is_accepted(
    refusal, base, tmp_path, text, wanted
):
    path = write(tmp_path, "bad.yaml", text)
    assert refusal(lambda: load_config(base, path)) == f"{path}: {wanted}"


def test_a_value_is_blamed_on_the_file_that_set_it_last(refusal, base, tmp_path):
    bad = write(tmp_path, "bad.yaml", "training: {batch_size: 0}\nkd: {kl_weight: -1}")
    good = write(tmp_path, "good.yaml", "training: {seed: 1}\nkd: {kl_weight: 1}")
    wanted = f"{bad}: training.batch_size must be a whole number of at least 1, got 0"
    assert refusal(lambda: load_config(base, bad, good)) == wanted


def test_a_value_out_of_range_does_no_harm_when_a_later_file_replaces_it(base, tmp_path):
    bad = write(tmp_path, "bad.yaml", "training: {batch_size: 0}")
    good = write(tmp_path, "good.yaml", "training: {batch_size: 3}")
    assert load_config(base, bad, good).training.batch_size == 3


def test_what_must_be_set_and_is_not_is_listed(refusal, tmp_path):
    one = write(tmp_path, "one.yaml", "model: {width: 8, heads: 2, kv_heads: 1, layers: 1}")
    two = write(tmp_path, "two.yaml", "model: {max_positions: 8}")
    wanted = (
        f"{one} and {two}: model.vocabulary_size, model.feed_forward_width, training.steps "
        "must be set"
    )
    assert refusal(lambda: load_config(one, two)) == wanted


@pytest.mark.parametrize(
    ("content", "cause"),
    [
        (b"training: {steps: 3", "while parsing a flow mapping"),
        (b"training: \xff", "unacceptable character"),
        (b"training: {steps: 2001-13-01}", "month must be in 1..12"),
        (b"training: !!python/name:os.system", "could not determine a constructor"),
    ],
)
def test_a_file_that_is_not_plain_yaml_is_refused(refusal, tmp_path, content, cause):
    path = write(tmp_path, "broken.yaml", content)
    message = refusal(lambda: load_config(path))
    assert message.startswith(f"{path}: not valid YAML: ")
    assert cause in message


def test_a_file_that_cannot_be_read_is_refused(refusal, tmp_path):
    missing = tmp_path / "missing.yaml"
    wanted = f"{missing}: cannot be read: No such file or directory"
    assert refusal(lambda: load_config(missing)) == wanted
    assert refusal(lambda: load_config(tmp_path)) == f"{tmp_path}: cannot be read: Is a directory"
