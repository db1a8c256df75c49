"""The command that shows distillation at work, on a made task and from one seed.

`python -m training.run_toy_distill [--seed N] [--output DIR]` takes under a minute on two cores. It
ends in 0 when the distilled student beats the one without a teacher by MARGIN, also quantised; in
1 when it does not, and in 2 after an error. What is compared with what: see training.toy_run.
"""

from __future__ import annotations

import argparse
import logging
import sys
import tempfile
from collections.abc import Mapping, Sequence
from concurrent.futures import BrokenExecutor
from pathlib import Path

from training.comparison import Scores, leads_by, table
from training.export_student import ExportError
from training.toy_run import ALONE, DISTILLED, QUANTISED, ToySettings, run_toy

SETTINGS = ToySettings()

# In nats a token, and as a share of the held-out prompts.
MARGIN = Scores(loss=0.25, exact_match=0.4)

logger = logging.getLogger(__name__)


def main(arguments: Sequence[str] | None = None, settings: ToySettings = SETTINGS) -> int:
    """Run as the command line says, in the sizes of `settings`; return the exit status."""
    options = _parser().parse_args(arguments)
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s")
    try:
        output = options.output or Path(tempfile.mkdtemp(prefix="toy-distill-"))
        scores = run_toy(settings, options.seed, output)
    except (BrokenExecutor, ExportError, FloatingPointError, OSError, ValueError) as error:
        logger.error("%s", error)
        return 2
    logger.info("seed %d: all files are in %s", options.seed, output)
    return report(scores, MARGIN)


def report(scores: Mapping[str, Scores], margin: Scores) -> int:
    """Log the table; return 0 when distilled and quantised student both lead by `margin`, or 1."""
    for line in table(scores, ALONE):
        logger.info("%s", line)
    names = (DISTILLED, QUANTISED)
    behind = [name for name in names if not leads_by(margin, scores[name], scores[ALONE])]
    wanted = f"by the margin: {margin.loss:+.4f} in loss, {margin.exact_match:+.1%} in match"
    if behind:
        logger.error("%s does not lead over %s %s", " and ".join(behind), ALONE, wanted)
        return 1
    logger.info("%s lead over %s %s", " and ".join(names), ALONE, wanted)
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m training.run_toy_distill",
        description="Distil, quantise and export a small student, and compare it with one that "
        "had no teacher.",
    )
    parser.add_argument(
        "--seed", type=int, default=0, help="all of it follows from this number (%(default)s)"
    )
    parser.add_argument(
        "--output", type=Path, help="a new or an empty folder; if not given, one is made"
    )
    return parser


if __name__ == "__main__":
    sys.exit(main())
