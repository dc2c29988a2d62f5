# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The playbooks that ask for the verdict: on guests with reports, and before a disk is converted."""

import hashlib
from xml.etree import ElementTree

from lab import playing
from lab.paths import CHECKOUT

from integration.roles.small_disks import small_disk

MIB = 1024 * 1024
#: Nothing is prepared, so that errors are left.
NOTHING = {f"prepare_guest_{topic}": False for topic in ("kernel", "swap", "boot", "ssh", "agent", "sudoers", "network", "time")}


def test_a_guest_is_checked_and_its_reports_come_to_the_controller(fresh_guest, tmp_path):
    done = fresh_guest.playbook(CHECKOUT / "playbooks" / "readiness.yml", {"reports": str(tmp_path / "reports")})
    assert done.returncode == 2 and "NOT READY for Azure" in done.failed_tasks()[-1]
    files = sorted(path.suffix for path in (tmp_path / "reports").iterdir())
    assert files == [".html", ".json", ".sarif", ".xml"]
    suite = ElementTree.parse(next((tmp_path / "reports").glob("*.xml"))).getroot()[0]
    assert int(suite.attrib["failures"]) > 0
    assert fresh_guest.output("ls -d /tmp/readiness.* 2>/dev/null | wc -l") == "0"


def test_a_guest_with_errors_left_is_neither_powered_off_nor_converted(fresh_guest, tmp_path):
    image = small_disk(tmp_path / "web.raw")
    before = hashlib.sha256(image.read_bytes()).hexdigest()
    done = fresh_guest.playbook(
        CHECKOUT / "playbooks" / "prepare-azure.yml",
        {**NOTHING, "prepare_package_lists": False, "azure_image_src": str(image), "prepare_image_kind": "generalized"},
    )
    assert done.returncode != 0
    assert "errors are left" in done.failed_tasks()[-1] and "R40a" in done.failed_tasks()[-1]
    assert hashlib.sha256(image.read_bytes()).hexdigest() == before and list(tmp_path.iterdir()) == [image]
    assert fresh_guest.output("cat /etc/machine-id") != ""


def test_relative_paths_of_images_and_reports_begin_where_the_command_was_given(tmp_path, monkeypatch):
    (tmp_path / "images").mkdir()
    (tmp_path / "images" / "empty.raw").write_bytes(bytes(MIB))
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PWD", "/nowhere")  # as make -C, env -C, ansible-runner and AWX leave it
    done = playing.playbook("{}", CHECKOUT / "playbooks" / "readiness.yml", {"image": "images/empty.raw", "reports": "found"})
    assert f"{tmp_path}/images/empty.raw: NOT READY for Azure" in done.failed_tasks()[-1]
    assert sorted(path.name for path in (tmp_path / "found").iterdir()) == [f"images_empty.raw.{kind}" for kind in ("html", "json", "sarif", "xml")]


def test_a_name_with_a_colon_is_that_file(tmp_path, monkeypatch):
    name = "disk-2026-11-28T10:30"
    (tmp_path / name).write_bytes(bytes(MIB))
    monkeypatch.chdir(tmp_path)
    done = playing.playbook("{}", CHECKOUT / "playbooks" / "readiness.yml", {"image": name, "reports": "found"})
    assert f"{tmp_path}/{name}: NOT READY for Azure" in done.failed_tasks()[-1]
    assert sorted(path.name for path in (tmp_path / "found").iterdir()) == [f"disk-2026-11-28T10_30.{kind}" for kind in ("html", "json", "sarif", "xml")]
