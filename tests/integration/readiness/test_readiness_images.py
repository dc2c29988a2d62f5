# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""readiness_info on images that are broken, encrypted or no Linux at all: a clear finding, no traceback, in bounded time."""

import json
import pathlib
import subprocess
from xml.etree import ElementTree

import pytest
from unit.image.images import ESP, LINUX, empty_disk, esp, ext4, put

CHECKOUT = pathlib.Path(__file__).resolve().parents[3]
MIB = 2**20


def failed(result):
    """Return {id: finding} of what failed."""
    assert not result["failed"], result
    assert "fault of this collection" not in json.dumps(result["findings"])
    return {found["id"]: found for found in result["findings"] if found["status"] == "failed"}


def write(path, size, *pieces):
    """Write a sparse file with pieces (offset, bytes) and return it as str."""
    with open(path, "wb") as stream:
        stream.truncate(size)
        for offset, content in pieces:
            stream.seek(offset)
            stream.write(content)
    return str(path)


@pytest.mark.parametrize(
    ("pieces", "words"),
    [
        ([(0, b"LUKS\xba\xbe\0\2")], "encrypted LUKS"),
        ([(3, b"NTFS    ")], "Windows NTFS"),
        ([], "nothing that is known"),
        ([(0, b"\x1f\x8b\x08")], "gzip"),
        ([(0, b"QFI\xfb\0\0\0\3")], "qcow2"),
        ([(510, b"\x55\xaa"), (446, b"\x80\0\0\0\x83\0\0\0\0\x08\0\0\0\0\0\x40")], "cut off"),
    ],
)
def test_an_image_without_a_readable_linux_is_a_finding(run_module, tmp_path, pieces, words):
    result = run_module("readiness_info", image=write(tmp_path / "disk.raw", 64 * MIB, *pieces), timeout=100)
    found = failed(result)["R00"]
    assert words in json.dumps(found) or words in json.dumps(failed(result)), found
    assert not result["ready"] and found["severity"] == "error"


LUKS, NTFS = b"LUKS\xba\xbe\0\2", b"\0\0\0NTFS    "


@pytest.mark.parametrize(
    ("beginning", "words"),
    [
        (LUKS, "partition 1 holds a FAT file system; partition 2 holds an encrypted LUKS volume"),
        (NTFS, "partition 2 holds a Windows NTFS file system"),
        (b"", "partition 2 holds nothing that is known"),
        (None, "partition 2 holds an ext2/3/4 file system"),
    ],
)
def test_what_is_on_a_disk_without_linux_is_named_once_in_every_report(run_module, tmp_path, beginning, words):
    disk = empty_disk(tmp_path / "disk.raw", 64 * MIB, (1, 16, ESP), (17, 40, LINUX))
    put(disk, esp(tmp_path / "esp", 16 * MIB), MIB)
    if beginning is None:
        (tmp_path / "data").mkdir()
        put(disk, ext4(tmp_path / "part", tmp_path / "data", 40 * MIB), 17 * MIB)
    else:
        with open(disk, "r+b") as stream:
            stream.seek(17 * MIB)
            stream.write(beginning)
    reports = {name: str(tmp_path / f"report.{name}") for name in ("json", "junit", "html")}
    result = run_module("readiness_info", image=str(disk), reports=reports)
    assert words in failed(result)["R00"]["evidence"][0]["text"] and not result["ready"]
    assert sum(words in line for line in result["table"]) <= 2 and len(result["table"]) < 25
    page = pathlib.Path(reports["html"]).read_text()
    assert page.count("<article") < 6 and page.count(words) <= 3
    suite = ElementTree.parse(reports["junit"]).getroot()[0]
    assert int(suite.attrib["failures"]) < 4 and int(suite.attrib["errors"]) > 30
    assert not json.loads(pathlib.Path(reports["json"]).read_text())["ready"]


def test_a_file_that_is_not_there_is_an_error_that_names_it(run_module, tmp_path):
    result = run_module("readiness_info", image=str(tmp_path / "none.vhd"))
    assert result["failed"] and "none.vhd" in result["msg"] and "Traceback" not in result["msg"]


@pytest.mark.parametrize("package", ["fat", "extfs"])
def test_a_library_that_is_missing_is_an_error_with_its_cure_and_no_verdict(run_module, tmp_path, package):
    disk = empty_disk(tmp_path / "disk.raw", 64 * MIB, (1, 16, ESP), (17, 40, LINUX))
    put(disk, esp(tmp_path / "esp", 16 * MIB), MIB)
    (tmp_path / "data").mkdir()
    put(disk, ext4(tmp_path / "part", tmp_path / "data", 40 * MIB), 17 * MIB)
    (tmp_path / "sitecustomize.py").write_text(f"import sys\nsys.modules['dissect.{package}.{package}'] = None\n")
    result = run_module("readiness_info", image=str(disk), env={"PYTHONPATH": f"{tmp_path}:{CHECKOUT / '.venv/collections'}"})
    assert result["failed"] and f"the Python package dissect.{package} is missing" in result["msg"] and "pip install dissect.volume" in result["msg"]


def test_an_unknown_rule_is_an_error(run_module, tmp_path):
    result = run_module("readiness_info", root=str(tmp_path), rules={"exclude": ["R99"]})
    assert result["failed"] and "R99" in result["msg"]


@pytest.mark.parametrize("rules", [{"include": ["R11"]}, {"include": ["R12"], "exclude": ["R12"]}])
def test_a_choice_that_leaves_no_rule_is_an_error_and_not_ready(run_module, tmp_path, rules):
    result = run_module("readiness_info", root=str(tmp_path), rules=rules)
    assert result["failed"] and "no rule of the profile azure is left" in result["msg"] and "ready" not in result


def test_a_tree_that_is_no_linux_is_not_ready(run_module, tmp_path):
    assert "R00" in failed(run_module("readiness_info", root=str(tmp_path)))


def test_root_and_image_exclude_each_other(run_module, tmp_path):
    assert run_module("readiness_info", root="/", image=str(tmp_path))["failed"]


def test_reports_are_written_but_not_in_check_mode(run_module, tmp_path):
    reports = {name: str(tmp_path / f"report.{name}") for name in ("json", "junit", "html")}
    run_module("readiness_info", check=True, root=str(tmp_path), reports=reports)
    assert list(tmp_path.glob("report.*")) == []
    result = run_module("readiness_info", root=str(tmp_path), reports=reports)
    assert result["reports"] == reports and sorted(path.suffix for path in tmp_path.glob("report.*")) == [".html", ".json", ".junit"]


def test_a_report_that_cannot_be_written_is_an_error_that_names_it(run_module, tmp_path):
    result = run_module("readiness_info", root=str(tmp_path), reports={"html": str(tmp_path / "none" / "report.html")})
    assert result["failed"] and "report.html" in result["msg"]


def test_a_huge_sparse_initramfs_is_bounded(run_module, tmp_path):
    for path in ("etc/fstab", "usr/x", "boot/grub/grub.cfg"):
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_text("")
    (tmp_path / "lib/modules/6.1.0-1-amd64").mkdir(parents=True)
    (tmp_path / "lib/modules/6.1.0-1-amd64/modules.dep").write_text("kernel/hv_vmbus.ko:\nkernel/hv_storvsc.ko:\n")
    (tmp_path / "boot/vmlinuz-6.1.0-1-amd64").write_text("kernel")
    write(tmp_path / "boot/initrd.img-6.1.0-1-amd64", 1024 * MIB)
    result = run_module("readiness_info", root=str(tmp_path), rules={"include": ["R17"]}, timeout=200)
    status = {found["id"]: found["status"] for found in result["findings"]}
    assert status["R17a"] in ("unknown", "failed") and not result["ready"]


def test_the_playbook_checks_several_images_and_its_exit_code_tells(tmp_path):
    images = [write(tmp_path / name, 64 * MIB) for name in ("one.raw", "two.raw")]
    play = subprocess.run(
        [str(CHECKOUT / ".venv/bin/ansible-playbook"), "playbooks/readiness.yml", "-e", f"image={','.join(images)}", "-e", f"reports={tmp_path}/reports"],
        cwd=CHECKOUT,
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert play.returncode == 2, play.stdout
    assert play.stdout.count("NOT READY for Azure") >= 2
    assert len(list((tmp_path / "reports").glob("*.html"))) == 2
