from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

import pytest
import torch
from tokenizers import Tokenizer, models
from torch.utils.data import DataLoader

from training import dataset as module
from training.dataset import (
    KDDataset,
    Row,
    collate_kd_batch,
    load_tokenizer,
    tokenizer_fingerprint,
    write_jsonl,
)

# Trained once a process, here: before processes are forked for single tests.
load_tokenizer()
ROWS = (Row("add 1 and 2", "3"), Row("weather in Oslo", '{"tool": "weather"}'), Row("p", "c"))


def ids(text: str) -> list[int]:
    return load_tokenizer().encode(text).ids


def written(folder: Path, rows: Sequence[Row] = ROWS) -> Path:
    path = folder / "rows.jsonl"
    write_jsonl(path, rows, load_tokenizer())
    return path


def without_header(folder: Path, *lines: str) -> Path:
    path = folder / "plain.jsonl"
    path.write_text("".join(f"{line}\n" for line in lines))
    return path


def line_of(prompt: str = "p", completion: str = "c") -> str:
    return json.dumps({"prompt": prompt, "completion": completion})


def example(length: int, start: int = 1) -> dict[str, torch.Tensor]:
    tokens = torch.arange(start, start + length)
    mask = torch.ones(length, dtype=torch.bool)
    return {"input_ids": tokens, "labels": tokens + 50, "attention_mask": mask}


def test_labels_are_the_next_tokens_of_the_completion_and_eos(tmp_path):
    item = KDDataset(written(tmp_path), load_tokenizer(), max_length=32)[1]
    prompt, completion = ids("weather in Oslo"), ids('{"tool": "weather"}')
    assert item["input_ids"].tolist() == [1, *prompt, *completion]
    assert item["labels"].tolist() == [-100] * len(prompt) + [*completion, 2]
    assert item["attention_mask"].tolist() == [True] * (1 + len(prompt) + len(completion))


def test_each_label_that_counts_is_the_following_input_id(tmp_path):
    for item in KDDataset(written(tmp_path), load_tokenizer(), max_length=32):
        following = torch.cat([item["input_ids"][1:], torch.tensor([2])])
        counts = item["labels"] != -100
        assert torch.equal(item["labels"][counts], following[counts])
        assert counts[-1]


def test_ids_and_labels_are_int64_and_the_mask_is_bool(tmp_path):
    item = KDDataset(written(tmp_path), load_tokenizer(), max_length=32)[0]
    assert {name: tensor.dtype for name, tensor in item.items()} == {
        "input_ids": torch.int64,
        "labels": torch.int64,
        "attention_mask": torch.bool,
    }


def test_a_data_set_has_a_length_an_order_and_an_end(tmp_path):
    dataset = KDDataset(written(tmp_path), load_tokenizer(), max_length=32)
    assert len(dataset) == 3
    assert dataset.rows == list(ROWS)
    assert dataset.bad == {}
    assert dataset[-1]["input_ids"].tolist() == [1, *ids("p"), *ids("c")]
    with pytest.raises(IndexError):
        dataset[3]


def test_what_a_caller_does_to_an_example_does_not_reach_the_data_set(tmp_path):
    dataset = KDDataset(written(tmp_path), load_tokenizer(), max_length=32)
    for tensor in dataset[0].values():
        tensor.zero_()
    assert dataset[0]["input_ids"].tolist() == [1, *ids("add 1 and 2"), *ids("3")]
    assert dataset[0]["attention_mask"].all()


def test_a_row_of_exactly_the_maximal_length_fits_and_one_token_less_refuses_it(tmp_path, refusal):
    path = without_header(tmp_path, line_of(), line_of("add 1 and 2", "3"))
    needed = 1 + len(ids("add 1 and 2")) + len(ids("3"))
    dataset = KDDataset(path, load_tokenizer(), max_length=needed)
    assert [len(item["input_ids"]) for item in dataset] == [3, needed]
    assert refusal(lambda: KDDataset(path, load_tokenizer(), max_length=needed - 1)) == (
        f"{path}: bad lines: 1, good rows: 1\n"
        f"  line 2: {needed} tokens are more than {needed - 1}\n"
        "mend or delete them, or leave them out with strict=False"
    )


def test_up_to_ten_bad_lines_are_all_listed_in_the_order_of_the_file(tmp_path, refusal):
    lines = [line_of("add 1 and 2", "3"), *[""] * 8, "{}", line_of()]
    path = without_header(tmp_path, *lines)
    assert refusal(lambda: KDDataset(path, load_tokenizer(), max_length=3)).splitlines() == [
        f"{path}: bad lines: 10, good rows: 1",
        f"  line 1: {1 + len(ids('add 1 and 2')) + len(ids('3'))} tokens are more than 3",
        *[f"  line {number}: empty line" for number in range(2, 10)],
        "  line 10: the field prompt is missing",
        "mend or delete them, or leave them out with strict=False",
    ]


def test_of_more_than_ten_bad_lines_the_rest_is_counted(tmp_path, refusal):
    path = without_header(tmp_path, *[""] * 12, line_of())
    assert refusal(lambda: KDDataset(path, load_tokenizer(), max_length=9)).splitlines() == [
        f"{path}: bad lines: 12, good rows: 1",
        *[f"  line {number}: empty line" for number in range(1, 11)],
        "  and 2 more",
        "mend or delete them, or leave them out with strict=False",
    ]


def test_without_strict_the_good_rows_are_used_and_the_bad_ones_kept_and_logged(tmp_path, caplog):
    path = without_header(tmp_path, line_of("a" * 40), line_of(), "{", line_of("q"))
    dataset = KDDataset(path, load_tokenizer(), max_length=9, strict=False)
    assert dataset.rows == [Row("p", "c"), Row("q", "c")]
    assert len(dataset) == 2
    assert list(dataset.bad) == [1, 3]
    assert dataset.bad[3].startswith("not JSON at column 2")
    (record,) = caplog.records
    assert (record.name, record.levelname) == ("training.dataset", "WARNING")
    assert record.getMessage().splitlines() == [
        f"{path}: bad lines: 2, good rows: 2",
        f"  line 1: {dataset.bad[1]}",
        f"  line 3: {dataset.bad[3]}",
        "the bad lines are left out",
    ]


def test_a_file_without_bad_lines_logs_nothing(tmp_path, caplog):
    KDDataset(written(tmp_path), load_tokenizer(), max_length=32, strict=False)
    assert caplog.records == []


@pytest.mark.parametrize("lines", [[], [""]])
def test_a_file_without_a_usable_row_is_refused_even_when_not_strict(tmp_path, refusal, lines):
    path = without_header(tmp_path, *lines)
    wanted = f"{path} holds no usable row"
    assert refusal(lambda: KDDataset(path, load_tokenizer(), 9, strict=False)) == wanted


def test_a_changed_row_is_refused_with_both_fingerprints_even_when_not_strict(tmp_path, refusal):
    path = written(tmp_path)
    promised = json.loads(path.read_text().splitlines()[0])["dataset_fingerprint"]
    path.write_text(path.read_text().replace("Oslo", "Rome"))
    found = module.split_rows(path).fingerprint
    assert found != promised
    assert refusal(lambda: KDDataset(path, load_tokenizer(), 32, strict=False)) == (
        f"{path}: holds 3 rows with the fingerprint {found}, but its header says "
        f"3 rows with {promised}: restore the file, or delete the header if the rows were "
        "changed on purpose"
    )


def test_a_header_that_counts_its_rows_wrongly_is_refused(tmp_path, refusal):
    path = written(tmp_path)
    path.write_text(path.read_text().replace('"rows": 3', '"rows": 4'))
    message = refusal(lambda: KDDataset(path, load_tokenizer(), 32))
    assert message.startswith(f"{path}: holds 3 rows with ")
    assert "but its header says 4 rows with " in message


def test_bad_rows_belong_to_the_rows_that_the_header_counts(tmp_path):
    path = written(tmp_path, [Row("a" * 40, "c"), *ROWS])
    dataset = KDDataset(path, load_tokenizer(), max_length=16, strict=False)
    assert (len(dataset), list(dataset.bad)) == (3, [2])


def test_a_torn_file_names_its_bad_line_before_its_fingerprint(tmp_path, refusal):
    path = written(tmp_path)
    path.write_bytes(path.read_bytes()[:-5])
    assert "  line 4: not JSON" in refusal(lambda: KDDataset(path, load_tokenizer(), 32))
    message = refusal(lambda: KDDataset(path, load_tokenizer(), 32, strict=False))
    assert message.startswith(f"{path}: holds 3 rows with the fingerprint ")


def test_rows_written_for_another_tokenizer_are_refused_with_both_fingerprints(tmp_path, refusal):
    path, other = written(tmp_path), load_tokenizer(300)
    assert refusal(lambda: KDDataset(path, other, 64)) == (
        f"{path}: the tokenizer has the fingerprint {tokenizer_fingerprint(other)}, but the header "
        f"says {tokenizer_fingerprint(load_tokenizer())}: pass the tokenizer that the rows were "
        "written for, or write them again with write_jsonl"
    )


def test_rows_without_a_header_are_read_with_any_tokenizer(tmp_path):
    path = without_header(tmp_path, line_of())
    assert len(KDDataset(path, load_tokenizer(300), 9)) == 1


def test_settings_that_cannot_work_are_refused_by_name(tmp_path, refusal):
    path = written(tmp_path)
    wanted = "max_length must be a whole number of at least 2, got 1"
    assert refusal(lambda: KDDataset(path, load_tokenizer(), 1)) == wanted
    wanted = "tokenizer must have the token <pad> as 0, got None"
    assert refusal(lambda: KDDataset(path, Tokenizer(models.BPE()), 9)) == wanted


def test_a_batch_is_padded_on_the_right_to_its_longest_example():
    batch = collate_kd_batch([example(2), example(3, start=7)])
    assert {name: tensor.tolist() for name, tensor in batch.items()} == {
        "input_ids": [[1, 2, 0], [7, 8, 9]],
        "labels": [[51, 52, -100], [57, 58, 59]],
        "attention_mask": [[True, True, False], [True, True, True]],
    }
    assert [tensor.dtype for tensor in batch.values()] == [torch.int64, torch.int64, torch.bool]


def test_the_padding_id_may_be_chosen_and_changes_nothing_else(refusal):
    examples = [example(2), example(1)]
    batch, usual = collate_kd_batch(examples, pad_id=9), collate_kd_batch(examples)
    assert batch.pop("input_ids").tolist() == [[1, 2], [1, 9]]
    assert usual.pop("input_ids").tolist() == [[1, 2], [1, 0]]
    for name, tensor in batch.items():
        assert torch.equal(tensor, usual[name])
    wanted = "pad_id must be a whole number of at least 0, got -1"
    assert refusal(lambda: collate_kd_batch(examples, pad_id=-1)) == wanted


def test_an_empty_batch_is_refused(refusal):
    wanted = "examples must hold at least one example, got none"
    assert refusal(lambda: collate_kd_batch([])) == wanted


@pytest.mark.parametrize("name", ["labels", "attention_mask"])
def test_an_example_whose_parts_differ_in_length_is_refused(refusal, name):
    broken = example(3) | {name: example(4)[name]}
    wanted = f"{name} of example 1 must have the shape [3] to fit its input_ids, got [4]"
    assert refusal(lambda: collate_kd_batch([example(3), broken])) == wanted


def test_an_example_that_is_empty_or_a_batch_is_refused(refusal):
    wanted = "input_ids of example 0 must not be empty, got the shape [0]"
    assert refusal(lambda: collate_kd_batch([example(0)])) == wanted
    batch = {name: tensor[None] for name, tensor in example(3).items()}
    wanted = "input_ids of example 0 must have the axes [tokens], got the shape [1, 3]"
    assert refusal(lambda: collate_kd_batch([batch])) == wanted


def test_a_loader_makes_every_row_into_batches_once(tmp_path):
    dataset = KDDataset(written(tmp_path), load_tokenizer(), max_length=32)
    loader = DataLoader(dataset, batch_size=2, collate_fn=collate_kd_batch)
    first, second = loader
    assert first["input_ids"].shape == (
        2,
        max(len(dataset[0]["labels"]), len(dataset[1]["labels"])),
    )
    assert second["input_ids"].tolist() == [dataset[2]["input_ids"].tolist()]


def test_all_that_the_module_promises_can_be_imported_from_it():
    assert [name for name in module.__all__ if not hasattr(module, name)] == []
    assert {"KDDataset", "load_tokenizer", "collate_kd_batch"} < set(module.__all__)
