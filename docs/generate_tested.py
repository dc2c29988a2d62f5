# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Write docs/tested.md and the table of the README from what the tests ran: `make docs` after `python3 -m lab line NAME --record`.

Results come from tests/lab/tested.json, recorded trees from tests/unit/fixtures/boot; here stands what belongs to which distribution.
"""

import collections
import json
import pathlib
import re

CHECKOUT = pathlib.Path(__file__).resolve().parents[1]
PLACE = CHECKOUT / "docs/tested.md"
README = CHECKOUT / "README.md"
RESULTS = CHECKOUT / "tests/lab/tested.json"
TREES = CHECKOUT / "tests/unit/fixtures/boot"
OLD_RELEASES = "tests/integration/opening/test_old_releases.py"
BLOCK = re.compile(r"(<!-- tested: begin -->\n).*?(<!-- tested: end -->)", re.DOTALL)

#: A row. shapes: of lab.shapes; trees: names of recorded trees; python: the one that Ansible finds on it, as (major, minor), None when too old,
#: () when it has none, or that of the oldest and of the newest release; old: its releases on whose recorded trees OLD_RELEASES runs all roles.
Distribution = collections.namedtuple("Distribution", "names shapes trees python not_tried old", defaults=((),))

OLD = "anything over SSH, a boot: its disk image is prepared on the controller"
RED_HAT = "Red Hat's SELinux policy, grubby, Red Hat's kernel"
DISTRIBUTIONS = (
    Distribution("Red Hat Enterprise Linux, AlmaLinux, Rocky and Oracle Linux 9, 10", ("rhel9", "rhel9-lvm"), ("rhel9", "rhel10"), (3, 9), RED_HAT),
    Distribution(
        "Red Hat Enterprise Linux, AlmaLinux, Rocky and Oracle Linux 8",
        ("rhel8",),
        ("rhel8", "oracle8"),
        (3, 6),
        "its older dracut, " + RED_HAT + ", ifcfg files, Python 3.6 live",
    ),
    Distribution(
        "Red Hat Enterprise Linux and Oracle Linux 5, 6, 7",
        (),
        ("rhel5", "rhel6", "rhel7"),
        None,
        OLD + "; an agent on release 5, whose Python runs none",
        ("Red Hat 5.11", "Red Hat 6.10", "Red Hat 7.9"),
    ),
    Distribution("Fedora", ("rhel9",), ("fedora",), (3, 13), RED_HAT + ", unified kernel images, ostree"),
    Distribution("SUSE Linux Enterprise 16, openSUSE Leap 16 and Tumbleweed", ("suse",), ("sles16",), (3, 13), "sdbootutil with systemd-boot, /usr/etc"),
    Distribution(
        "SUSE Linux Enterprise 15, openSUSE Leap 15", ("suse",), ("sles15",), (3, 6), "wicked, SUSE's GRUB, which counts paths from the default subvolume"
    ),
    Distribution("SUSE Linux Enterprise 11, 12", (), ("sles11", "sles12"), None, OLD, ("SUSE 11 SP4", "SUSE 12 SP5")),
    Distribution("Ubuntu Server 22.04, 24.04, 26.04", ("ubuntu", "ubuntu-lvm"), ("ubuntu2404-cloud",), ((3, 10), (3, 14)), "snaps, Ubuntu's kernel"),
    Distribution(
        "Ubuntu Server 12.04 to 16.04, Debian 7 to 9",
        (),
        (),
        None,
        OLD,
        ("Ubuntu 12.04", "Ubuntu 14.04", "Ubuntu 16.04", "Debian 7", "Debian 8", "Debian 9"),
    ),
    Distribution("Ubuntu Server 18.04, Debian 10", (), (), ((3, 6), (3, 7)), "anything over SSH, a boot", ("Ubuntu 18.04", "Debian 10")),
    Distribution("Azure Linux 2, 3", (), ("azurelinux2", "azurelinux3"), (3, 9), "a boot"),
    Distribution("Amazon Linux 2", (), ("amazon2",), None, OLD),
    Distribution("Arch Linux", (), ("arch-sdboot",), (3, 13), "a boot"),
    Distribution("Alpine Linux", (), ("alpine",), (3, 12), "a boot"),
    Distribution("Flatcar Container Linux", (), (), (), "anything: it has no Python and no packages, and its project publishes images for Azure"),
)

#: Parts of which every guest has one, whatever it is like.
EVERYWHERE = ("python3", "systemd", "waagent")

#: The oldest and the newest Python on which each release of ansible-core runs modules. Source: ansible-core support matrix
CORES = (
    ("2.16", (3, 6), (3, 12)),
    ("2.17", (3, 7), (3, 12)),
    ("2.18", (3, 8), (3, 13)),
    ("2.19", (3, 8), (3, 13)),
    ("2.20", (3, 9), (3, 14)),
    ("2.21", (3, 9), (3, 14)),
)

#: (guest, how it was tested, python as of a Distribution, what was not tried).
DEBIAN = (
    ("Debian 12 (GRUB 2, initramfs-tools, BIOS)", "whole: prepared live, converted, its VHD booted (`make demo`)", (3, 11), "a root on LVM"),
    (
        "the same as a virtual machine, BIOS and UEFI",
        "whole, from power-on to power-off (`make demo GUEST=vm`, `FIRMWARE=uefi`), in `make test-all`",
        (3, 11),
        "a root on LVM",
    ),
    ("Debian 11, 13", "modules and generators on real containers and disks, in `make test-all`", ((3, 9), (3, 13)), "the whole line"),
    ("Debian 12 with GRUB Legacy 0.97, with systemd-boot", "the edited entries booted in QEMU, in `make test-all`", (3, 11), "the whole line over SSH"),
    (
        "Debian 13 started by systemd-boot, by a unified kernel image of `ukify`",
        "what the verdict calls ready booted in QEMU, in `make test-all`",
        (3, 13),
        "the whole line",
    ),
    (
        "Debian 12 whose SELinux enforces Debian's policy",
        "its disk image prepared, the VHD booted in QEMU: it enforces, every file has its label, one may log in; in `make test-all`",
        (3, 11),
        "prepared while it runs; Red Hat's policy",
    ),
    (
        "Debian 12 on arm64",
        "whole: prepared in an emulated machine, converted, its VHD booted to the login on ttyAMA0, and booted again with one more kernel, in `make test-all`",
        (3, 11),
        "Azure's early console at 0xeffec000, where QEMU has memory",
    ),
)

#: What no shape has: (what, why, what there is in its place).
NOT_BUILT = (
    (
        "an EFI system partition in the shapes",
        "a container prepares them, and the machine that builds them has no vfat; in QEMU a preparation takes ten times as long",
        "`make demo GUEST=vm FIRMWARE=uefi`; the verdict on UEFI disks that were broken in every way that we know (`tests/integration/broken`)",
    ),
    (
        "LVM as a guest that is prepared sees it",
        "the containers of `rhel9-lvm`, `rhel8` and `ubuntu-lvm` are given the volume's file system, for the machine that runs them has no device mapper, "
        "and dracut is told there that it needs LVM; what boots in QEMU has it. `lab line rhel9-lvm --vm` would prepare it in QEMU, and was not walked",
        "the boots of these three, whose initramfs was made by the preparation and by the next kernel",
    ),
    (
        "SELinux in enforcing mode, through the whole line",
        "a container shows the kernel of its host, and that has no SELinux",
        "an enforcing guest prepared as a disk image and booted (`tests/integration/shapes/test_selinux.py`); modules and rules on files with labels, and "
        "without (`tests/unit`)",
    ),
    ("grubby, Red Hat's kernel and GRUB", "no Debian package has them", "recorded trees `rhel8`, `rhel9`, `rhel10`, `fedora`"),
    (
        "the older dracut of RHEL 8",
        "the GRUB that honours kernelopts is of forky, which has dracut 112 alone",
        "dracut 059 and 106 in every mode on roots of bookworm and trixie (`tests/integration/initramfs`)",
    ),
    ("ifcfg files that NetworkManager reads", "Debian's NetworkManager is built without that plugin", "recorded trees `rhel8`, `oracle8`, `amazon2`"),
    (
        "Python 3.6 on a guest that runs",
        "the oldest Python of a Debian suite that is still to be had is 3.9 (bullseye)",
        "every guest-side file compiles on 3.6, and no module imports more when it starts",
    ),
    (
        "wicked, SUSE's GRUB (paths from the default subvolume), sdbootutil, `/usr/etc`",
        "no Debian package has them, or is built so",
        "recorded trees `sles15`, `sles16`",
    ),
    ("snaps, Ubuntu's kernel and its `linux-azure`", "no Debian package has them", "recorded tree `ubuntu2404-cloud`"),
    (
        "a unified kernel image or systemd-boot, through the whole line",
        "their EFI system partition can be mounted in QEMU alone",
        "the verdict on both, broken in every way that we know; what it calls ready booted (`tests/integration/shapes/test_systemd_boot_boots.py`); "
        "systemd-boot's edited entries booted (`tests/integration/bootloader/test_booted.py`)",
    ),
    (
        "ostree (Fedora CoreOS, Silverblue, RHEL for Edge, image mode)",
        "its root is put together by its own boot alone; such a disk is refused by that name, and not judged",
        "a disk laid out by `ostree` itself (`tests/integration/shapes/test_ostree.py`)",
    ),
)

HEAD = """# What was tested on what

<!-- Written by docs/generate_tested.py; change that, or run the line again: python3 -m lab line NAME --record -->

Nothing here ran on Azure, and on no installation of the distributions below but Debian: their packages were not there. What was there are
Debian's packages of the same programs, and four kinds of proof, of which the table has those that are recorded:

* **shaped like it, booted**: a guest built of Debian's packages with the programs, files and settings of the distribution in their places and
  with faults planted. It was prepared twice (the second run changed nothing), judged alive and as a VHD, converted, its VHD booted in QEMU to
  the login, a second kernel installed in the result by its own tools, and that booted too.
* **recorded tree**: its files as its documents and its packages' sources describe them, with expected results by hand
  (`tests/unit/fixtures/boot`). Nothing ran there.
* **all roles on recorded trees**: the files of an old release as its installer leaves them on a virtual machine of another kind, written down from
  documents too, with programs that do what the release's menu, initramfs and package manager would do. All roles prepared each tree twice, as a mounted
  one (the second run changed nothing); what was wrong was told before, and what is left was named (`tests/integration/opening/test_old_releases.py`, in
  `make test-all`). No program and no kernel of the release ran.
* **its real tools on its files**: where Debian has the very tool (dracut, grub-mkconfig, kernel-install, snapper, netplan, NetworkManager,
  cloud-init, chronyd, firewalld), it ran on the shape.

Which ansible-core drives a guest is what the support matrix of ansible-core says of the guest's Python; a walk that is recorded below names the one that ran.

| distribution | proof | ansible-core that drives it | not tried |
|---|---|---|---|
"""


def cores(python):
    """Return which releases of ansible-core run on a guest with a Python, in words."""
    if python is None:
        return "none live; all on its disk image"
    fitting = [name for name, oldest, newest in CORES if oldest <= python <= newest]
    return fitting[0] if len(fitting) == 1 else f"{fitting[0]} to {fitting[-1]}"


def driving(python):
    """Return which releases of ansible-core drive the guests of a row, in words; of two Pythons those of the newest too, where they are others."""
    if python == ():
        return "none"
    if python is None or isinstance(python[0], int):
        return cores(python)
    oldest, newest = map(cores, python)
    return oldest if oldest == newest else f"{oldest}; the newest guests {newest}"


def proof(row, results):
    """Return the proofs of a Distribution in words. results: {shape: its result}."""
    found = []
    for name in row.shapes:
        result = results.get(name)
        if result and not result["failed"]:
            found.append(f"shaped like it (`{name}`), booted: {result['proofs']} proofs, {result['date']}; its real tools on its files: {tools(result)}")
        elif result:
            held = f"{result['proofs'] - len(result['failed'])} of {result['proofs']} proofs, {result['date']}"
            found.append(f"shaped like it (`{name}`), {held}; not: {', '.join(result['failed'])}")
    trees = [name for name in row.trees if (TREES / name).is_dir()]
    if trees:
        found.append("recorded tree " + ", ".join(f"`{name}`" for name in trees))
    if row.old:
        found.append(f"all roles on recorded trees of {', '.join(row.old)}, as their installers leave them (`{OLD_RELEASES}`)")
    return "; ".join(found) or "none"


def tools(result):
    """Return which programs of the distribution, in Debian's packages, ran on a shape."""
    return ", ".join(name for name in result["versions"] if name not in EVERYWHERE) or "those of every guest"


def document(results):
    """Return the text of docs/tested.md."""
    rows = "".join(f"| {row.names} | {proof(row, results)} | {driving(row.python)} | {row.not_tried} |\n" for row in DISTRIBUTIONS)
    shapes = "".join(_shape(name, result) for name, result in sorted(results.items())) or "None is recorded at present.\n"
    lacking = "".join(f"| {what} | {why} | {instead} |\n" for what, why, instead in NOT_BUILT)
    return (
        HEAD
        + rows
        + "\n## What was not built, and why\n\n| what | why | what there is in its place |\n|---|---|---|\n"
        + lacking
        + "\n## The shapes\n\n`python3 -m lab line NAME` walks the line on one of them (in the checkout, `PYTHONPATH=tests`, as root).\n"
        + shapes
    )


def _shape(name, result):
    versions = ", ".join(f"{package} {version}" for package, version in result["versions"].items())
    times = "".join(f"| {title} | {seconds} |\n" for title, seconds in result["seconds"].items())
    lacking = "".join(f"* not held: {proof}: {seen}\n" for proof, seen in result["failed"].items())
    return (
        f"\n### {name}\n\nOf Debian {result['suite']}, prepared as a {result['guest']} by ansible-core {result['ansible_core']} on {result['date']}: "
        f"{versions}.\n\n| phase | seconds |\n|---|---|\n{times}" + ("\n" + lacking if lacking else "")
    )


def readme_table(results):
    """Return the table of the README."""
    rows = [*DEBIAN]
    for row in DISTRIBUTIONS:
        words = proof(row, results)
        how = words if row.shapes or words == "none" else f"{words} only: its files' layout, written down from documents. Not run on this system"
        rows.append((row.names, how, row.python, row.not_tried))
    return (
        "| guest | how it was tested | ansible-core | not tried |\n|---|---|---|---|\n"
        + "".join(f"| {guest} | {how} | {driving(python)} | {not_tried} |\n" for guest, how, python, not_tried in rows)
        + "\nEach in full: [docs/tested.md](docs/tested.md).\n"
    )


def with_table(readme, table):
    """Return the text of the README with the table in its marked block. Raises ValueError: when it has no such block."""
    changed, count = BLOCK.subn(lambda match: match.group(1) + table + match.group(2), readme)
    if count != 1:
        raise ValueError(f"cannot write the table into {README}: it has {count} blocks <!-- tested: begin -->; give it one")
    return changed


def main():
    """Write both."""
    results = json.loads(RESULTS.read_text(encoding="utf-8")) if RESULTS.exists() else {}
    PLACE.write_text(document(results), encoding="utf-8")
    README.write_text(with_table(README.read_text(encoding="utf-8"), readme_table(results)), encoding="utf-8")


if __name__ == "__main__":
    main()
