# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""readiness_info on the lab's guests: every planted fault is found, on the disk and on the running guest, and no error beside them."""

import json
import resource
import subprocess

import pytest
from lab import disk, faults, layout, roots
from lab.recipe import Plan, Recipe

#: What every guest of the lab lacks before it is prepared: the agent is not installed.
UNPREPARED = {"R40a", "R43"}
#: Faults that only the disk itself shows, or that are not asked of a guest before it is deprovisioned.
ON_DISK_ONLY = {"size"}
AFTER_DEPROVISION = {"root-history", "user-history"}


@pytest.fixture(scope="module")
def faulty_disk():
    """The lab's faulty disk (raw), to be read only, and its faults."""
    plan = Plan(Recipe(), faulty=True)
    return disk.cached_disk(plan), faults.faults(layout.layout(plan))


def reading(read_bytes):
    """Return a function path -> text for faults.locate."""
    return lambda path: read_bytes(path).decode()


def of_requirement(result, requirement):
    """Return the failed findings of a requirement."""
    return [found for found in result["findings"] if found["id"].rstrip("abcdefgh") == requirement and found["status"] == "failed"]


def shows(findings, path, line):
    """Return whether one of the findings has the place for evidence."""
    return any(place["path"] == path and place["line"] == line for found in findings for place in found["evidence"])


def test_every_fault_is_found_on_the_disk_where_it_is(run_module, faulty_disk):
    from ansible_collections.imagewright.azure.plugins.module_utils.image.image_tree import ImageTree

    image, planted = faulty_disk
    result = run_module("readiness_info", image=str(image))
    assert not result["failed"] and not result["ready"], result
    with ImageTree(image) as tree:
        for fault in planted:
            found = of_requirement(result, fault.requirement)
            line = faults.locate(reading(tree.read_bytes), fault)
            assert found, fault
            assert not line or shows(found, fault.path, line), (fault, line, found)


def test_no_other_error_is_told(run_module, faulty_disk):
    image, planted = faulty_disk
    result = run_module("readiness_info", image=str(image))
    errors = {found["id"].rstrip("abcdefgh") for found in result["findings"] if found["severity"] == "error" and found["status"] in ("failed", "unknown")}
    assert errors - {rule.rstrip("abcdefgh") for rule in UNPREPARED} <= {fault.requirement for fault in planted}


def test_every_fault_is_found_on_the_running_guest_where_it_is(faulty_guest, faulty_disk):
    planted = [fault for fault in faulty_disk[1] if fault.name not in ON_DISK_ONLY | AFTER_DEPROVISION]
    result = faulty_guest.module("readiness_info")
    assert not result["failed"] and not result["ready"] and not result["changed"], result
    for fault in planted:
        line = faults.locate(faulty_guest.read, fault)
        assert shows(of_requirement(result, fault.requirement), fault.path, line), (fault, line)


def test_what_deprovision_takes_away_is_found_on_the_guest_when_asked_for(faulty_guest, faulty_disk):
    result = faulty_guest.module("readiness_info", kind="generalized")
    for fault in faulty_disk[1]:
        if fault.name in AFTER_DEPROVISION:
            assert shows(of_requirement(result, fault.requirement), fault.path, 1), fault


def test_the_mounted_tree_and_the_image_give_the_same_findings(run_module, faulty_disk, tmp_path):
    image = faulty_disk[0]
    table = json.loads(subprocess.run(["sfdisk", "--json", image], capture_output=True, text=True, check=True).stdout)["partitiontable"]
    start = table["partitions"][0]["start"]
    subprocess.run(["mount", "-o", f"loop,ro,noload,offset={start * 512}", image, tmp_path], check=True)
    try:
        mounted = run_module("readiness_info", root=str(tmp_path))
    finally:
        subprocess.run(["umount", tmp_path], check=True)
    read = run_module("readiness_info", image=str(image))
    found = {each["id"]: each for each in read["findings"]}
    # what a tree cannot tell is not applicable there, never passed; that a disk may answer otherwise is its own business
    told = [each for each in mounted["findings"] if each["status"] != "not_applicable" and each["id"] not in ("R00", "R13c", "R13d")]
    assert len(told) > 100
    for each in told:
        assert each == found[each["id"]]


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["xfs", "btrfs"])
def test_a_debian_on_another_file_system_has_the_same_verdict(run_module, kind):
    """Three whole Debian disks, which test_lab_machines boots."""
    verdicts = [run_module("readiness_info", image=str(disk.cached_disk(Plan(Recipe(file_system=name))))) for name in ("ext4", kind)]
    of_ext4, of_other = (
        {
            found["id"]: (
                found["status"],
                found["severity"],
                [(place["path"], place["line"]) for place in found["evidence"] if place["path"].startswith(("/etc", "/boot"))],
            )
            for found in verdict["findings"]
        }
        for verdict in verdicts
    )
    assert of_ext4 == of_other


def test_all_rules_on_the_files_of_a_guest_take_less_than_three_seconds_of_work(run_module):
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    result = run_module("readiness_info", root=str(roots.container_root(Recipe())))
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    assert not result["failed"] and len(result["findings"]) > 90
    assert after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime < 3


def test_reports_are_written_on_the_guest(faulty_guest):
    faulty_guest.module("readiness_info", reports={"json": "/root/report.json"})
    assert json.loads(faulty_guest.read("/root/report.json"))["ready"] is False


def test_a_check_changes_nothing_on_the_guest(faulty_guest):
    listing = "find / -xdev -newer /root/mark -type f -not -path '/proc/*' -not -path '/tmp/*' -not -path '/var/*' -not -path '/root/.ansible/*'"
    faulty_guest.run("touch /root/mark; sleep 1")
    faulty_guest.module("readiness_info")
    assert faulty_guest.output(listing) == ""
