# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""kill -9 of grub_cmdline while the guest's real generator is at work; all other moments are those of tests/integration/interrupted."""

import pytest
from lab import container, disk
from lab.live import LiveGuest
from lab.recipe import Plan, Recipe

WANTED = {"present": ["console=tty1", "console=ttyS0,115200n8"], "absent": ["quiet", "rhgb"]}

#: A script of grub-mkconfig that kills who started grub-mkconfig: the module.
KILLER = """#!/bin/sh
kill -9 "$(sed -n 's/^PPid:[[:blank:]]*//p' "/proc/$PPID/status")"
echo killed >&2
"""


@pytest.mark.slow
@pytest.mark.parametrize("moment", ["00_a", "15_b", "99_c"])
def test_kill_9_while_the_real_generator_works(moment):
    record = container.start(image=disk.cached_disk(Plan(Recipe())))
    try:
        debian = LiveGuest(record)
        old = debian.read("/boot/grub/grub.cfg")
        assert not debian.module("grub_cmdline", check=True, **WANTED)["failed"]
        debian.write(f"/etc/grub.d/{moment}", KILLER, "0755")
        assert debian.module("grub_cmdline", **WANTED)["failed"]
        debian.run("while pgrep -f '[g]rub-mkconfig'; do sleep 0.2; done", timeout=60)
        assert debian.read("/boot/grub/grub.cfg") == old
        assert "console=ttyS0,115200n8" in debian.read("/etc/default/grub")
        debian.run(["rm", f"/etc/grub.d/{moment}"])
        done = debian.module("grub_cmdline", **WANTED)
        assert not done["failed"] and done["changed"] and done["regenerated"] == ["/boot/grub/grub.cfg"], done
        assert debian.output("ls -A /boot/grub /etc/default | grep imagewright || true") == ""
        assert not debian.module("grub_cmdline", **WANTED)["changed"]
    finally:
        container.stop(record, at_once=True)
