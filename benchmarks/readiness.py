# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Measure readiness_info on disk images: process time, memory, bytes read; on a sparse disk of 1 TiB; ten in parallel; beside libguestfs.

    python benchmarks/readiness.py [--disk DISK.raw] [--copies 10] [--output result.json]      prints a table; the file has all of it

The disk is the lab's Debian guest, or the raw image that is given; a second boot entry with an initramfs of its own is added to a copy, so that two
are looked into. The copies are sparse and grow to 8 GiB and 1 TiB. Bars: 5 s of process time, 300 MiB of memory and 150 MiB read for 8 GiB;
1.5 times the time for 1 TiB; 3 s for the files of a guest; ten images side by side 1.25 times the process time of one
by one. The exit code tells whether they were met.
"""

import argparse
import concurrent.futures
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
GIB = 2**30
LONGEST_INSPECTION = 240  # s; without KVM libguestfs boots its appliance in emulation
BARS = {"seconds": 5.0, "memory_mib": 300, "read_mib": 150, "sparse_factor": 1.5, "live_seconds": 3.0, "side_by_side_work": 1.25}
#: What guestfish reads: a small part of what the rules read.
GUESTFISH_FILES = ("/etc/fstab", "/boot/grub/grub.cfg")

#: Run in a process of its own, so that its time and memory are its own; prints JSON.
CHECK = """
import json, os, resource, sys, time
from ansible_collections.imagewright.azure.plugins.module_utils.readiness import check, opened_image
from ansible_collections.imagewright.azure.plugins.module_utils.image import disk_image
opened = []
original, answers = disk_image.DiskImage.__init__, check.answers
ours, theirs = os.pipe()
def remember(self, path):
    original(self, path)
    opened.append(self)
def counted(question, rules, open_image):
    # in the verdict's own process: what was read is known there alone
    yield from answers(question, rules, open_image)
    os.write(theirs, str(opened[0].content.fetched if opened else 0).encode())
disk_image.DiskImage.__init__, check.answers = remember, counted
place = {"root": None, "image": None, sys.argv[1]: sys.argv[2]}
verdict = check.check(check.Question(place["root"], place["image"], "azure", "auto", "auto", [], []), opened_image.open_image)
read = int(os.read(ours, 100))
usage = resource.getrusage(resource.RUSAGE_SELF)
children = resource.getrusage(resource.RUSAGE_CHILDREN)
print(json.dumps({
    "process_seconds": round(usage.ru_utime + usage.ru_stime + children.ru_utime + children.ru_stime, 2),
    "memory_mib": round(max(usage.ru_maxrss, children.ru_maxrss) / 1024, 1),
    "read_mib": round(read / 2 ** 20, 1) if read else None,
    "kernels": next((f.reason for f in verdict.findings if f.id == "R17a"), ""),
    "rules": len(verdict.findings), "ready": verdict.ready,
    "unknown": [f.id for f in verdict.findings if f.status == "unknown"],
}))
"""


def measure(place, kind="image"):
    """Return what one check costs (dict).

    kind: image or root, what place is.
    """
    started = time.monotonic()
    completed = subprocess.run([sys.executable, "-c", CHECK, kind, str(place)], env=environment(), capture_output=True, text=True, check=True)
    return dict(json.loads(completed.stdout), wall_seconds=round(time.monotonic() - started, 2))


def environment():
    """Return the environment in which the collection can be imported."""
    return dict(os.environ, PYTHONPATH=str(CHECKOUT / ".venv" / "collections"))


def in_parallel(image, copies):
    """Return what so many checks take side by side, a core each, and one after the other: time, and process time (s).

    The time depends on what else runs on the cores; that the process time is the same says that no check waits for another.
    """
    cores = len(os.sched_getaffinity(0))
    (side_by_side, work_side_by_side), (one_by_one, work_one_by_one) = (
        together([sys.executable, "-c", CHECK, "image", str(image)], copies, workers) for workers in (cores, 1)
    )
    return {
        "copies": copies,
        "cores": cores,
        "side_by_side_seconds": side_by_side,
        "one_by_one_seconds": one_by_one,
        "side_by_side_process_seconds": work_side_by_side,
        "one_by_one_process_seconds": work_one_by_one,
        "speedup": round(one_by_one / side_by_side, 2),
    }


def together(command, copies, workers):
    """Return (seconds, seconds of process time) of so many copies of a program, so many at a time."""

    def start(_unused):
        subprocess.run(command, env=environment(), stdout=subprocess.DEVNULL, check=True)

    started, before = time.monotonic(), resource.getrusage(resource.RUSAGE_CHILDREN)
    with concurrent.futures.ThreadPoolExecutor(workers) as pool:
        list(pool.map(start, range(copies)))
    return round(time.monotonic() - started, 2), process_seconds_since(before)


def process_seconds_since(before):
    """Return the process time (s) of programs that ended since the usage."""
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return round(after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime, 2)


def by_playbook(image, copies, folder):
    """Return how long playbooks/readiness.yml takes for one image, and for so many with as many forks as cores and with one (s)."""
    images = [folder / f"image-{number}.vhd" for number in range(copies)]
    for link in images:
        link.symlink_to(image)

    def play(some, forks):
        started = time.monotonic()
        completed = subprocess.run(
            [
                str(pathlib.Path(sys.executable).with_name("ansible-playbook")),
                "playbooks/readiness.yml",
                "--forks",
                str(forks),
                "-e",
                "image=" + ",".join(map(str, some)),
            ],
            cwd=CHECKOUT,
            env=environment(),
            capture_output=True,
            text=True,
            check=False,
        )
        # the disk is not ready (2); anything else is a fault of the benchmark
        assert completed.returncode in (0, 2) and completed.stdout.count("NOT READY for Azure") >= len(some), completed.stdout + completed.stderr
        return round(time.monotonic() - started, 2)

    cores = len(os.sched_getaffinity(0))
    return {"images": copies, "one_image_seconds": play(images[:1], 1), "one_fork_seconds": play(images, 1), "forks": cores, "seconds": play(images, cores)}


def beside_libguestfs(image):
    """Return what libguestfs takes for parts of the job ({part: dict}), or why it was not run."""
    lacking = [program for program in ("virt-inspector", "guestfish") if shutil.which(program) is None]
    if lacking:
        return {"not_run": f"{' and '.join(lacking)}: not installed (Debian's package libguestfs-tools)"}
    read = [word for path in GUESTFISH_FILES for word in (":", "cat", path)]
    return {
        "virt-inspector, which names the distribution": timed(["virt-inspector", "--format=raw", "-a", str(image), "--no-applications", "--no-icon"]),
        "guestfish, which prints two files and lists /boot": timed(["guestfish", "--ro", "--format=raw", "-a", str(image), "-i", "ls", "/boot"] + read),
    }


def timed(command):
    """Return the time of a program of libguestfs (dict). Its appliance is emulated where KVM does not work, as the lab's machines are."""
    started, before = time.monotonic(), resource.getrusage(resource.RUSAGE_CHILDREN)
    settings = dict(os.environ, LIBGUESTFS_BACKEND="direct", **({} if kvm_works() else {"LIBGUESTFS_BACKEND_SETTINGS": "force_tcg"}))
    try:
        completed = subprocess.run(command, capture_output=True, text=True, check=False, timeout=LONGEST_INSPECTION, env=settings)
    except subprocess.TimeoutExpired:
        return {"not_finished_within_seconds": LONGEST_INSPECTION}
    if completed.returncode:
        return {"failed": completed.stderr.strip().splitlines()[-1:]}
    return {"wall_seconds": round(time.monotonic() - started, 2), "process_seconds": process_seconds_since(before)}


def kvm_works():
    """Return whether the lab's machines run on KVM here."""
    return of_lab("accelerator", "accelerator.kvm_works()") == "True"


def of_lab(module, expression):
    """Return what an expression of the lab's says (str)."""
    program = f"from lab import {module}; from lab.recipe import Recipe; print({expression})"
    completed = subprocess.run(
        [sys.executable, "-c", program], env=dict(os.environ, PYTHONPATH=str(CHECKOUT / "tests")), capture_output=True, text=True, check=True
    )
    return completed.stdout.splitlines()[-1]  # what the lab builds for the first time it tells before


def fixed_vhd(raw, size, folder):
    """Return a fixed VHD of the size (bytes) with the content of the raw disk, sparse."""
    path = folder / f"{size // GIB}.vhd"
    subprocess.run(["cp", "--sparse=always", str(raw), str(path)], check=True)
    script = (
        "import sys, uuid; from ansible_collections.imagewright.azure.plugins.module_utils.disk import footer\n"
        "path, size = sys.argv[1], int(sys.argv[2])\n"
        "stream = open(path, 'r+b'); stream.truncate(size); stream.seek(size)\n"
        "stream.write(footer.fixed_footer(size, uuid.uuid4(), 1e9))"
    )
    subprocess.run([sys.executable, "-c", script, str(path), str(size)], env=environment(), check=True)
    return path


def lab_disk(folder):
    """Return the lab's Debian disk, built or taken from its cache."""
    path = folder / "debian.raw"
    subprocess.run(
        [sys.executable, "-m", "lab", "build", "--out", str(path)],
        cwd=CHECKOUT,
        check=True,
        stdout=subprocess.DEVNULL,
        env=dict(os.environ, PYTHONPATH=str(CHECKOUT / "tests")),
    )
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
    entry = text[text.index("menuentry '") : text.index("\n}", text.index("menuentry '")) + 3]
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
        result = {
            "vhd_8_gib": measure(common),
            "vhd_1_tib": measure(sparse),
            "files": measure(of_lab("roots", "roots.container_root(Recipe())"), "root"),
            "parallel": in_parallel(common, arguments.copies),
            "playbook": by_playbook(common, arguments.copies, folder),
            "libguestfs": beside_libguestfs(disk),
            "bars": BARS,
        }
    missed = [
        name
        for name, bad in (
            ("process time of 8 GiB", result["vhd_8_gib"]["process_seconds"] > BARS["seconds"]),
            ("memory of 8 GiB", result["vhd_8_gib"]["memory_mib"] > BARS["memory_mib"]),
            ("bytes read of 8 GiB", result["vhd_8_gib"]["read_mib"] > BARS["read_mib"]),
            ("1 TiB against 8 GiB", result["vhd_1_tib"]["process_seconds"] > BARS["sparse_factor"] * result["vhd_8_gib"]["process_seconds"] + 0.2),
            ("files of a guest", result["files"]["process_seconds"] > BARS["live_seconds"]),
            (
                "side by side against one by one",
                result["parallel"]["side_by_side_process_seconds"] > BARS["side_by_side_work"] * result["parallel"]["one_by_one_process_seconds"],
            ),
        )
        if bad
    ]
    result["missed"] = missed
    show(result)
    if arguments.output:
        arguments.output.write_text(json.dumps(result, indent=2) + "\n", encoding="utf-8")
    sys.exit(f"missed: {', '.join(missed)}" if missed else 0)


def show(result):
    """Print the measurements as a table."""
    print(f"{'':<52}{'process s':>10}{'s':>8}{'MiB memory':>12}{'MiB read':>10}")
    rules = result["vhd_8_gib"]["rules"]
    for title, key in ((f"VHD of 8 GiB, {rules} rules", "vhd_8_gib"), ("sparse VHD of 1 TiB", "vhd_1_tib"), ("files of a guest", "files")):
        row = result[key]
        print(f"{title:<52}{row['process_seconds']:>10}{row['wall_seconds']:>8}{row['memory_mib']:>12}{row['read_mib'] or '':>10}")
    if "not_run" in result["libguestfs"]:
        print(f"libguestfs: {result['libguestfs']['not_run']}")
    for title, row in result["libguestfs"].items() if "not_run" not in result["libguestfs"] else ():
        print(f"{title:<52}{row.get('process_seconds', ''):>10}{row.get('wall_seconds') or str(row):>8}")
    parallel, playbook = result["parallel"], result["playbook"]
    print(
        f"{parallel['copies']} images: {parallel['side_by_side_seconds']} s side by side on {parallel['cores']} cores, "
        f"{parallel['one_by_one_seconds']} s one by one: {parallel['speedup']} times as fast; "
        f"process time {parallel['side_by_side_process_seconds']} and {parallel['one_by_one_process_seconds']} s"
    )
    print(
        f"the playbook: {playbook['one_image_seconds']} s for one image, {playbook['one_fork_seconds']} s for {playbook['images']}, "
        f"{playbook['seconds']} s with {playbook['forks']} forks"
    )


if __name__ == "__main__":
    main()
