# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Guests as Fedora Cloud and image mode start them, by systemd-boot and by a unified kernel image of ukify: what the verdict calls ready is booted."""

import pytest
from integration.broken.images import IMAGES, build
from lab import filesystems, line, vhdfile
from lab.commands import run
from lab.files import copy_sparse
from lab.images import root_partition

AGENT = "/etc/waagent.conf"
#: What the builder of both images wrote: into an entry of systemd-boot, and into the section .cmdline of the unified image.
PARAMETERS = {"ro", "net.ifnames=0", "console=tty0", "console=ttyS0,115200n8"}


def provisioning_vhd(name, folder):
    """Return a VHD of an image, whose agent provisions: Debian's package leaves that to cloud-init, which these images have not."""
    raw, conf, vhd = folder / "disk.raw", folder / "waagent.conf", folder / "disk.vhd"
    copy_sparse(build(name), raw)
    text = vhdfile.read_file(raw, AGENT).decode()
    conf.write_text(text.replace("Provisioning.Agent=cloud-init", "Provisioning.Agent=waagent"), encoding="utf-8")
    for command in (f"rm {AGENT}", f"write {conf} {AGENT}"):
        run(["debugfs", "-w", "-R", command, f"{raw}?offset={root_partition(raw).start}"])
    filesystems.export(raw, vhd)
    raw.unlink()
    return vhd


@pytest.mark.slow
@pytest.mark.parametrize("name", ["systemd-boot", "unified kernel image"])
def test_what_is_called_ready_boots_to_its_login_with_the_parameters_that_were_read(name, tmp_path):
    vhd = provisioning_vhd(name, tmp_path)
    judged = line.judge(vhd, "generalized")
    assert (judged.get("ready"), line.what_is_wrong(judged)) == (True, "no verdict")
    assert judged["generations"] == [2]
    check = line.booted(vhd, IMAGES[name].plan.recipe)
    (tmp_path / "console.log").write_text(check.text, encoding="utf-8")
    assert check.error == "" and check.report.login
    assert check.state.multi_user and set(check.state.command_line.split()) >= PARAMETERS
    assert [unit for unit in check.state.failed if not unit.startswith(("ssh.", "walinuxagent.", "hyperv-", "hv-"))] == []
