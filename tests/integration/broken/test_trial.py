# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the harness calls broken is broken, and what it calls right is right: the agent's code, sshd, PAM and sudo say so themselves."""

import zlib

import pytest
from integration.broken import images, trial
from integration.broken.overlay import DoesNotApply

IMAGE = "Debian 12"


def _some(names, share):
    """Return a parameter for each name: one of so many as share runs in `make test`, and all in `make test-all`."""
    return [pytest.param(name, marks=() if zlib.crc32(name.encode()) % share == 0 else pytest.mark.slow) for name in names if name not in trial.BEYOND]


def _tried(change):
    path = images.build(IMAGE)
    try:
        if not trial.is_told(path, change):
            pytest.skip("it is about more than a login")
        return trial.tried(path, change)
    except DoesNotApply as error:
        pytest.skip(str(error))


def test_the_user_is_made_logs_in_and_becomes_root():
    found = trial.tried(images.build(IMAGE), None)
    assert found.is_good(), found.said


@pytest.mark.parametrize("name", _some(trial.WAYS, 16))
def test_what_is_called_broken_is(name):
    found = _tried(trial.WAYS[name])
    assert not found.is_good()


@pytest.mark.parametrize("name", _some(trial.CONTROLS, 12))
def test_what_is_called_right_is(name):
    found = _tried(trial.CONTROLS[name])
    assert found.is_good(), found.said


def test_what_is_beyond_a_trial_is_in_the_harness():
    assert set(trial.BEYOND) <= {*trial.WAYS, *trial.CONTROLS}
