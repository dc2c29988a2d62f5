# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Good images of real Debians, broken in every way that we know: nothing that does not boot, provision or let anybody in is called ready."""

import zlib

import pytest
from integration.broken import images
from integration.broken.images import IMAGES
from integration.broken.judging import CONTROLS, WAYS, judge, outcome
from integration.broken.overlay import DoesNotApply

FIRST = "Debian 12"

#: {way: what is known of it}: these are called ready, and must not be. One that is named again fails here, so that it is taken out.
MISSED = {}
FALSE_ALARMS = {}


@pytest.fixture(scope="module")
def good():
    """Return a function that gives (path, what is Judged of it) of a good image by its name."""
    found = {}

    def get(name):
        if name not in found:
            path = images.build(name)
            found[name] = path, judge(path, None, IMAGES[name].provisioner)
        return found[name]

    return get


def parameters(names, known, share):
    """Return a parameter for each image and name: of the first image, one of so many as share runs in `make test`, and all else in `make test-all`."""
    found = []
    for image in IMAGES:
        for name in names:
            marks = [] if image == FIRST and zlib.crc32(name.encode()) % share == 0 else [pytest.mark.slow]
            marks += [pytest.mark.xfail(strict=True, reason=known[name])] if name in known else []
            found.append(pytest.param(image, name, marks=marks, id=f"{image}: {name}"))
    return found


def judged(path, change, image, first=None):
    """Return what is Judged of a changed image; a way for another kind of image is left out."""
    try:
        return judge(path, change, IMAGES[image].provisioner, first)
    except DoesNotApply as error:
        pytest.skip(str(error))


@pytest.mark.parametrize("image", [pytest.param(name, marks=() if name == FIRST else pytest.mark.slow) for name in IMAGES])
def test_the_image_that_is_broken_is_good(good, image):
    _path, as_it_is = good(image)
    assert as_it_is.ready and as_it_is.errors == []


@pytest.mark.parametrize(("image", "name"), parameters(WAYS, MISSED, 16))
def test_what_stops_the_machine_is_named(good, image, name, record_property):
    path, as_it_is = good(image)
    found = outcome(as_it_is, judged(path, WAYS[name], image, first=[]))
    record_property(image, found)
    assert found == "named"


@pytest.mark.parametrize(("image", "name"), parameters(CONTROLS, FALSE_ALARMS, 12))
def test_what_is_right_is_no_error(good, image, name, record_property):
    path, _as_it_is = good(image)
    errors = judged(path, CONTROLS[name], image).errors
    record_property(image, "false alarm" if errors else "right")
    assert errors == []


def test_there_are_ways_and_controls_enough():
    assert len(WAYS) >= 450 and len(CONTROLS) >= 130 and not set(WAYS) & set(CONTROLS)
    assert set(MISSED) <= set(WAYS) and set(FALSE_ALARMS) <= set(CONTROLS)
