# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a person sees while a task on a guest takes long."""

import re
import time

from ansible.utils.display import Display
from ansible_collections.imagewright.azure.plugins.plugin_utils.waiting import waiting


def shown(monkeypatch):
    lines = []
    monkeypatch.setattr(Display, "display", lambda _self, text, **_options: lines.append(text))
    return lines


def test_what_takes_long_is_shown_with_its_time_again_and_again(monkeypatch):
    lines = shown(monkeypatch)
    with waiting("web1: installs chrony", every=0.05):
        time.sleep(1.5)

    seconds = [int(re.fullmatch(r"  web1: installs chrony, (\d+) s", line).group(1)) for line in lines]
    assert len(seconds) >= 2 and seconds == sorted(seconds)
    assert seconds[-1] >= 1  # more on a machine that has much to do


def test_what_is_quick_is_not_shown_and_nothing_is_shown_behind_it(monkeypatch):
    lines = shown(monkeypatch)
    with waiting("web1: installs chrony", every=0.3):
        pass
    time.sleep(0.6)

    assert lines == []


def test_an_error_passes(monkeypatch):
    lines = shown(monkeypatch)
    try:
        with waiting("web1: installs chrony", every=30):
            raise ValueError("no")
    except ValueError as error:
        assert str(error) == "no"

    assert lines == []
