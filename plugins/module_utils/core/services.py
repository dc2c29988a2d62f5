# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which services start at boot, read from files: systemd, OpenRC, SysV and Upstart.

PRIVATE: module_utils of this collection are not an interface.
"""

import posixpath

ENABLED, DISABLED, MASKED, MISSING = "enabled", "disabled", "masked", "missing"

#: Where unit files are, the first that has one counts.
UNIT_FOLDERS = ("/etc/systemd/system", "/run/systemd/system", "/usr/local/lib/systemd/system", "/usr/lib/systemd/system", "/lib/systemd/system")
_ETC = "/etc/systemd/system"
_UNTIL_THE_NEXT_BOOT = ("/run/systemd/system",)
#: What starts a service without systemd, at Debian, Red Hat, SUSE and with OpenRC.
_START_LINKS = ("/etc/rc[2345].d/S[0-9][0-9]{}", "/etc/rc.d/rc[2345].d/S[0-9][0-9]{}", "/etc/init.d/rc[2345].d/S[0-9][0-9]{}", "/etc/runlevels/*/{}")


def state(tree, names):
    """Return the best state of the services: enabled, disabled, masked or missing.

    names: [str] without a suffix, ``sshd``, or units, ``ssh.socket``; several are several names of one thing.
    """
    states = [_state(tree, name) for name in names]
    return next(known for known in (ENABLED, DISABLED, MASKED, MISSING) if known in states)


def present(tree, names):
    """Return {name: state} of those of the services that are there, in their order."""
    states = {name: _state(tree, name) for name in names}
    return {name: found for name, found in states.items() if found != MISSING}


def uses_systemd(tree):
    """Return whether the guest is started by systemd."""
    return any(tree.exists(path) for path in ("/usr/lib/systemd/systemd", "/lib/systemd/systemd"))


def unit_path(tree, unit):
    """Return the path (str) of a unit's file, None without one."""
    for folder in UNIT_FOLDERS:
        path = posixpath.join(folder, unit)
        if tree.is_symlink(path) and tree.readlink(path) == "/dev/null":
            return path
        if tree.is_file(path):
            return path
    return None


def _state(tree, name):
    unit = name if "." in name else name + ".service"
    path = unit_path(tree, unit)
    if path is not None:
        return _unit_state(tree, unit, path)
    if "." not in name and tree.exists(f"/etc/init.d/{name}"):
        return ENABLED if any(tree.glob(pattern.format(name)) for pattern in _START_LINKS) else DISABLED
    if "." not in name and tree.exists(f"/etc/init/{name}.conf"):
        return DISABLED if "manual" in _words(tree, f"/etc/init/{name}.override") else ENABLED
    return MISSING


def _unit_state(tree, unit, path):
    if tree.is_symlink(path) and tree.readlink(path) == "/dev/null":
        return MASKED
    if not uses_systemd(tree):
        return DISABLED
    wanted = [link for folder in UNIT_FOLDERS if folder not in _UNTIL_THE_NEXT_BOOT
              for kind in ("wants", "requires") for link in tree.glob(f"{folder}/*.{kind}/{unit}")]
    if wanted or _is_alias(tree, unit):
        return ENABLED
    return DISABLED if "[Install]" in tree.read_text(path) else ENABLED  # a unit that nobody installs is static: others start it


def _is_alias(tree, unit):
    """Whether a link in /etc gives the unit another name, as `systemctl enable` does for Alias=."""
    return any(tree.is_symlink(path) and posixpath.basename(tree.readlink(path)) == unit and posixpath.basename(path) != unit
               for path in tree.glob(f"{_ETC}/*.{unit.rpartition('.')[2]}"))


def _words(tree, path):
    return tree.read_text(path).split() if tree.is_file(path) else []
