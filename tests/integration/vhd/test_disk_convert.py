# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The role disk_convert and its playbook: many images in one run, each independent."""

import json
import os
import subprocess
import sys

from conftest import COLLECTIONS
from integration.vhd.images import MIB, digest, gpt_disk, patch, raw_disk, same_content


def convert(*options, folder=None, **variables):
    """Return (exit status, output) of the playbook, called in a folder."""
    command = [os.path.join(os.path.dirname(sys.executable), "ansible-playbook"), "imagewright.azure.convert", "-e", json.dumps(variables)]
    environment = dict(
        os.environ, ANSIBLE_COLLECTIONS_PATH=str(COLLECTIONS), ANSIBLE_CALLBACK_RESULT_FORMAT="json", ANSIBLE_NOCOLOR="1", PWD="/nowhere"
    )  # as make -C, env -C, ansible-runner and AWX leave it
    process = subprocess.run(command + list(options), stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False, cwd=folder, env=environment)
    return process.returncode, process.stdout


def test_one_image_is_converted_and_its_upload_told(tmp_path):
    disk = raw_disk(tmp_path / "web.raw", 30 * MIB - 512)
    status, output = convert(disk_convert_src=str(disk))
    assert status == 0, output
    assert "changed=1" in output
    assert f"disk: {30 * MIB} bytes (30 MiB), file to upload: {30 * MIB + 512} bytes" in output
    assert "method: sparse_copy, bytes written: " in output
    assert f"--upload-type Upload --upload-size-bytes {30 * MIB + 512} --hyper-v-generation V1|V2" in output
    same_content(disk, "raw", tmp_path / "web.vhd")

    status, output = convert(disk_convert_src=str(disk))
    assert status == 0, output
    assert "changed=0" in output
    assert "method: unchanged, bytes written: 0" in output


def test_the_generation_of_the_upload_is_that_of_the_disk(tmp_path):
    disk = gpt_disk(tmp_path / "bios.raw", 64 * MIB, partitions=("1:2048:+1M", "2:0:0"))
    subprocess.run(["sgdisk", "--typecode=1:ef02", str(disk)], check=True, capture_output=True)
    patch(disk, 0, b"\xeb\x63")
    _status, output = convert("--check", disk_convert_src=str(disk))
    assert '--hyper-v-generation V1 --architecture x64"' in output
    _status, output = convert(disk_convert_src=str(disk), disk_convert_generation="2")
    assert '--hyper-v-generation V2 --architecture x64"' in output


def test_an_image_that_fails_stops_no_other_and_is_named_at_the_end(tmp_path):
    first, last = raw_disk(tmp_path / "a.raw", 20 * MIB), raw_disk(tmp_path / "c.raw", 21 * MIB, seed=2)
    (tmp_path / "b.raw").touch()
    images = [
        {"src": str(first)},
        {"src": str(tmp_path / "b.raw")},
        {"src": str(tmp_path / "missing.raw")},
        {"src": str(last), "dest": str(tmp_path / "other.vhd"), "size": "40MiB"},
    ]
    status, output = convert(disk_convert_images=images)
    assert status != 0
    assert "2 of 4 images could not be converted" in output
    assert f"[{tmp_path}/b.raw] cannot convert {tmp_path}/b.raw: it is empty" in output
    assert f"[{tmp_path}/missing.raw] cannot read" in output
    same_content(first, "raw", tmp_path / "a.vhd")
    same_content(last, "raw", tmp_path / "other.vhd")
    assert os.path.getsize(tmp_path / "other.vhd") == 40 * MIB + 512


def test_a_tag_does_not_hide_what_failed(tmp_path):
    disk = raw_disk(tmp_path / "a.raw", 20 * MIB)
    (tmp_path / "b.raw").touch()
    status, output = convert("--tags", "R02", disk_convert_images=[{"src": str(disk)}, {"src": str(tmp_path / "b.raw")}])
    assert status != 0 and "1 of 2 images could not be converted" in output, output
    status, output = convert("--tags", "R08", disk_convert_src=str(disk))
    assert status == 0 and f"--upload-size-bytes {20 * MIB + 512}" in output, output


def test_the_command_for_the_upload_is_one_that_a_shell_takes(tmp_path):
    raw_disk(tmp_path / "my web disk.raw", 20 * MIB)
    status, output = convert(disk_convert_src=f"{tmp_path}/my web disk.raw")
    assert status == 0, output
    assert "--name 'my web disk' --os-type Linux" in output


def test_a_path_is_relative_to_where_the_command_was_given(tmp_path):
    raw_disk(tmp_path / "here.raw", 20 * MIB)
    for variables in ({}, {"disk_convert_dest": "there.vhd"}):
        status, output = convert(disk_convert_src="here.raw", folder=tmp_path, **variables)
        assert status == 0, output
    assert sorted(os.listdir(tmp_path)) == ["here.raw", "here.vhd", "there.vhd"]


def test_check_mode_writes_nothing(tmp_path):
    disk = raw_disk(tmp_path / "a.raw", 20 * MIB)
    before = digest(disk)
    status, output = convert("--check", "--diff", disk_convert_src=str(disk))
    assert status == 0, output
    assert "fixed VHD, disk of 20971520 bytes (20 MiB)" in output
    assert os.listdir(tmp_path) == ["a.raw"]
    assert digest(disk) == before


def test_a_disk_is_changed_in_place(tmp_path):
    disk = raw_disk(tmp_path / "a.raw", 20 * MIB - 512)
    status, output = convert(disk_convert_src=str(disk), disk_convert_in_place=True)
    assert status == 0, output
    assert "method: in_place, bytes written: 512" in output
    assert os.path.getsize(disk) == 20 * MIB + 512


def test_nothing_to_convert_is_an_error_that_names_the_variables():
    status, output = convert()
    assert status != 0
    assert "give one as image (-e image=/images/disk.qcow2) or disk_convert_src" in output


def test_image_names_one_file_or_several_whatever_is_in_the_name(tmp_path):
    for name in ("disk-2026-11-28T10:30", "b.raw"):
        raw_disk(tmp_path / name, 20 * MIB)
    status, output = convert(image="disk-2026-11-28T10:30,b.raw", folder=tmp_path)
    assert status == 0, output
    assert sorted(path.name for path in tmp_path.glob("*.vhd")) == ["b.vhd", "disk-2026-11-28T10:30.vhd"]


def test_a_slip_in_the_name_of_the_image_is_named(tmp_path):
    status, output = convert(imag=str(raw_disk(tmp_path / "a.raw", 20 * MIB)))
    assert status != 0 and "nobody knows the variable imag (image was meant?)" in output
    status, output = convert()
    assert status != 0 and "there is no image to convert" in output
