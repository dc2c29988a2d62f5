# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Questions to a live guest that show each planted fault, and its cure, by the guest's own tools.

They share no code with the collection: what they say is a second opinion.
"""

from typing import NamedTuple

HYPERV_DRIVERS = ("hv_vmbus", "hv_storvsc", "hv_netvsc")
REMOVED_PARAMETERS = ("quiet", "rhgb", "crashkernel=auto")

# Boot Loader Specification entries have their parameters on a line of its own, or name there the variable of grubenv that has them.
MENU = (
    "{ grep -hE '^\\s*(linux|kernel)\\s' /boot/grub/grub.cfg /boot/grub2/grub.cfg /boot/grub/menu.lst; "
    "grep -hE '^options\\s' /boot/loader/entries/*.conf; } 2>/dev/null | grep -v single | head -n1 | "
    "sed \"s~[$]kernelopts~$(sed -n 's/^kernelopts=//p' /boot/grub2/grubenv 2>/dev/null)~\""
)
IN_INITRAMFS = """cd /boot && images=$(ls | grep -E '^init(rd|ramfs)[.-]' | grep -v kdump || echo initrd.img-none) && for image in $images; do
  listed=$(lsinitramfs $image 2>/dev/null || lsinitrd $image)
  version=${{image#initrd.img-}} version=${{version#initramfs-}} version=${{version#initrd-}}
  for driver in {drivers}; do
    echo "$listed" | cat - /lib/modules/${{version%.img}}/modules.builtin | tr - _ | grep -q "/$driver.ko" || echo -n "$driver "
  done
done"""


class Probe(NamedTuple):
    """A question: its shell command is run as root, its answer judged by `good`."""

    name: str
    requirement: str
    command: str
    good: object  # function: the command's output, str -> bool
    good_answer: str  # in words, for the table
    bad_answer: str


def _holds(*words):
    return lambda output: all(word in output.split() for word in words)


def _lacks(*words):
    return lambda output: bool(output) and not any(word in output.split() for word in words)


def _speaks_on_serial(output):
    return any(word.partition(",")[0] in ("console=ttyS0", "console=ttyAMA0") for word in output.split())


def _empty(output):
    return not output.strip()


PROBES = (
    Probe("kernel console", "R27", MENU, _speaks_on_serial, "on the serial port", "not on the serial port"),
    Probe("kernel line", "R30", MENU, _lacks(*REMOVED_PARAMETERS), "shows messages", " ".join(REMOVED_PARAMETERS)),
    Probe(
        "GRUB terminal",
        "R33",
        "grep -hE '^\\s*terminal_(in|out)put .*serial' /boot/grub/grub.cfg /boot/grub2/grub.cfg",
        lambda output: bool(output.strip()),
        "serial",
        "screen only",
    ),
    Probe("Hyper-V drivers in initramfs", "R17", IN_INITRAMFS.format(drivers=" ".join(HYPERV_DRIVERS)), _empty, "in every image", "missing"),
    Probe("swap in fstab", "R12", "grep -E '^[^#]*\\sswap\\s' /etc/fstab", _empty, "none", "a partition"),
    Probe("active swap", "R12", "tail -n +2 /proc/swaps", _empty, "none", "on"),
    Probe("names in fstab", "R13", "grep -E '^/dev/[shv]d' /etc/fstab", _empty, "by UUID", "/dev/sdX"),
    Probe(
        "sudo",
        "R47",
        "grep -rhE '^\\s*(Defaults\\s+targetpw|ALL\\s+ALL=\\(ALL\\)\\s+ALL)' /etc/sudoers /etc/sudoers.d",
        _empty,
        "user's own password",
        "targetpw",
    ),
    Probe("sudoers syntax", "R47", "visudo -c >/dev/null 2>&1 && echo ok", _holds("ok"), "valid", "invalid"),
    Probe("UDF driver", "R19", "modprobe --showconfig | grep -E '^(blacklist|install) udf\\b'", _empty, "allowed", "disabled"),
    Probe("pinned network card", "R35", "cat /etc/udev/rules.d/70-persistent-net.rules 2>/dev/null", _empty, "none", "a MAC address"),
    Probe(
        "sshd keep-alive",
        "R46",
        "sshd -T 2>/dev/null | sed -n 's/^clientaliveinterval //Ip'",
        lambda output: output.strip().isdigit() and 30 <= int(output) <= 235,
        "30 to 235 s",
        "off",
    ),
    Probe("Azure agent", "R40", "systemctl is-enabled walinuxagent waagent 2>/dev/null | grep -x enabled", _holds("enabled"), "enabled", "missing"),
)


class Answer(NamedTuple):
    """What a guest answered to a probe."""

    probe: Probe
    good: bool
    output: str


def ask(live) -> list:
    """Return the guest's answers, in the order of PROBES. live: a LiveGuest."""
    mark = "=====lab====="
    script = "\n".join(f"({probe.command}) 2>/dev/null; echo; echo {mark}" for probe in PROBES)
    outputs = live.run(["sh", "-c", script], timeout=600).stdout.split(mark)
    return [Answer(probe, bool(probe.good(output)), output.strip()) for probe, output in zip(PROBES, outputs)]
