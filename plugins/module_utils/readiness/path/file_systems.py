# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""System manager: what is mounted can be written where the first boot writes, and has no feature that the kernel does not know.

PRIVATE: module_utils of this collection are not an interface.
"""

from ansible_collections.imagewright.azure.plugins.module_utils.kernel import file_system_features
from ansible_collections.imagewright.azure.plugins.module_utils.readiness.findings import ERROR, WARNING, Evidence, failed_if, not_applicable
from ansible_collections.imagewright.azure.plugins.module_utils.readiness.rule import rule
from ansible_collections.imagewright.azure.plugins.module_utils.readiness.started import last_mode, started_version
from ansible_collections.imagewright.azure.plugins.module_utils.readiness.steps import SYSTEM_MANAGER
from ansible_collections.imagewright.azure.plugins.module_utils.readiness.volumes import kind_of, named_volume
from ansible_collections.imagewright.azure.plugins.module_utils.storage.mount_lines import mount_lines

#: Where the first boot writes: accounts, logs, state; and the homes of users.
_WRITTEN = ("/etc", "/var", "/var/lib", "/var/lib/cloud", "/var/lib/waagent", "/var/log")
_HOMES = ("/home",)
_READ_ONLY = "read-only"


@rule(
    "R70m",
    step=SYSTEM_MANAGER,
    severity=ERROR,
    title="Every file system that the first boot writes to can be written",
    fault="A file system that the first boot writes to is read-only",
    why="Accounts, keys, logs and the state of who provisions are written at the first boot: where /, /etc, /var or /home is read-only, provisioning fails.",
    cure="Take ro from the line in /etc/fstab, or what makes the file system read-only from it: `tune2fs -O ^read-only`, `btrfs property set -ts / ro false`, "
    "`btrfstune -S 0`; give an overlay an upperdir= and a workdir=.",
    source="mount(8); ext4(5), read-only; btrfs-property(8); btrfstune(8); Linux Documentation/filesystems/overlayfs.rst",
)
def what_is_written_can_be(context):
    """Return failed with each file system of / and of where the first boot writes that is read-only, by its line or by itself."""
    lines = {line.mount_point.rstrip("/") or "/": line for line in context.shared(mount_lines)}
    places = _WRITTEN + (_HOMES if context.kind != "specialized" else ())
    found = [Evidence(lines[path].path, lines[path].line, lines[path].text) for path in places if path in lines and _is_read_only(context, lines[path])]
    # a root beside an /etc of its own is read-only on purpose
    own = [path for path in (("/",) if "/etc" not in lines else ()) + places if _READ_ONLY in (context.tree.file_system_features(path) or ())]
    return failed_if(found + [Evidence(path, None, "its file system is read-only, however it is mounted") for path in own])


def _is_read_only(context, line):
    if not line.required and named_volume(context, line.device) is False:
        return False  # it is passed over
    if line.kind == "overlay":
        return not any(option.startswith("upperdir=") for option in line.options)
    return last_mode(line.options) == "ro"


@rule(
    "R70n",
    step=SYSTEM_MANAGER,
    severity=ERROR,
    title="The kernel that starts knows the features of every file system that is mounted",
    fault="The kernel that starts does not know a feature of a file system that is mounted",
    why="A newer mkfs than the guest's own, as that of a build machine, gives a file system features that an older kernel does not mount, or not to write.",
    cure="Make the file system with the guest's own mkfs, or without the feature (mkfs.ext4 -O ^NAME, mkfs.xfs -i or -m NAME=0); or install a newer kernel.",
    source="ext4(5); xfs(5); btrfs(5); Linux fs/ext4/ext4.h; fs/xfs/libxfs/xfs_format.h; include/uapi/linux/btrfs.h",
    choice="A warning for kernels of Red Hat and SUSE, which take over features of newer ones.",
)
def features_are_known(context):
    """Return failed with each mount of the disk whose file system has a feature that is newer than the kernel which starts."""
    version = started_version(context)
    if version is None:
        return not_applicable("which kernel starts is not known here")
    found = []
    for line in context.shared(mount_lines):
        kind = kind_of(context, line.device) if line.kind == "auto" else line.kind
        features = context.tree.file_system_features(line.mount_point) or ()
        unknown = file_system_features.unknown(kind, features, version, last_mode(line.options) != "ro")
        if unknown:
            found.append((line, Evidence(line.path, line.line, f"Linux {version} does not know {', '.join(unknown)}: {line.text}")))
    stops = any(line.required for line, _place in found) and not file_system_features.may_have_more(version)
    return failed_if([place for _line, place in sorted(found, key=lambda each: not each[0].required)], severity=ERROR if stops else WARNING)


RULES = [what_is_written_can_be, features_are_known]
