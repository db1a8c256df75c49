from __future__ import annotations

import dataclasses
import json

import pytest

from training.tool_calls import (
    Score,
    argument_problems,
    argument_score,
    find_json_objects,
    find_tool_calls,
    json_validity_score,
    require_schema,
    structure_of,
    tool_selection_score,
)

SCHEMA = {
    "weather": {"city": "str", "days": "int"},
    "scale": {"factor": "float", "exact": "bool"},
    "now": {},
}
CALL = '{"tool": "weather", "arguments": {"city": "Paris", "days": 3}}'
# Deeper than any reader follows.
TOO_DEEP = 200_000


def call(tool: str, /, **arguments: object) -> str:
    return json.dumps({"tool": tool, "arguments": arguments})


@pytest.mark.parametrize("text", [CALL, "[1, 2.5e3, null, true]", ' "a" \n', '{"a": 1, "a": 2}'])
def test_a_text_that_is_json_is_wholly_valid(text):
    assert json_validity_score(text) == Score(1.0, "JSON")


@pytest.mark.parametrize(
    ("text", "value", "reason"),
    [
        ("", 0, "no JSON at character 0: Expecting value"),
        ("no", 0, "no JSON at character 0: Expecting value"),
        ("[1, x]", 4 / 7, "no JSON at character 4: Expecting value"),
        ('{"a" 1}', 5 / 8, "no JSON at character 5: Expecting ':' delimiter"),
        ("[1, 2", 5 / 6, "no JSON at character 5: Expecting ',' delimiter"),
        ("[1] [2]", 4 / 8, "no JSON at character 4: Extra data"),
        ("[NaN]", 0, "no JSON: NaN is no number"),
        ("[-Infinity]", 0, "no JSON: -Infinity is no number"),
    ],
)
def test_a_text_that_is_not_json_scores_the_share_before_the_first_error(text, value, reason):
    score = json_validity_score(text)
    assert score.value == value
    assert score.reason == reason


def test_a_text_nested_too_deep_to_read_is_not_valid():
    score = json_validity_score("[" * TOO_DEEP)
    assert score.value == 0
    assert score.reason.startswith("no JSON: ")


def test_no_call_that_ends_too_early_is_wholly_valid():
    assert all(0 <= json_validity_score(CALL[:end]).value < 1 for end in range(len(CALL)))


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        (CALL, Score(1.0, "calls 'weather'")),
        (f"I look it up: {CALL}.", Score(1.0, "calls 'weather'")),
        (f'"{CALL}"', Score(1.0, "calls 'weather'")),
        (call("now"), Score(0.0, "calls 'now', expected 'weather'")),
        ("weather", Score(0.0, "0 tool calls, expected 1")),
        (CALL[:-1], Score(0.0, "0 tool calls, expected 1")),
        (CALL + CALL, Score(0.0, "2 tool calls, expected 1")),
    ],
)
def test_tool_selection_scores_one_for_the_expected_tool_alone(text, wanted):
    assert tool_selection_score(text, "weather") == wanted


@pytest.mark.parametrize(
    ("text", "value", "reason"),
    [
        (CALL, 1, "every argument fits"),
        (call("now"), 1, "every argument fits"),
        (call("scale", factor=2, exact=False), 1, "every argument fits"),
        (call("weather", city="Paris"), 1 / 2, "days is missing"),
        (call("now", zone="UTC"), 0, "zone is no argument of 'now'"),
        (
            call("weather", city="Paris", days=3, unit="C", zone=1),
            1 / 2,
            "unit is no argument of 'weather'; zone is no argument of 'weather'",
        ),
        (call("weather", city=3, days=3), 1 / 2, "city must be str, got 3"),
        (
            call("weather", city=["Paris"], days="3"),
            0,
            'city must be str, got ["Paris"]; days must be int, got "3"',
        ),
        (
            call("weather", place="Paris", days=3.0),
            0,
            "city is missing; days must be int, got 3.0; place is no argument of 'weather'",
        ),
        (call("dance"), 0, "unknown tool 'dance'"),
        ("[]", 0, "0 tool calls, expected 1"),
        (CALL * 3, 0, "3 tool calls, expected 1"),
    ],
)
def test_argument_score_is_the_share_of_arguments_that_are_right(text, value, reason):
    score = argument_score(text, SCHEMA)
    assert score.value == pytest.approx(value)
    assert score.reason == reason


@pytest.mark.parametrize(
    ("type_name", "fitting"),
    [
        ("int", ["-3", "0", "1" + "0" * 400]),
        ("float", ["-3", "0", "1" + "0" * 400, "2.5", "1e3"]),
        ("str", ['""', '"1"']),
        ("bool", ["true", "false"]),
    ],
)
def test_a_value_fits_its_type_and_no_other(type_name, fitting):
    written = ["-3", "0", "1" + "0" * 400, "2.5", "1e3", "1e999", "-1e999", '""', '"1"']
    written += ["true", "false", "null", "[1]", '{"a": 1}']
    texts = {text: f'{{"tool": "t", "arguments": {{"a": {text}}}}}' for text in written}
    schema = {"t": {"a": type_name}}
    values = {text: argument_score(whole, schema).value for text, whole in texts.items()}
    assert [text for text, value in values.items() if value == 1] == fitting
    assert {values[text] for text in written if text not in fitting} == {0}


def test_argument_problems_are_listed_by_name():
    (found,) = find_tool_calls(call("weather", zone=1, days=True))
    assert argument_problems(found, SCHEMA) == [
        "city is missing",
        "days must be int, got true",
        "zone is no argument of 'weather'",
    ]


def test_a_schema_needs_a_tool_and_types_that_are_known(refusal):
    assert refusal(lambda: require_schema({})) == "schema must have a tool, got none"
    wanted = "schema['t']['a'] must be one of int, float, str, bool, got 'integer'"
    assert refusal(lambda: argument_score(CALL, {"t": {"b": "int", "a": "integer"}})) == wanted
    assert require_schema(SCHEMA) is None


@pytest.mark.parametrize(
    "text",
    [
        CALL,
        '{"arguments":{"city":"Paris","days":3},"tool":"weather"}',
        '{ "tool"\n:\t"weather"\r, "arguments" : { "city" : "Paris" , "days" : 3 } }',
    ],
)
def test_a_call_is_found_with_the_places_of_its_name_and_values(text):
    (found,) = find_tool_calls(f"ä {text}{text[:7]}")
    written = f"ä {text}"
    assert found.tool == "weather"
    assert found.arguments == {"city": "Paris", "days": 3}
    assert written[slice(*found.tool_span)] == '"weather"'
    assert [written[slice(*span)] for span in found.argument_spans] == ['"Paris"', "3"]


def test_values_that_look_like_json_are_only_values():
    arguments = {"a": '}, "tool": "x"', "tool": {"b": [1, {"c": "}"}]}, "d": '\\"'}
    text = call('say "hi" \\', **arguments)
    (found,) = find_tool_calls(text)
    assert found.tool == 'say "hi" \\'
    assert found.arguments == arguments
    spans = [json.loads(text[slice(*span)]) for span in found.argument_spans]
    assert spans == list(arguments.values())


def test_a_call_without_arguments_has_no_place_for_them():
    for text in (call("now"), '{"tool": "now", "arguments": {  }}'):
        (found,) = find_tool_calls(text)
        assert found.arguments == {}
        assert list(found.argument_spans) == []


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{}",
        '{"tool": "now"}',
        '{"arguments": {}}',
        '{"tool": "now", "arguments": {}, "id": 1}',
        '{"tool": 1, "arguments": {}}',
        '{"tool": "now", "arguments": []}',
        '{"tool": "now", "tool": {}, "arguments": {}}',
        '{"tool": "now", "arguments": {}, "arguments": {}}',
        '{"tool": "now", "arguments": {"a": 1, "a": 2}}',
        '{"tool": "now", "arguments": {"a": NaN}}',
        f'{{"calls": [{CALL}]}}',
    ],
)
def test_an_object_of_another_shape_is_no_call(text):
    assert find_tool_calls(text) == []


def test_objects_are_found_between_other_text_and_after_broken_ones():
    text = 'a {"b": {"c": 1}}{} } {"d": {"e": 2} {"f": NaN} {{}'
    found = [text[slice(*span)] for span in find_json_objects(text)]
    assert found == ['{"b": {"c": 1}}', "{}", '{"e": 2}', "{}"]


def test_an_object_nested_too_deep_to_read_is_passed_over():
    text = '{"a":' + "[" * TOO_DEEP + '{"b": 1}'
    assert [text[slice(*span)] for span in find_json_objects(text)] == ['{"b": 1}']


def test_structure_is_punctuation_outside_of_strings_and_the_quotes_around_them():
    before, text = '"{x', r'{"a\"": [1.5, "{:,}", null, ""], "b\\": {"c" : true}}'
    marks = r"^^   ^^ ^   ^ ^    ^^     ^ ^^^^ ^   ^^ ^^ ^ ^     ^^"
    structure = structure_of(before + text + '"[', find_json_objects(before + text)[0])
    assert len(marks) == len(text)
    assert structure == [len(before) + at for at, mark in enumerate(marks) if mark == "^"]


def test_a_call_is_a_frozen_record():
    (found,) = find_tool_calls(CALL)
    with pytest.raises(dataclasses.FrozenInstanceError):
        found.tool = "now"
    assert not hasattr(found, "__dict__")
