# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the benchmarks import is there, in the programs too that they start as text."""

import importlib
import pathlib
import re

BENCHMARKS = pathlib.Path(__file__).resolve().parents[3] / "benchmarks"
_IMPORT = re.compile(r"^\s*from (ansible_collections\.imagewright\.azure\.\S+) import (.+)$", re.MULTILINE)


def test_what_a_benchmark_imports_is_there():
    imports = [(path.name, *match) for path in sorted(BENCHMARKS.glob("*.py")) for match in _IMPORT.findall(path.read_text(encoding="utf-8"))]
    assert len(imports) >= 5
    for file, package, names in imports:
        module = importlib.import_module(package)
        for name in re.findall(r"\w+", names):
            assert hasattr(module, name) or importlib.import_module(f"{package}.{name}"), (file, package, name)
