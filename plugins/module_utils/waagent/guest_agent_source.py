# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The Azure agent from its source archive, in a guest that does not run: unpacked here, installed by the guest's own Python in a chroot.

PRIVATE: module_utils of this collection are not an interface.
"""

import os
import posixpath
import shutil
import tarfile
from typing import TYPE_CHECKING, Any, Dict, Optional, Tuple

from ansible_collections.imagewright.azure.plugins.module_utils.core import commands
from ansible_collections.imagewright.azure.plugins.module_utils.core.errors import ImagewrightError, from_os_error
from ansible_collections.imagewright.azure.plugins.module_utils.core.live_tree import LiveTree

if TYPE_CHECKING:
    from ansible.module_utils.basic import AnsibleModule

ARGUMENTS = {"src": {"type": "path", "required": True}, "root": {"type": "path", "required": True}}

#: Where the archive is unpacked, and what its installer brings.
SOURCE, PROGRAM = "/usr/local/src/waagent", "/usr/sbin/waagent"
#: The agent runs on each of them from 2.6 on; the one that the guest's packages are made for comes first.
_PYTHONS = ("python3", "/usr/libexec/platform-python", "python2", "python")
_OLDEST = (2, 6)
_MOST_FILES, _MOST_BYTES = 20000, 256 * 1024 * 1024
#: --register-service is left out: it starts the agent.
_INSTALL = ["setup.py", "install", "--force"]


def run(module: "AnsibleModule") -> Dict[str, Any]:
    """Return the module's result."""
    tree, archive = LiveTree(module.params["root"]), module.params["src"]
    if tree.is_running_system:
        raise ImagewrightError("cannot install the agent on the machine itself in this way; use the role guest_agent, or give the root of a mounted guest")
    if tree.exists(PROGRAM):
        return {"changed": False, "python": None}
    python, version = _python(tree)
    if not os.path.isfile(archive):
        raise ImagewrightError(f"cannot install the agent from {archive}: there is no such file on the controller; give a source archive of WALinuxAgent")
    if not module.check_mode:
        _install(tree, archive, python)
    return {"changed": True, "python": f"{python} {version[0]}.{version[1]}"}


def _python(tree: LiveTree) -> Tuple[str, Tuple[int, int]]:
    """Return (program, version) of the guest's Python. Raises ImagewrightError: it has none that the agent runs on."""
    seen = []
    for name in _PYTHONS:
        if commands.find(name, tree.root):
            program = "import sys; sys.stdout.write('%d.%d' % sys.version_info[:2])"
            answer = commands.run([name, "-c", program], f"ask {name} for its version", root=tree.root, accept=None)
            numbers = answer.stdout.split(".")
            if answer.rc == 0 and len(numbers) == 2 and all(number.isdigit() for number in numbers):
                version = (int(numbers[0]), int(numbers[1]))
                if version >= _OLDEST:
                    return name, version
                seen.append(f"{name} is {answer.stdout}")
    raise ImagewrightError(
        f"cannot install the agent in {tree.root}: it needs Python 2.6 or later of the guest, which has "
        f"{', '.join(seen) or 'none (' + ', '.join(_PYTHONS) + ')'}; install one in it (guest_agent_package_files)"
    )


def _install(tree: LiveTree, archive: str, python: str) -> None:
    place = tree.host_path(SOURCE)
    if os.path.lexists(place):
        shutil.rmtree(place)  # of a run that was stopped
    try:
        _unpack(archive, place)
        argv = ["/bin/sh", "-c", 'cd "$1" && shift && exec "$@"', "install", SOURCE, python, *_INSTALL]
        commands.run(argv, f"install the agent of {archive} in {tree.root}", root=tree.root)
        if not tree.exists(PROGRAM):
            raise ImagewrightError(
                f"cannot install the agent of {archive} in {tree.root}: its installer ended well and brought no {PROGRAM}; give another release"
            )
    except BaseException:
        shutil.rmtree(place, ignore_errors=True)
        raise


def _unpack(archive: str, place: str) -> None:
    """Unpack the files of an archive, without its first directory. Raises ImagewrightError: it is none of the agent, or unreasonable."""
    what = f"cannot install the agent from {archive}"
    count = size = 0
    try:
        with tarfile.open(archive) as opened:
            for member in opened:
                name = _inner_name(member.name)
                count, size = count + 1, size + member.size
                if count > _MOST_FILES or size > _MOST_BYTES:
                    raise ImagewrightError(f"{what}: it has more than {_MOST_FILES} files or {_MOST_BYTES >> 20} MiB, and no release of the agent has")
                stream = opened.extractfile(member) if member.isfile() and name else None
                if stream is not None:
                    target = os.path.join(place, name or "")
                    os.makedirs(os.path.dirname(target), exist_ok=True)
                    with open(target, "wb") as written:
                        shutil.copyfileobj(stream, written)
                    os.chmod(target, 0o755 if member.mode & 0o100 else 0o644)
    except (tarfile.TarError, EOFError) as error:
        raise ImagewrightError(f"{what}: it is no archive that can be read ({error}); give a release's .tar.gz") from error
    except OSError as error:
        raise from_os_error(f"unpack {archive}", error) from error
    if not os.path.isfile(os.path.join(place, "setup.py")):
        raise ImagewrightError(f"{what}: it has no setup.py; give a source archive of WALinuxAgent")


def _inner_name(name: str) -> Optional[str]:
    """Return the path (str) of a member below the archive's first directory, None for that itself and for what would lie outside."""
    parts = posixpath.normpath(name).split("/")
    return "/".join(parts[1:]) if len(parts) > 1 and ".." not in parts and not name.startswith("/") else None
