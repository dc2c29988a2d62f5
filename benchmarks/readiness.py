# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Measure readiness_info on disk images: process time, memory, bytes read; on a sparse disk of 1 TiB; ten in parallel; beside libguestfs.

    python benchmarks/readiness.py [--disk DISK.raw] [--copies 10] [--output result.json]

The disk is the lab's Debian guest, or the raw image that is given; a second boot entry with an initramfs of its own is added to a copy, so that two
are looked into. The copies are sparse and grow to 8 GiB and 1 TiB. Bars: 5 s of process time, 300 MiB of memory and 150 MiB read for 8 GiB;
1.5 times the time for 1 TiB. The exit code tells whether they were met.
"""

import argparse
import json
import os
import pathlib
import resource
import shutil
import subprocess
import sys
import tempfile
import time

CHECKOUT = pathlib.Path(__file__).resolve().parent.parent
GIB = 2 ** 30
LONGEST_INSPECTION = 240  # s; without KVM libguestfs boots its appliance in emulation
BARS = {"seconds": 5.0, "memory_mib": 300, "read_mib": 150, "sparse_factor": 1.5}

#: Run in a process of its own, so that its time and memory are its own; prints JSON.
CHECK = """
import json, resource, sys, time
from ansible_collections.imagewright.azure.plugins.module_utils.readiness import check
from ansible_collections.imagewright.azure.plugins.module_utils.disk_image import disk as disks
opened = []
original = disks.DiskImage.__init__
def remember(self, path):
    original(self, path)
    opened.append(self)
disks.DiskImage.__init__ = remember
verdict = check.check(check.Question(None, sys.argv[1], "azure", "auto", "auto", [], []))
usage = resource.getrusage(resource.RUSAGE_SELF)
children = resource.getrusage(resource.RUSAGE_CHILDREN)
print(json.dumps({
    "process_seconds": round(usage.ru_utime + usage.ru_stime + children.ru_utime + children.ru_stime, 2),
    "memory_mib": round(max(usage.ru_maxrss, children.ru_maxrss) / 1024, 1),
    "read_mib": round(opened[0].content.fetched / 2 ** 20, 1),
    "kernels": next((f.reason for f in verdict.findings if f.id == "R17a"), ""),
    "rules": len(verdict.findings), "ready": verdict.ready,
    "unknown": [f.id for f in verdict.findings if f.status == "unknown"],
}))
"""


def measure(image):
    """Return what one check of the image costs (dict)."""
    started = time.monotonic()
    completed = subprocess.run([sys.executable, "-c", CHECK, str(image)], env=environment(), capture_output=True, text=True, check=True)
    return dict(json.loads(completed.stdout), wall_seconds=round(time.monotonic() - started, 2))


def environment():
    """Return the environment in which the collection can be imported."""
    return dict(os.environ, PYTHONPATH=str(CHECKOUT / ".venv" / "collections"))


def in_parallel(image, copies):
    """Return how long so many checks take side by side, and one after the other (s)."""
    started = time.monotonic()
    processes = [subprocess.Popen([sys.executable, "-c", CHECK, str(image)], env=environment(), stdout=subprocess.DEVNULL) for _unused in range(copies)]
    failed = [process for process in processes if process.wait()]
    assert not failed, "a check failed"
    side_by_side = time.monotonic() - started
    started = time.monotonic()
    for _unused in range(copies):
        measure(image)
    return {"copies": copies, "side_by_side_seconds": round(side_by_side, 2), "one_by_one_seconds": round(time.monotonic() - started, 2),
            "speedup": round((time.monotonic() - started) / side_by_side, 2), "cores": os.cpu_count()}


def beside_libguestfs(image):
    """Return what virt-inspector takes for the part that it does (dict), or why it was not run."""
    program = shutil.which("virt-inspector")
    if program is None:
        return {"not_run": "virt-inspector is not installed (libguestfs-tools)"}
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    started = time.monotonic()
    try:
        completed = subprocess.run([program, "--format=raw", "-a", str(image), "--no-applications", "--no-icon"], capture_output=True, text=True,
                                   check=False, timeout=LONGEST_INSPECTION, env=dict(os.environ, LIBGUESTFS_BACKEND="direct"))
    except subprocess.TimeoutExpired:
        return {"not_finished_within_seconds": LONGEST_INSPECTION}
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    if completed.returncode:
        return {"not_run": f"virt-inspector failed: {completed.stderr.strip().splitlines()[-1:]}"}
    return {"wall_seconds": round(time.monotonic() - started, 2),
            "process_seconds": round(after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime, 2)}


def fixed_vhd(raw, size, folder):
    """Return a fixed VHD of the size (bytes) with the content of the raw disk, sparse."""
    path = folder / f"{size // GIB}.vhd"
    subprocess.run(["cp", "--sparse=always", str(raw), str(path)], check=True)
    script = ("import sys, uuid; from ansible_collections.imagewright.azure.plugins.module_utils.vhd import footer\n"
              "path, size = sys.argv[1], int(sys.argv[2])\n"
              "stream = open(path, 'r+b'); stream.truncate(size); stream.seek(size)\n"
              "stream.write(footer.fixed_footer(size, uuid.uuid4(), 1e9))")
    subprocess.run([sys.executable, "-c", script, str(path), str(size)], env=environment(), check=True)
    return path


def lab_disk(folder):
    """Return the lab's Debian disk, built or taken from its cache."""
    path = folder / "debian.raw"
    subprocess.run([sys.executable, "-m", "lab", "build", "--out", str(path)], cwd=CHECKOUT, check=True, stdout=subprocess.DEVNULL,
                   env=dict(os.environ, PYTHONPATH=str(CHECKOUT / "tests")))
    return path


def with_second_kernel(disk, folder):
    """Return a copy of the disk whose menu has a second entry, with an initramfs of its own; by debugfs, without mounting."""
    copy = folder / "two.raw"
    subprocess.run(["cp", "--sparse=always", str(disk), str(copy)], check=True)
    table = json.loads(subprocess.run(["sfdisk", "--json", str(disk)], capture_output=True, text=True, check=True).stdout)["partitiontable"]
    start = max(table["partitions"], key=lambda partition: partition["size"])["start"] * 512
    menu, image = folder / "grub.cfg", folder / "initrd"
    debugfs(copy, start, f"dump /boot/grub/grub.cfg {menu}")
    text = menu.read_text()
    entry = text[text.index("menuentry '"):text.index("\n}", text.index("menuentry '")) + 3]
    name = next(word for line in entry.splitlines() if line.split()[:1] == ["initrd"] for word in line.split()[1:])
    debugfs(copy, start, f"dump {name} {image}")
    menu.write_text(text + entry.replace(name, "/boot/initrd.img-second"))
    debugfs(copy, start, "rm /boot/grub/grub.cfg", f"write {menu} /boot/grub/grub.cfg", f"write {image} /boot/initrd.img-second")
    return copy


def debugfs(disk, start, *commands):
    """Run commands of debugfs on the file system at start (bytes)."""
    subprocess.run(["debugfs", "-w", "-f", "-", f"{disk}?offset={start}"], input="\n".join(commands), text=True, check=True, capture_output=True)


def main():
    """Measure, print, and fail when a bar is missed."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--disk", type=pathlib.Path)
    parser.add_argument("--copies", type=int, default=10)
    parser.add_argument("--output", type=pathlib.Path)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="readiness-bench.") as name:
        folder = pathlib.Path(name)
        disk = with_second_kernel(arguments.disk or lab_disk(folder), folder)
        common, sparse = fixed_vhd(disk, 8 * GIB, folder), fixed_vhd(disk, 1024 * GIB, folder)
        measure(common)  # fills the page cache: what is measured is the work, not the disk below
        result = {"vhd_8_gib": measure(common), "vhd_1_tib": measure(sparse), "parallel": in_parallel(common, arguments.copies),
                  "virt_inspector": beside_libguestfs(disk), "bars": BARS}
    missed = [name for name, bad in (
        ("process time of 8 GiB", result["vhd_8_gib"]["process_seconds"] > BARS["seconds"]),
        ("memory of 8 GiB", result["vhd_8_gib"]["memory_mib"] > BARS["memory_mib"]),
        ("bytes read of 8 GiB", result["vhd_8_gib"]["read_mib"] > BARS["read_mib"]),
        ("1 TiB against 8 GiB", result["vhd_1_tib"]["process_seconds"] > BARS["sparse_factor"] * result["vhd_8_gib"]["process_seconds"] + 0.2),
    ) if bad]
    result["missed"] = missed
    text = json.dumps(result, indent=2)
    print(text)
    if arguments.output:
        arguments.output.write_text(text + "\n", encoding="utf-8")
    sys.exit(1 if missed else 0)


if __name__ == "__main__":
    main()
