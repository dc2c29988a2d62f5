# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""kill -9 of grub_cmdline at random moments: each file of every boot loader is whole, the old one or the new one."""

import json
import os
import pathlib
import random
import re
import shutil
import signal
import subprocess
import sys
import time

import conftest
import pytest
from lab import container, disk
from lab.live import LiveGuest
from lab.recipe import Plan, Recipe

TREES = conftest.CHECKOUT / "tests/unit/fixtures/boot"
WANTED = {"present": ["console=tty1", "console=ttyS0,115200n8"], "absent": ["quiet", "rhgb"]}
KILLS = 16

#: Writes its menu in three steps, and over the old one as GRUB's own does: with `cat`.
MKCONFIG = """#!/bin/sh
set -e
. /etc/default/grub
for part in 1 2 3; do
  sleep 0.05
  printf '### BEGIN /etc/grub.d/10_linux ###\\nmenuentry "%s" {\\n\\tlinux /boot/vmlinuz-6.1.0-28-amd64 root=UUID=0a1b ro %s %s\\n}\\n' \\
    "$part" "$GRUB_CMDLINE_LINUX" "$GRUB_CMDLINE_LINUX_DEFAULT"
done >"$2.new"
cat "$2.new" >"$2"
rm "$2.new"
"""


def copy_program(root, name):
    """Copy a program of this machine, and the libraries that it is linked with, into a tree."""
    source = os.path.realpath(shutil.which(name))
    libraries = re.findall(r"(/\S+) \(0x", subprocess.run(["ldd", source], stdout=subprocess.PIPE, text=True, check=True).stdout)
    for path, target in [(source, f"/bin/{name}")] + [(library, library) for library in libraries]:
        (root / target[1:]).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(path, root / target[1:])


@pytest.fixture
def guest(tmp_path):
    """A tree with BLS entries, a generated grub.cfg, GRUB Legacy and EXTLINUX."""
    root = tmp_path / "root"
    shutil.copytree(TREES / "rhel9", root, symlinks=True)
    shutil.copytree(TREES / "rhel6/boot", root / "boot", symlinks=True, dirs_exist_ok=True)
    shutil.copytree(TREES / "debian12/boot", root / "boot", symlinks=True, dirs_exist_ok=True)
    shutil.copy(TREES / "alpine/boot/extlinux.conf", root / "boot")
    for name in ("sh", "cat", "rm", "sed", "sleep"):
        copy_program(root, name)
    (root / "etc/system-release").write_text("Red Hat Enterprise Linux release 9.4 (Plow)\n")
    program = root / "usr/sbin/grub-mkconfig"
    program.parent.mkdir(parents=True)
    program.write_text(MKCONFIG)
    program.chmod(0o755)
    subprocess.run(["chroot", str(root), "grub-mkconfig", "-o", "/boot/grub/grub.cfg"], check=True)
    return root


def contents(root):
    """Return {path: bytes or link target} of what is in /boot and /etc."""
    return {path.relative_to(root): path.readlink() if path.is_symlink() else path.read_bytes()
            for folder in ("boot", "etc") for path in sorted((root / folder).rglob("*")) if path.is_symlink() or path.is_file()}


def start(root):
    """Return the module's process, started as Ansible does it, in a session of its own."""
    process = subprocess.Popen([sys.executable, "-c", conftest.RUNNER, "grub_cmdline"], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                               stderr=subprocess.PIPE, start_new_session=True, env=dict(os.environ, PYTHONPATH=str(conftest.COLLECTIONS)))
    process.stdin.write(json.dumps({"ANSIBLE_MODULE_ARGS": dict(WANTED, root=str(root))}).encode())
    process.stdin.close()
    return process


def wait_for_generators(root, seconds=20):
    """Wait until no generator is at work that outlived its module."""
    def at_work(entry):
        try:
            return os.readlink(entry / "root") == str(root)
        except OSError:
            return False  # it ended meanwhile

    deadline = time.monotonic() + seconds
    while any(at_work(entry) for entry in pathlib.Path("/proc").glob("[0-9]*")):
        assert time.monotonic() < deadline, "a generator is still at work"
        time.sleep(0.05)


def test_kill_9_at_random_moments_leaves_each_file_whole(guest, tmp_path, run_module):
    old = contents(guest)
    kept = tmp_path / "kept"
    shutil.copytree(guest, kept, symlinks=True)
    begun = time.monotonic()
    result = run_module("grub_cmdline", root=guest, **WANTED)
    duration = time.monotonic() - begun
    assert not result["failed"] and result["bootloaders"] == ["bls", "grub2", "grub_legacy", "extlinux"], result
    new = contents(guest)
    assert len({path for path in new if old.get(path) != new[path]}) >= 7 and sorted(old) == sorted(new)
    chosen = random.Random(4)
    seen = set()
    for number in range(KILLS):
        if number % 3 == 0:  # else go on from what the last kill left
            shutil.rmtree(guest)
            shutil.copytree(kept, guest, symlinks=True)
        process = start(guest)
        time.sleep(duration * (0.35 + 0.65 * chosen.random()))
        if number % 2:
            process.kill()  # the module alone; its generator goes on
        else:
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        found = contents(guest)
        for path in old:
            assert found[path] in (old[path], new[path]), (number, path)
        assert all(".imagewright-" in path.name for path in set(found) - set(old)), number
        seen.add(frozenset(path for path in old if found[path] != old[path]))
    assert len(seen) > 2  # some were killed between two files
    wait_for_generators(guest)
    for path, content in old.items():  # the last run has all files to write, so that it comes upon every leftover
        if isinstance(content, bytes):
            (guest / path).write_bytes(content)
    assert not run_module("grub_cmdline", root=guest, **WANTED)["failed"]
    assert contents(guest) == new
    assert not run_module("grub_cmdline", root=guest, **WANTED)["changed"]


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
