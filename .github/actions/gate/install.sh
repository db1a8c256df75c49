#!/usr/bin/env bash
# Gives gate an environment of its own and names its Python as an output: the project's stays as it is.
set -euo pipefail

say_python() {
  printf 'python=%s\n' "$1" >>"$GITHUB_OUTPUT"
}

fail() {
  printf '::error title=gate::%s\n' "$1"
  exit 2
}

if [ -n "${GATE_INSTALLED:-}" ]; then
  say_python "$GATE_INSTALLED"
  exit 0
fi

new_enough='import sys; sys.exit(sys.version_info < (3, 11))'
for maker in "$GATE_PYTHON" python3 python ''; do
  [ -n "$maker" ] || fail 'gate needs Python 3.11 or later. Put actions/setup-python before this step.'
  if "$maker" -I -c "$new_enough" 2>/dev/null; then break; fi
done

folder="$RUNNER_TEMP/gate-venv"
"$maker" -I -m venv --clear "$folder" || fail 'python -m venv failed, the log above says why.'
if [ -n "${GATE_VERSION:-}" ]; then
  what=("testproof==$GATE_VERSION")
else
  source="$(cd "$GITHUB_ACTION_PATH/../../.." && pwd)"
  # The versions that this checkout was tested with.
  what=(--constraint "$source/constraints.txt" "$source")
fi
"$folder/bin/python" -I -m pip install --quiet --disable-pip-version-check "${what[@]}" \
  || fail 'gate could not be installed, the log above says why.'
say_python "$folder/bin/python"
