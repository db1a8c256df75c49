"""What each rule checks, why, and how to fix what it finds, in words."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class RuleText:
    """The entry of one rule; `forces` says which verdict it can demand and when."""

    id: str
    title: str
    checks: str
    why: str
    fix: str
    forces: str


CATALOGUE: tuple[RuleText, ...] = (
    RuleText(
        "policy.valid",
        "The policy matches the code",
        "Whether a policy was found, whether it names a mutation core, whether each path of the "
        "core and each `[[path]]` rule matches a measured file, and what it asks below the gate's "
        "own goals. A policy with a mistake in it "
        "is refused before anything runs.",
        "A gate that guards less than its owners believe is worse than none: a mistyped path "
        "would read as a rule kept.",
        "Write the policy (`gate init`), name the files that matter most in `[mutation] core`, "
        "and correct or remove what matches nothing.",
        "nothing; notes and warnings.",
    ),
    RuleText(
        "policy.loosened",
        "The change lowers its own requirements",
        "With `--base`: whether the policy that the change leaves behind asks less than that of the "
        "merge base, which judges. They are compared as they count, not as text: thresholds by "
        "what each file must reach, measured files and core file by file, exclusions and waivers "
        "by what they leave out and until when.",
        "Whoever is judged must not write the rules on the way. A lower threshold is a decision of "
        "its own, and is best seen alone.",
        "Take the loosening back, or put it into a change of its own and let the owners of the "
        "policy merge that by hand, over this finding. It counts from the next change on.",
        "FAIL.",
    ),
    RuleText(
        "policy.changed",
        "Policy edits in this change (not applied)",
        "With `--base`: rules that the change tightens or words otherwise, a second policy file "
        "that would win, a policy from outside the repository, and configuration of coverage.py "
        "that leaves out more. None of them counts in this run.",
        "A reader of the report must know by which rules it was judged.",
        "Nothing; a tightening counts from the next change on.",
        "nothing; notes.",
    ),
    RuleText(
        "suite.measured",
        "Tests ran and coverage is complete",
        "At least one test passed, at least one line was measured, every measured file could be "
        "parsed, and nothing that should have been measured was lost on the way. A file with tests "
        "of which pytest collected none is named.",
        "Gates have shown green for months over suites that never ran. Missing evidence counts "
        "as missing, never as good.",
        "Read the finding: it names what was lost. Usual causes are a wrong `[tests] paths`, "
        "tests that all skip because a dependency is missing, a source file with a syntax "
        "error, and a test that replaces the coverage tracer.",
        "INCONCLUSIVE; nothing for tests that were not collected: a warning.",
    ),
    RuleText(
        "suite.passed",
        "No test is red",
        "That no test failed, ended in an error, timed out or crashed. Failures are grouped by "
        "cause; there is one finding for each cause, the cause with most tests first.",
        "A red test says that code or test is wrong. Coverage and mutation figures of a red "
        "suite mean little.",
        "Start with the first cause: it explains the most tests. Run its first test alone. What "
        "cannot be mended now can be excluded in the policy, with a reason, an owner and a "
        "date.",
        "FAIL.",
    ),
    RuleText(
        "suite.ended",
        "pytest itself ends well",
        "The exit status with which pytest ends after tests that all pass: hooks such as "
        "`pytest_sessionfinish` and `pytest_unconfigure`, the checks of plugins, and exceptions that are "
        "found late (in `__del__`, in threads, where `filterwarnings` makes them errors) may still make "
        "it fail. Each part of the suite goes to the end of its own session. Where one objects, and where "
        "the project itself has hooks for the end, all tests run once more in one process, without "
        "coverage. Red tests decide by themselves; the end is not asked then.",
        "A leak check or a floor of a conftest is a test too. A CI job that runs pytest would be red.",
        "Run `pytest; echo $?` and read what is printed after the last test.",
        "FAIL when pytest ends with another exit status than 0; INCONCLUSIVE when it does not come to its "
        "end, or when a test is red only where all tests run in one process.",
    ),
    RuleText(
        "suite.order",
        "Tests do not depend on order",
        "That tests which pass in the suite also pass alone. Some of the tests run a second "
        "time in another order; what turns red there is run alone. The suite runs in parts: a test "
        "that is red in its part, and green where all tests run in one process, counts as green, and "
        "is named here.",
        "Such a test contradicts itself: whether it is green depends on which tests ran before "
        "it, so its green proves nothing about the code.",
        "Run the test alone (`pytest 'NODE ID'`) and give it the set-up that it misses: usually "
        "a module-level cache, a file, an environment variable or a random seed left by another "
        "test.",
        "INCONCLUSIVE.",
    ),
    RuleText(
        "suite.flaky",
        "No flaky tests",
        "Tests that were red in the run and green when they ran again alone. The first outcome "
        "stands: a test that is still red in the results also fails `suite.passed`.",
        "Running a red test until it is green would hide real failures, and a flaky test cannot "
        "tell a mutant from the weather.",
        "Find what differs between two runs: a random seed, the clock, the network, a race, a "
        "port. Until then exclude the test in the policy, with a reason, an owner and a date.",
        "nothing where the test counts as red; INCONCLUSIVE where it counts as green.",
    ),
    RuleText(
        "suite.exclusions",
        "Excluded tests have reason, owner, expiry",
        "Lists each exclusion of the policy with its reason, owner and last day. One whose last "
        "day has passed, one that matches no test, and a test left out without the policy are "
        "findings.",
        "Excluded tests are a debt. Without a date it is never paid, and a pattern that matches "
        "nothing may have been meant for a test that still hangs.",
        "Remove the exclusion when its reason is gone; otherwise let its owner set a new date. "
        "Correct patterns that match nothing.",
        "FAIL when expired; INCONCLUSIVE for an exclusion that stands in no policy.",
    ),
    RuleText(
        "suite.selection",
        "A change does not choose its own tests",
        "With `--base`: whether pytest's configuration in the change runs fewer tests than that of "
        "the merge base: `testpaths`, `python_files`, `python_classes`, `python_functions`, "
        "`norecursedirs`, `collect_imported_tests`, and the options of `addopts` that choose tests. "
        "What either side would run is run. Code by which the change chooses tests (`collect_ignore`, "
        "`pytest_collection_modifyitems` and their like) cannot be undone and is named.",
        "A test that is no longer run fails for nobody, and a deselected test looks like a "
        "shorter run.",
        "Take the narrowing back. A test that cannot run belongs into `[[tests.exclude]]` of the "
        "policy, with a reason, an owner and a date, in a change of its own.",
        "FAIL where fewer tests would run; nothing where that cannot be told: a warning.",
    ),
    RuleText(
        "suppression.new",
        "New skips and pragmas",
        "With `--base`, each by its line: new `# pragma: no cover`, `no branch` and `no mutate` in "
        "measured files; in tests new marks `skip`, `skipif` and `xfail`, calls of `pytest.skip`, "
        "`xfail` and `importorskip`, and what unittest has for them; in measured files what runs a text or "
        "a file as code (`exec`, `eval`, `runpy`, importlib's loaders of a file by its path, torch's "
        "`CompilationUnit` and `load_inline`), as nothing measures or mutates that code. New is what "
        "stands on a changed line and was not merely moved, indented or edited around. New pragmas have no "
        "say in the run: their lines count, and are mutated.",
        "A pragma hides code from every later reader of the figures, and is quicker to write than "
        "a test.",
        "Test the code. What cannot be tested can be merged by hand by the owners of the policy, "
        "or allowed by `[suppressions] new`.",
        "FAIL when there are more than `[suppressions] new`; otherwise nothing: notes.",
    ),
    RuleText(
        "isolation.required",
        "Workers were kept apart as far as the policy demands",
        "Compares the level that the results print (`basic`, `partial` or `full`) with "
        "`[isolation] require` of the policy.",
        "What code under test can reach, it can change: files, services, a running workflow. Where "
        "the platform lacks a measure, the run says so instead of going on in silence.",
        "Run the gate where the measures that the finding names are to be had, or ask for a lower "
        "level in the policy.",
        "INCONCLUSIVE.",
    ),
    RuleText(
        "coverage.line",
        "Enough lines are executed",
        "Executed out of all executable lines of the measured files, compared exactly (79.96 is "
        "not 80). Files that no test imports count as 0 %. Files for which a `[[path]]` rule "
        "asks less are left out of the total and judged by `coverage.path`.",
        "Code that no test executes can be wrong in any way without a test noticing.",
        "Test the files that the finding names first: they lack most lines. Delete code that "
        "nobody needs.",
        "FAIL; INCONCLUSIVE when crashes, time-outs or lost data may hide coverage.",
    ),
    RuleText(
        "coverage.branch",
        "Enough branches are taken",
        "Branches taken out of all branches of the measured files: both ways of each condition, "
        "and loops both entered and left. Compared as `coverage.line` is.",
        "A test that only ever sees a condition go one way says nothing about the other.",
        "For each missing branch write a test in which the condition goes the other way.",
        "FAIL; INCONCLUSIVE when crashes, time-outs or lost data may hide coverage.",
    ),
    RuleText(
        "coverage.function",
        "Every public function is reached",
        "Public functions and methods whose body at least one passing test executes. A body that "
        "runs while its module is imported (a decorator, a class hook) counts when a passing test "
        "relies on that module: its file imports it, directly or not, or it executes a file that "
        "does. Functions that coverage.py leaves out are left out, and so are those with nothing to "
        "reach: a docstring, `...` or `raise NotImplementedError` alone, and `pass` alone in a "
        "Protocol or under `@abstractmethod` or `@overload`. Up to 20 of the others are named by "
        "place.",
        "A public function that no passing test reaches is a promise nobody has checked.",
        "Call the function from a test that checks what it returns or changes, make it private "
        "with a leading underscore, or delete it.",
        "FAIL; INCONCLUSIVE when crashes, time-outs or lost data may hide coverage.",
    ),
    RuleText(
        "coverage.path",
        "Per-path thresholds",
        "The files that a `[[path]]` rule matches, added up and compared with the thresholds of "
        "that rule. Where several rules match a file, the last one that sets a threshold "
        "decides. A stricter rule is asked besides the total; a looser one takes its files out "
        "of the total.",
        "A total can be met by easy code while the code that matters is not tested.",
        "Test the files that the finding names.",
        "FAIL; INCONCLUSIVE when crashes, time-outs or lost data may hide coverage.",
    ),
    RuleText(
        "changed.line",
        "The changed lines are executed",
        "With `--base`: executed out of all executable lines that the change adds or edits. "
        "Each file with uncovered changed lines has a finding at the first of them. Where the "
        "threshold is met these are notes.",
        "New code is where mistakes are being made today, and a large old code base hides it in "
        "the total.",
        "Write a test that executes the lines named and checks what they do.",
        "FAIL; INCONCLUSIVE when crashes, time-outs or lost data may hide coverage.",
    ),
    RuleText(
        "changed.branch",
        "The changed branches are taken",
        "With `--base`: branches taken out of all branches that start on a changed line.",
        "A new condition needs a test for each way that it can go.",
        "Write a test in which each condition named goes the other way.",
        "FAIL; INCONCLUSIVE when crashes, time-outs or lost data may hide coverage.",
    ),
    RuleText(
        "changed.function",
        "The changed functions are executed",
        "With `--base`: executed out of all functions and methods, private ones too, of which the "
        "change adds or edits a statement. They are compared with the threshold for functions; files "
        "for which a `[[path]]` rule asks less are left out. Which functions count as executed, "
        "`coverage.function` says. Functions inside of functions are not counted.",
        "A change of thousands of trivial lines meets any share of lines, whatever the one function "
        "among them does.",
        "Let a test run the function and check what it does, or delete it.",
        "FAIL; INCONCLUSIVE when crashes, time-outs or lost data may hide coverage.",
    ),
    RuleText(
        "changed.nothing",
        "The change has nothing to check",
        "With `--base`: whether the change touches any measured line at all. Changes of "
        "comments, documents, tests or deletions alone do not.",
        "A check that found nothing to check must not look like one that found nothing wrong.",
        "Nothing, unless the change should have touched measured code: then see `[source] "
        "include`.",
        "nothing; a note.",
    ),
    RuleText(
        "changed.unmeasured",
        "Measured code stays measured",
        "With `--base`: whether a file that was measured is renamed to where nothing is measured, "
        "and whether a function that the measured files lose stands elsewhere, with the same "
        "code, or with the same name and much of its code. Code that is deleted is no finding. And "
        "whether a measured file imports one of the repository that is not measured and that no "
        "measured file imported on the base; by which path, link or archive, the run shows.",
        "The quickest way to a better percentage is to move what is not tested out of sight.",
        "Leave the code where it is measured, or add its place to `[source] include` by a "
        "change of its own.",
        "FAIL.",
    ),
    RuleText(
        "mutation.measured",
        "Mutation testing was complete",
        "Where the policy names a core: that mutation testing ran, that nothing of it was lost, "
        "and that the core has a mutant that counts. A single file without one is a warning where "
        "the policy names it or where mutants of it do not count; so are mutants that stayed "
        "unresolved, counted by reason, and what took no part, such as red tests. A run that was "
        "not asked for mutants (`--no-mutation`, or PATHS without a file of the core) is not judged "
        "by them, and its first line says so.",
        "Gates have reported that none of 56,516 mutants survived, from a suite that never ran. "
        "No mutants and no result are not a good score.",
        "Read the finding: it names what was lost. Usual causes are a "
        "`--budget` that was used up, a core that names only files without code, and `[mutation] "
        "noise` or waivers that leave nothing.",
        "INCONCLUSIVE; nothing for a single file, unresolved mutants and what took no part.",
    ),
    RuleText(
        "mutation.controls",
        "Self-checks of the mutation run",
        "That each kill's test passes while unchanged code is put in place exactly as a mutant is (a "
        "neutral control), and that where no mutant of a function, or of what runs as a file is "
        "imported, is detected some test notices when the function or the file raises as soon as it "
        "runs (a positive control). A test that fails under a neutral control and passes on the bare "
        "original loses all its kills. Survivors where nobody notices the raise are unresolved.",
        "A test that fails whenever something was changed kills every mutant and checks nothing; a "
        "mutant that never got in place survives every test.",
        "Let the tests named check what the code does, not its code objects, its environment or "
        "luck. Import the code that is named, where the tests run it otherwise. Let through what is "
        "raised, where a test or the code swallows everything.",
        "INCONCLUSIVE when three tests or more, in over 5 % of the neutral controls, react to them, "
        "or when something is detected and no neutral control ran; otherwise nothing.",
    ),
    RuleText(
        "mutation.score",
        "Mutation score of core files",
        "For each file of the core on its own: detected (killed, confirmed timeouts and crashes) "
        "out of all valid mutants, compared exactly. Unresolved mutants make it an interval, "
        "from all of them survived to all of them detected. A `[[path]]` rule can ask a score "
        "of its own.",
        "Executed code is not tested code: where a mutant survives, the code can be wrong in "
        "that way with every test green. Each file is compared on its own, as a total can be "
        "met by easy files.",
        "Begin with the functions that the finding names. `gate show ID` prints a survivor and "
        "the tests that ran it: write an assertion that fails on it. One that no test should "
        "notice can be waived in the policy, with a reason, an owner and a date.",
        "FAIL below the threshold even if all unresolved mutants were detected; INCONCLUSIVE "
        "when they decide.",
    ),
    RuleText(
        "mutation.changed",
        "Mutation score of the change",
        "With `--base`: the score of all mutants of the functions that the change touches, "
        "together, as an interval like that of `mutation.score`. A change without a mutant that "
        "counts says so by name, and changed files outside of the core, of which no mutant is made, "
        "are named. Functions that the change moves out of the core stay in it for this run.",
        "A test is best written with the code it is for, and a large core hides what one change "
        "lacks.",
        "Begin with the functions that the finding names: `gate show ID` prints a survivor and "
        "the tests that ran it. Write an assertion that fails on it.",
        "FAIL below the threshold even if all unresolved mutants were detected; INCONCLUSIVE "
        "when they decide.",
    ),
    RuleText(
        "mutation.waivers",
        "Waivers have reason, owner, expiry",
        "Lists each waiver of the policy with its reason, owner and last day. One whose last day "
        "has passed, one that matches no mutant, and a mutant waived without the policy are "
        "findings. An id counts only in full.",
        "A waiver takes a survivor out of the score. Without a date it outlives its reason, and "
        "one that matches nothing may have been meant for a mutant that now counts.",
        "Remove the waiver when its reason is gone; otherwise let its owner set a new date. "
        "Correct ids that match nothing: an edit of the mutated text gives it a new one.",
        "FAIL when expired; INCONCLUSIVE for a waiver that stands in no policy.",
    ),
    RuleText(
        "mutation.lost",
        "Tests still catch what they caught before",
        "With `--base`, when tests change: the mutants of the core that the changed, removed, "
        "skipped or loosened tests killed on the base, run again with the tests of the head. What "
        "nothing kills now is a finding, with the change that nobody would notice, the test that "
        "did, and what became of it. Mutants that the changed code does not have any more are "
        "counted, not judged.",
        "A deleted test, a skip, a shorter list of parameters or a looser tolerance keeps every "
        "figure of coverage as it was. What the tests notice is less.",
        "Restore the test, or write another that fails on the change that is shown. A test that "
        "moved, has another name or is written anew loses nothing as long as some test notices "
        "as much.",
        "FAIL for a lost kill; INCONCLUSIVE when the tests of the base could not be run, or when "
        "mutants stayed unresolved.",
    ),
    RuleText(
        "suite.removed",
        "Tests removed or skipped",
        "With `--base`: lists the tests of the base that the change touches and that are not in "
        "the suite any more, are skipped, or are expected to fail. One that does the same under "
        "another name or in another file is a note.",
        "A test that is gone does not turn red, so nobody misses it.",
        "Nothing, where that is meant: `mutation.lost` says whether something is noticed no more.",
        "nothing; warnings and notes.",
    ),
)
