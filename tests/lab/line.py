# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The whole line on a guest in the shape of another distribution: built faulty, prepared twice, converted, its VHD booted; then one more kernel.

The guest moves as it is (prepare_image_kind=specialized), so that one can still log in to what comes of it.
"""

import concurrent.futures
import json
import sys
from pathlib import Path
from typing import NamedTuple

from lab import bootcheck, cleanup, demo, demo_proofs, disk, playing, probes, shapes, vhdfile
from lab.commands import run
from lab.demo_proofs import Proof
from lab.live import LiveGuest

SPECIALIZED = {"prepare_image_kind": "specialized"}
NOT_YET = {**SPECIALIZED, "prepare_shutdown": False}
FINISH = {**demo.FINISH, **SPECIALIZED}
BOOT_TIME = 1800  # seconds: an emulated machine on a busy one
PLAY_TIME = 5400  # seconds: as long as that
ANSWER_TIME = 600  # seconds: until sudo has answered there
SERIAL = {"amd64": "ttyS0", "arm64": "ttyAMA0"}
LOCALHOST = json.dumps({"all": {"hosts": {"localhost": {"ansible_connection": "local", "ansible_python_interpreter": sys.executable}}}})


class Line(NamedTuple):
    """What a walk of the line showed: its proofs, the time of each phase ([title, seconds]), the versions of the guest's parts, where it was prepared."""

    proofs: list
    phases: list
    versions: dict
    kind: str  # container or vm


def walk(name: str, output: Path, kind: str = "", boots: bool = True) -> Line:
    """Return what the whole line shows on a guest of a shape. Raises LabError: when a play of it fails.

    name: of lab.shapes; output: Path, a directory for disk, VHD and logs; kind: container or vm, "" for the faster that can hold it
    boots: whether the result is booted in QEMU, which takes most of the time
    """
    shape, clock = shapes.named(name), demo.Clock()
    plan = shapes.plan(name, faulty=True)
    kind = kind or ("vm" if plan.recipe.firmware == "uefi" else "container")  # a container has no EFI system partition
    source, vhd = output / "disk.raw", output / "disk.vhd"
    clock.phase(f"Build the faulty guest like {name}")
    disk.build(plan, source)
    clock.phase(f"Start it as a live {kind}")
    record = demo.start(kind, plan.recipe, source, BOOT_TIME)
    try:
        live = LiveGuest(record, f"like-{name}", azure_image_src=str(source), azure_image_dest=str(vhd), ansible_timeout=ANSWER_TIME)
        live.run(f"timeout {ANSWER_TIME} systemctl is-system-running --wait", check=False, timeout=BOOT_TIME)
        before = probes.ask(live)
        clock.phase("Prepare it, first run")
        first = demo.play(live, NOT_YET, output / "play-1.log", PLAY_TIME)
        clock.phase("Prepare it, second run: must change nothing")
        second = demo.play(live, NOT_YET, output / "play-2.log", PLAY_TIME)
        after, verdict, versions = probes.ask(live), live.module("readiness_info", kind="specialized", diff=False), _versions(live)
        clock.phase("Shut down, convert")
        third = demo.play(live, FINISH, output / "play-3.log", PLAY_TIME)
    finally:
        cleanup.stop(record, at_once=True)
    clock.phase("Judge the VHD")
    proofs = [
        *demo_proofs.of_guest(before, after),
        *demo_proofs.of_plays(first, second, third),
        of_file(vhd),
        *of_verdicts(verdict, judge(vhd)),
    ]
    if boots:
        clock.phase("Boot the VHD in QEMU; install one more kernel in a copy and boot that too")
        proofs += of_boots(vhd, shape, output, kind, after)
    clock.end()
    return Line(proofs, clock.phases, versions, kind)


def of_boots(vhd: Path, shape, output: Path, kind: str, after: list) -> list:
    """Return what the boots of the VHD and of its copy with the next kernel show. kind: where the kernel is installed; after: answers of the guest's probes."""
    recipe = shape.PLAN.recipe
    with concurrent.futures.ThreadPoolExecutor(1) as beside:  # half of the time under emulation
        boot = beside.submit(booted, vhd, recipe)
        after_next = next_kernel(vhd, shape, output, kind)
        check = boot.result()
    (output / "console.log").write_text(check.text, encoding="utf-8")
    return [*demo_proofs.of_boot(check, after, SERIAL[recipe.architecture]), of_network(check.state), *of_next_kernel(check, *after_next)]


def booted(image: Path, recipe) -> bootcheck.BootCheck:
    """Return what a disk's boot said, with the time that an emulated machine needs."""
    return bootcheck.boot_check(image, recipe.firmware, timeout=BOOT_TIME, architecture=recipe.architecture, patience=BOOT_TIME // 2)


def of_file(vhd: Path) -> Proof:
    """Return whether the VHD has the form that Azure takes."""
    wrong = vhdfile.wrong(vhd)
    return Proof("VHD footer and size", "R01 R02", "", "; ".join(wrong) or "fixed, whole MiB", not wrong)


def of_network(state) -> Proof:
    """Return whether the booted VHD has asked QEMU's network for an address. state: inside.State, None when it said nothing."""
    addresses = state.addresses if state else ()
    return Proof("address by DHCP", "R34", "", ", ".join(addresses) or "none", any(address.startswith("10.0.2.") for address in addresses))


def judge(image: Path, kind: str = "specialized") -> dict:
    """Return readiness_info's result for a disk image. kind: of image that it is to become, specialized or generalized."""
    return playing.module(LOCALHOST, "readiness_info", {"image": str(image), "kind": kind}, become=False, diff=False)


def of_verdicts(live: dict, image: dict) -> list:
    """Return whether the verdict on the running guest and the one on its VHD are both good, and agree in every rule that both decided."""
    proofs = [
        Proof(f"verdict on the {where}", "", "", "ready" if result.get("ready") else what_is_wrong(result), bool(result.get("ready")))
        for where, result in (("running guest", live), ("VHD", image))
    ]
    there = {finding["id"]: finding["status"] for finding in image.get("findings", ())}
    decided = ("passed", "failed")
    apart = [
        f"{finding['id']} {finding['status']} there, {there[finding['id']]} here"
        for finding in live.get("findings", ())
        if finding["status"] in decided and there.get(finding["id"]) in decided and finding["status"] != there[finding["id"]]
    ]
    return [*proofs, Proof("both verdicts agree", "", "", ", ".join(apart) or "in every rule that both decided", bool(there) and not apart)]


def what_is_wrong(result: dict) -> str:
    """Return the errors of a verdict in one line."""
    bad = [
        f"{finding['id']} {finding['status']}"
        for finding in result.get("findings", ())
        if finding["severity"] == "error" and finding["status"] in ("failed", "unknown")
    ]
    return ", ".join(bad) or str(result.get("msg", "no verdict"))


def next_kernel(vhd: Path, shape, output: Path, kind: str) -> tuple:
    """Return the BootCheck of a copy of the result with a second kernel, installed by its own package manager, and readiness_info's result for it.

    kind: where it is installed, container or vm
    """
    image = output / "next.raw"
    run(["qemu-img", "convert", "-f", "vpc", "-O", "raw", vhd, image])
    try:
        _install(image, shape, kind)
        judged = judge(image)
        check = booted(image, shape.PLAN.recipe)
        (output / "console-next.log").write_text(check.text, encoding="utf-8")
    finally:
        image.unlink()
    return check, judged


def of_next_kernel(first, check, judged: dict) -> list:
    """Return whether another kernel was booted than at first, with the same parameters, and an initramfs with the drivers.

    first, check: BootCheck; judged: readiness_info's result for the disk with the next kernel
    """
    was, now = first.state, check.state
    if was is None or now is None:
        return [Proof("boot of the next kernel", "", "", check.error or "the guest did not report its state", False)]
    lost = [word for word in own_words(was.command_line) if word not in own_words(now.command_line)]
    more = [word for word in own_words(now.command_line) if word not in own_words(was.command_line)]
    drivers = [
        finding
        for finding in judged.get("findings", ())
        if finding["id"].startswith("R17") and finding["status"] == "failed" and finding["severity"] != "note"  # a kernel for clouds has no keyboard
    ]
    return [
        Proof("boot of the next kernel", "", was.kernel, now.kernel, check.report.login and not check.error and now.kernel != was.kernel),
        Proof("its command line", "R27 R30", "", f"lacks {lost}, has {more} more" if lost or more else "as before", not lost and not more),
        Proof("its initramfs", "R17", "", ", ".join(finding["id"] for finding in drivers) or "has the drivers", bool(judged.get("findings")) and not drivers),
        Proof("verdict with the next kernel", "", "", "ready" if judged.get("ready") else what_is_wrong(judged), bool(judged.get("ready"))),
    ]


def own_words(command_line: str) -> list:
    """Return the parameters of a /proc/cmdline without those of the loader that name the kernel's own files."""
    return [word for word in command_line.split() if not word.startswith(("BOOT_IMAGE=", "initrd="))]


def _install(image: Path, shape, kind: str) -> None:
    guest = demo.start(kind, shape.PLAN.recipe, image, BOOT_TIME)
    try:
        live = LiveGuest(guest)
        live.run("apt-get -q update", timeout=BOOT_TIME)
        live.run(f"DEBIAN_FRONTEND=noninteractive apt-get -q -y --no-install-recommends install {shape.KERNEL_AFTER} && sync", timeout=PLAY_TIME)
    finally:
        cleanup.stop(guest)


def _versions(live: LiveGuest) -> dict:
    """Return {package: version} of the parts that make the shape, as the guest's package manager has them."""
    listed = live.output(["dpkg-query", "-W", "-f", "${Package} ${Version}\\n"]).splitlines()
    parts = ("systemd", "grub2-common", "dracut", "initramfs-tools", "network-manager", "netplan.io", "cloud-init", "waagent", "chrony", "snapper", "python3")
    return {name: version for name, version in (line.split() for line in listed if line.count(" ") == 1) if name in parts}


def table(line: Line) -> str:
    """Return the proofs and the times as text."""
    times = "\n".join(f"  {title:<66}{seconds:7.1f} s" for title, seconds in line.phases)
    return f"{demo_proofs.table(line.proofs)}\n\n{times}"
