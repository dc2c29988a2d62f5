# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Run every benchmark of this folder, each in a process of its own, and print what it measured.

    python3 benchmarks/run.py [TOPIC ...]

Each <topic>.py prints a table of ratios against another tool in the same run: machines differ and are noisy.
"""

import os
import pathlib
import subprocess
import sys

HERE = pathlib.Path(__file__).resolve().parent


def main():
    topics = sys.argv[1:] or sorted(path.stem for path in HERE.glob("*.py") if path.stem != "run" and not path.stem.startswith("_"))
    environment = dict(os.environ, PYTHONPATH=os.pathsep.join([str(HERE.parent / ".venv" / "collections"), str(HERE.parent / "tests")]))
    failed = []
    for topic in topics:
        print(f"\n== {topic} ==", flush=True)
        if subprocess.run([sys.executable, str(HERE / f"{topic}.py")], env=environment, check=False).returncode:
            failed.append(topic)
    if failed:
        sys.exit(f"failed: {', '.join(failed)}")


if __name__ == "__main__":
    main()
