# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Packages of a guest that does not run, put there by its own package manager in a chroot, and package files of any guest.

PRIVATE: module_utils of this collection are not an interface.
"""

import contextlib
import os
import shutil
import time
from typing import TYPE_CHECKING, Any, Dict, Iterator, List, NamedTuple, Optional, Sequence

from ansible_collections.imagewright.azure.plugins.module_utils.core import commands
from ansible_collections.imagewright.azure.plugins.module_utils.core.errors import ImagewrightError, from_os_error
from ansible_collections.imagewright.azure.plugins.module_utils.core.live_tree import LiveTree
from ansible_collections.imagewright.azure.plugins.module_utils.core.work_directory import BRIEF, work_directory

if TYPE_CHECKING:
    from ansible.module_utils.basic import AnsibleModule

ARGUMENTS = {
    "names": {"type": "list", "elements": "str", "default": []},
    "files": {"type": "list", "elements": "path", "default": []},
    "root": {"type": "path", "default": "/"},
}


class Manager(NamedTuple):
    """What a package manager is called with; the names or files come behind.

    query: succeeds when the name is installed, with there at the beginning of what it prints; of_file: prints what query asks for to know whether a
    file's package is installed, and perhaps its version, None where nothing does.
    """

    program: str
    query: List[str]
    there: str
    of_file: Optional[List[str]]
    refresh: Optional[List[str]]
    simulate: Optional[List[str]]
    install: Optional[List[str]]
    install_files: List[str]


_APT = ["apt-get", "-y", "-o", "Dpkg::Options::=--force-confdef", "-o", "Dpkg::Options::=--force-confold"]
_DPKG_QUERY = ["dpkg-query", "-W", "-f=${db:Status-Abbrev}"]
_DPKG_VERSION = ["dpkg-query", "-W", "-f=${Version}"]
_RPM = ["rpm", "-U", "--replacepkgs"]
_OF_RPM = ["rpm", "-qp", "--qf", "%{NAME}-%{VERSION}-%{RELEASE}.%{ARCH}"]
_ADD, _PACMAN = ["apk", "add"], ["pacman", "--noconfirm", "--needed"]
#: In the order in which they are looked for: a guest of Red Hat's has dnf and yum, and one of SUSE may have dnf, too.
MANAGERS = (
    Manager(
        "apt-get",
        _DPKG_QUERY,
        "ii",
        ["dpkg-deb", "-W", "--showformat=${Package} ${Version}"],
        ["apt-get", "update"],
        ["apt-get", "-s", "install"],
        [*_APT, "install"],
        ["dpkg", "-i"],
    ),
    Manager("zypper", ["rpm", "-q"], "", _OF_RPM, None, None, ["zypper", "--non-interactive", "install"], _RPM),
    Manager("dnf", ["rpm", "-q"], "", _OF_RPM, None, None, ["dnf", "-y", "install"], _RPM),
    Manager("yum", ["rpm", "-q"], "", _OF_RPM, None, None, ["yum", "-y", "install"], _RPM),
    Manager("tdnf", ["rpm", "-q"], "", _OF_RPM, None, None, ["tdnf", "-y", "install"], _RPM),
    Manager("apk", ["apk", "info", "-e"], "", None, None, [*_ADD, "--simulate"], _ADD, [*_ADD, "--allow-untrusted"]),
    Manager("pacman", ["pacman", "-Q"], "", None, ["pacman", "-Sy"], None, [*_PACMAN, "-S"], [*_PACMAN, "-U"]),
    Manager("rpm", ["rpm", "-q"], "", _OF_RPM, None, None, None, _RPM),
)

_ENVIRONMENT = {"DEBIAN_FRONTEND": "noninteractive", "DEBCONF_NONINTERACTIVE_SEEN": "true"}
#: Asked by Debian's scripts before they start a service; 101 forbids it. Source: invoke-rc.d(8).
_POLICY, _FORBID = "/usr/sbin/policy-rc.d", "#!/bin/sh\nexit 101\n"
_RESOLVER = "/etc/resolv.conf"
_LISTS_LAST = 3600  # seconds
_NETWORK = (
    "the package is not in the repositories of the guest, or they cannot be reached from here; let the guest's programs use the network "
    "(image_network=true), or give the package as a file (guest_agent_package_files)"
)


def run(module: "AnsibleModule") -> Dict[str, Any]:
    """Return the module's result."""
    tree = LiveTree(module.params["root"])
    manager = find(tree)
    with _copied(tree, module.params["files"]) as copies:
        files = [copy for copy in copies if not _file_is_installed(tree, manager, copy)]
        missing = [name for name in module.params["names"] if not is_installed(tree, manager, name)]
        result = {"changed": bool(missing or files), "installed": missing, "manager": manager.program}
        if result["changed"] and module.check_mode:
            if missing and not files:
                _simulate(tree, manager, missing)
        elif result["changed"]:
            with contextlib.ExitStack() as stack:
                if not tree.is_running_system:
                    stack.enter_context(_no_service_started(tree))
                _put_there(tree, manager, files, module.params["names"])
    return result


def _put_there(tree: LiveTree, manager: Manager, files: Sequence[str], names: Sequence[str]) -> None:
    """Install the files, and of the names what is missing still. Raises ImagewrightError: one is not there in the end."""
    if files:
        shown = ", ".join(os.path.basename(path) for path in files)
        commands.run([*manager.install_files, *files], f"install {shown} in {tree.root}", root=tree.root, env=_ENVIRONMENT)
    missing = [name for name in names if not is_installed(tree, manager, name)]
    if missing:
        _install(tree, manager, missing)
    absent = [name for name in missing if not is_installed(tree, manager, name)]
    if absent:
        raise ImagewrightError(f"cannot install {', '.join(absent)} in {tree.root}: {manager.program} said that it did, and it is not there; look into its log")


def find(tree: LiveTree) -> Manager:
    """Return the Manager of the guest in the tree (LiveTree). Raises ImagewrightError: it has none that is known."""
    for manager in MANAGERS:
        if commands.find(manager.program, tree.root) and commands.find(manager.query[0], tree.root):
            return manager
    raise ImagewrightError(f"cannot find the package manager of the guest in {tree.root}; known are {', '.join(manager.program for manager in MANAGERS)}")


def is_installed(tree: LiveTree, manager: Manager, name: str) -> bool:
    """Return whether a package (or, with rpm, what it is called) is installed."""
    answer = commands.run([*manager.query, name], f"ask for the package {name}", root=tree.root, accept=None)
    return answer.rc == 0 and answer.stdout.startswith(manager.there)


def _file_is_installed(tree: LiveTree, manager: Manager, path: str) -> bool:
    """Return whether the package in a file is installed; False where no program tells."""
    if manager.of_file is None:
        return False
    answer = commands.run([*manager.of_file, path], f"read {os.path.basename(path)}", root=tree.root)
    name, _blank, version = answer.stdout.strip().partition(" ")
    if not is_installed(tree, manager, name):
        return False
    return not version or commands.run([*_DPKG_VERSION, name], f"ask for the version of {name}", root=tree.root).stdout.strip() == version


def _install(tree: LiveTree, manager: Manager, names: Sequence[str]) -> None:
    if manager.install is None:
        raise ImagewrightError(f"cannot install {', '.join(names)} in {tree.root}: it has rpm alone; give the packages as files (guest_agent_package_files)")
    with contextlib.suppress(ImagewrightError):  # what cannot be refreshed may be there all the same; the installation tells
        _refresh(tree, manager)
    _call(tree, [*manager.install, *names], names)


def _simulate(tree: LiveTree, manager: Manager, names: Sequence[str]) -> None:
    with contextlib.suppress(ImagewrightError):
        _refresh(tree, manager)
    if manager.simulate:
        _call(tree, [*manager.simulate, *names], names)


def _call(tree: LiveTree, argv: Sequence[str], names: Sequence[str]) -> None:
    try:
        commands.run(argv, f"install {', '.join(names)} in {tree.root}", root=tree.root, env=_ENVIRONMENT, lend=_name_servers(tree))
    except ImagewrightError as error:
        raise ImagewrightError(f"{error}; {_NETWORK}", **error.details) from error


def _refresh(tree: LiveTree, manager: Manager) -> None:
    """Refresh the lists of a package manager that does not do so itself, unless they are of this hour."""
    if manager.refresh is None:
        return
    lists = tree.glob("/var/lib/apt/lists/*_Packages*") + tree.glob("/var/lib/pacman/sync/*.db")
    newest = max([os.stat(tree.host_path(path)).st_ctime for path in lists] or [0])
    if time.time() - newest > _LISTS_LAST:
        commands.run(manager.refresh, "refresh the lists of packages", root=tree.root, env=_ENVIRONMENT, lend=_name_servers(tree))


def _name_servers(tree: LiveTree) -> Dict[str, str]:
    """Return what lends the name servers of this machine to a guest whose own are of another network, and often written at its boot."""
    place = tree.host_path(_RESOLVER)
    if tree.resolve(_RESOLVER).startswith("/run/") and os.path.ismount(tree.host_path("/run")) and not os.path.lexists(place):
        # a link to what systemd-resolved writes; this /run is gone with the session
        os.makedirs(os.path.dirname(place), exist_ok=True)
        with open(place, "x", encoding="ascii"):
            pass
    return {os.path.realpath(_RESOLVER): place} if os.path.isfile(place) and os.path.isfile(_RESOLVER) else {}


@contextlib.contextmanager
def _copied(tree: LiveTree, files: Sequence[str]) -> Iterator[List[str]]:
    """Yield the guest's paths ([str]) of copies of files of the controller; they are removed in the end."""
    if not files:
        yield []
        return
    for path in files:
        if not os.path.isfile(path):
            raise ImagewrightError(f"cannot install {path}: there is no such file on the controller; check the path")
    with work_directory(tree, "packages", BRIEF) as folder:
        copies = [f"{folder}/{os.path.basename(path)}" for path in files]
        for path, copy in zip(files, copies):
            try:
                shutil.copyfile(path, tree.host_path(copy))
            except OSError as error:
                raise from_os_error(f"copy {path} to {copy} of the guest", error) from error
        yield copies


@contextlib.contextmanager
def _no_service_started(tree: LiveTree) -> Iterator[None]:
    """Forbid Debian's packages to start a service while the body runs: the guest does not run, and its services would run here."""
    folder = tree.host_path("/usr/sbin")
    place = os.path.join(folder, os.path.basename(_POLICY))
    if not tree.exists("/usr/sbin/invoke-rc.d") or os.path.lexists(place):
        yield
        return
    with open(place, "x", encoding="ascii") as stream:
        stream.write(_FORBID)
    os.chmod(place, 0o755)
    try:
        yield
    finally:
        os.unlink(place)
