# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The templates of playbooks and roles, as YAML hands them to Ansible."""

import pathlib

import pytest
import yaml

CHECKOUT = pathlib.Path(__file__).resolve().parents[3]
FILES = sorted([*CHECKOUT.glob("playbooks/**/*.yml"), *CHECKOUT.glob("roles/*/[dtv]*/*.yml")])


def strings(value):
    """Return every string in what YAML has read."""
    if isinstance(value, dict):
        return [text for pair in value.items() for part in pair for text in strings(part)]
    if isinstance(value, list):
        return [text for part in value for text in strings(part)]
    return [value] if isinstance(value, str) else []


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(CHECKOUT)))
def test_no_backslash_of_a_template_is_doubled(path):
    """Ansible doubles those in a template itself: one that YAML leaves double prints "2.00 \\1iB" for "2.00 GiB"."""
    assert [text for text in strings(yaml.safe_load(path.read_text(encoding="utf-8"))) if "{{" in text and "\\\\" in text] == []
