# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What goes wrong in the middle: whatever happens, each kernel keeps one whole image."""

import io
import json
import os
import pathlib
import random
import signal
import subprocess
import sys
import time

import conftest
import pytest
from integration.initramfs.debian_roots import COMPRESSORS, HV

from ansible_collections.imagewright.azure.plugins.module_utils.initramfs import archive

#: 10 guests with 5 kills each.
SEEDS, ROUNDS = range(10), 5


def start(root, **arguments):
    """Return the module's process, started as Ansible does it, in a session of its own."""
    parameters = {"ANSIBLE_MODULE_ARGS": dict(root=str(root.path), modules=HV, **arguments)}
    process = subprocess.Popen(
        [sys.executable, "-c", conftest.RUNNER, "initrd_modules"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        start_new_session=True,
        env=dict(os.environ, PYTHONPATH=str(conftest.COLLECTIONS)),
    )
    process.stdin.write(json.dumps(parameters).encode())
    process.stdin.close()
    return process


def wait_for_generators(root, seconds=120):
    """Wait until no generator is at work that outlived its module."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        working = []
        for entry in pathlib.Path("/proc").glob("[0-9]*"):
            try:
                if os.readlink(entry / "root") == str(root.path):
                    working.append(entry.name)
            except OSError:
                continue  # it ended meanwhile
        if not working:
            return
        time.sleep(0.2)
    raise AssertionError(f"still at work: {working}")


def assert_whole(content):
    assert any(member.name == "init" for member in archive.list_members(io.BytesIO(content), "image"))


@pytest.mark.slow
@pytest.mark.parametrize("seed", SEEDS)
def test_kill_9_at_random_moments_never_costs_an_image(run_module, debian, seed):
    root = debian(include=COMPRESSORS)
    root.configure(MODULES="list", COMPRESS="lz4")
    root.build()
    old = root.image.read_bytes()
    begun = time.monotonic()
    process = start(root, backup=False)
    process.wait()
    duration = time.monotonic() - begun
    assert root.listed() == HV
    chosen = random.Random(seed)
    for number in range(seed, seed + ROUNDS):
        root.image.write_bytes(old)
        (root.path / "etc/initramfs-tools/modules").write_text("# list\n")
        process = start(root, backup=bool(number % 2))
        # every second kill near the end, where the image is replaced
        time.sleep(duration * (chosen.uniform(0.8, 1.1) if number % 2 else chosen.random()))
        if number % 4 < 2:
            process.kill()  # the module alone; its generator goes on
        else:
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        content = root.image.read_bytes()
        assert_whole(content)
        assert content == old or root.listed() == HV, number
        listed = (root.path / "etc/initramfs-tools/modules").read_text()
        assert listed in ("# list\n", "# list\n" + "".join(name + "\n" for name in HV)), number
    result = run_module("initrd_modules", root=root.path, modules=HV)
    assert not result["failed"] and root.listed() == HV
    wait_for_generators(root)
    root.image.write_bytes(old)
    assert not run_module("initrd_modules", root=root.path, modules=HV)["failed"]
    assert [path.name for path in (root.path / "boot").iterdir() if path.name.startswith(".")] == []
    assert [path.name for path in (root.path / "var/tmp").iterdir() if path.name.startswith("imagewright")] == []
    assert len(list((root.path / "var/lib/imagewright/initrd-backup").iterdir())) == 1


def small_boot(root, free):
    """Put /boot on a file system of its own with so much room left (bytes)."""
    boot, kept = root.path / "boot", root.path / "boot.kept"
    subprocess.run(["cp", "-a", str(boot), str(kept)], check=True)
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=128m", "tmpfs", str(boot)], check=True)
    subprocess.run(f"cp -a {kept}/. {boot}/ && rm -r {kept}", shell=True, check=True)
    status = os.statvfs(boot)
    (boot / "filler").write_bytes(bytes(status.f_bavail * status.f_frsize - free))


def boot_of(root):
    return {path.name: path.read_bytes() for path in (root.path / "boot").iterdir() if path.is_file()}


def test_a_full_boot_is_refused_before_anything_is_built(run_module, debian):
    root = debian()
    root.configure(MODULES="list")
    root.build()
    small_boot(root, 1024 * 1024 + 65536)
    before = boot_of(root)
    result = run_module("initrd_modules", root=root.path, modules=HV)
    assert result["failed"] and "the file system of /boot has 1 MiB free" in result["msg"], result["msg"]
    assert boot_of(root) == before and "hv_storvsc" not in (root.path / "etc/initramfs-tools/modules").read_text()


@pytest.mark.slow
@pytest.mark.parametrize("generator", ["initramfs-tools", "dracut"])
def test_a_boot_that_fills_up_while_the_image_is_built_keeps_the_old_one(run_module, debian, generator):
    root = debian("bookworm", generator, include=COMPRESSORS)
    if generator == "dracut":
        root.run(
            "dracut",
            "--force",
            "--no-hostonly",
            "--omit-drivers",
            "hv_vmbus hv_storvsc",
            "--omit",
            "kernel-modules systemd",
            f"/boot/{root.image.name}",
            root.version,
        )
    else:
        root.configure(MODULES="list", COMPRESS="zstd")
        root.build()
        root.configure(MODULES="most", COMPRESS="gzip")  # the new image is more than twice as large
    small_boot(root, int(root.image.stat().st_size * 1.3))
    before = boot_of(root)
    result = run_module("initrd_modules", root=root.path, modules=HV)
    assert result["failed"] and result["msg"].startswith(f"cannot rebuild /boot/{root.image.name} for kernel "), result["msg"]
    assert boot_of(root) == before
    assert "hv_storvsc" not in str([path.read_text() for path in (root.path / "etc").glob("*/*zz-imagewright*")])
