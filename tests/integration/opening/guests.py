# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Small disks with a system that runs no more than busybox, and what this machine holds, to compare before and after."""

import contextlib
import os
import pathlib
import subprocess
import sysconfig
import tempfile
import time

from ansible_collections.imagewright.azure.plugins.module_utils.image.image_tree import ImageTree
from ansible_collections.imagewright.azure.plugins.module_utils.opening import session_folder
from lab import accelerator, playing
from lab.paths import CHECKOUT
from unit.image.images import MIB, ROOT_UUID, ext4, put, run

BUSYBOX = "/usr/bin/busybox" if os.path.exists("/usr/bin/busybox") else "/bin/busybox"


#: Of a user who owns nothing: nobody.
USER = 65534
_USERS_PYTHON = "/usr/bin/python3"
_USERS_MODULES = f"{playing.COLLECTIONS}:{CHECKOUT / 'tests'}:{sysconfig.get_path('purelib')}"
_AS_USER = ("setpriv", f"--reuid={USER}", f"--regid={USER}", "--clear-groups", "--inh-caps=-all", "--bounding-set=-all", "--", _USERS_PYTHON, "-c")


@contextlib.contextmanager
def place_of_a_user():
    """Yield a directory (path) that is the home of a user without rights; pytest's own are for root alone."""
    with tempfile.TemporaryDirectory(prefix="imagewright-user-", dir="/var/tmp") as folder:
        os.chown(folder, USER, USER)
        yield pathlib.Path(folder)


def as_user(home, program):
    """Return the completed process of a program of Python that runs as this user. home: path, the directory that is the user's."""
    programs = home / "bin"
    programs.mkdir()
    (programs / "ansible-playbook").write_text(f"#!{_USERS_PYTHON}\nfrom ansible.cli.playbook import main\nmain()\n")
    (programs / "ansible-playbook").chmod(0o755)
    environment = {**os.environ, "HOME": str(home), "ANSIBLE_HOME": str(home / "ansible"), "TMPDIR": str(home), "LAB_PROGRAMS": str(programs)}
    environment.update(PYTHONPATH=_USERS_MODULES, ANSIBLE_REMOTE_TMP=str(home / "tmp"), XDG_CACHE_HOME=str(home / "cache"), XDG_RUNTIME_DIR="")
    return subprocess.run([*_AS_USER, program], capture_output=True, text=True, check=False, timeout=7200, env=environment, cwd=CHECKOUT)


def users_python_works():
    """Return whether a user without rights can run Ansible: this process' Python may be root's alone, so it is the system's, with the same packages."""
    environment = {**os.environ, "PYTHONPATH": _USERS_MODULES}
    return subprocess.run([*_AS_USER, "import ansible.release, dissect.volume"], capture_output=True, check=False, env=environment).returncode == 0


def emulate_where_needed(monkeypatch):
    """Have libguestfs not try a /dev/kvm that does not work, which costs two minutes each time."""
    if not accelerator.kvm_works():
        monkeypatch.setenv("LIBGUESTFS_BACKEND_SETTINGS", "force_tcg")


def busybox_disk(path, size=30 * MIB, files=None, partitions="start=2048, size=61440, type=83, bootable\n"):
    """Write a raw disk of 32 MiB with a DOS table and an ext4 root with busybox, and return its path.

    files: {path below the root: text}, further files.
    """
    folder = path.with_suffix(".root")
    for name in ("etc", "usr/lib", "bin", "sbin", "var/lib", "run", "proc", "sys", "dev", "tmp"):
        (folder / name).mkdir(parents=True)
    run("cp", BUSYBOX, folder / "bin/busybox")
    for name in ("sh", "ls", "cat", "sleep", "touch"):
        (folder / "bin" / name).symlink_to("busybox")
    texts = {"etc/fstab": f"UUID={ROOT_UUID} / ext4 defaults 0 1\n", "etc/os-release": "ID=busybox\nVERSION_ID=1\n", **(files or {})}
    for name, text in texts.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)
    with open(path, "wb") as stream:
        stream.truncate(32 * MIB)
    run("sfdisk", "--quiet", path, text="label: dos\nlabel-id: 0x2e8a1c7f\n" + partitions)
    file_system = ext4(path.with_suffix(".ext4"), folder, size)
    put(path, file_system, MIB)
    run("rm", "-r", folder, file_system)
    return path


def read(image, path):
    """Return the text (str) of a file in the guest of an image, which is only read."""
    with ImageTree(str(image)) as tree:
        return tree.read_text(path)


def inside(opened, command):
    """Return the completed process of a shell's command in the namespaces of a session. opened: str, what names it."""
    pid = opened.partition(":")[0]
    argv = ["nsenter", "--target", pid, "--mount", "--pid", "--uts", "--ipc", "--net", "--", "/bin/sh", "-c", command]
    return subprocess.run(argv, capture_output=True, text=True, check=False, timeout=60)


def wait_until(condition, seconds=60):
    """Wait until a function returns what is true; that it does not is the test's failure."""
    deadline = time.monotonic() + seconds
    while not condition() and time.monotonic() < deadline:
        time.sleep(0.1)
    assert condition()


def held(folder):
    """Return what this machine holds of the images in a folder (other tests have theirs): files of loop devices, directories of sessions; and mounts of all."""
    loops = sorted(file for file in _files_of_loops() if file.startswith(f"{folder}/"))
    sessions = sorted(path.name for path in pathlib.Path(folder).glob("*.*") if os.path.exists(session_folder.folder_of(str(path))))
    mounts = [line for line in pathlib.Path("/proc/self/mounts").read_text().splitlines() if session_folder.SESSIONS in line]
    return loops, sessions, mounts


def _files_of_loops():
    for path in pathlib.Path("/sys/block").glob("loop*/loop/backing_file"):
        with contextlib.suppress(OSError):  # detached meanwhile
            yield path.read_text().strip()
