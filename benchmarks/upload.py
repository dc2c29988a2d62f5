# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How long vhd_upload takes and how much it sends, against the SDK's own upload and against every page, to the same Azurite.

    python3 benchmarks/upload.py [dense] [scattered] [interrupted]

dense: 8 GiB with 800 MiB of data in 12 pieces. scattered: 2 GiB with 256 MiB in 400 pieces. Azurite on the loopback address takes
its share of the processors: read the ratios. Times of vhd_upload are of the whole module, interpreter and imports included;
those of the SDK begin when it is imported. Memory is the peak of the module's process.
"""

import json
import os
import pathlib
import random
import subprocess
import sys
import tempfile
import time

from integration.upload import azurite as emulator
from integration.upload import vhds
from integration.upload.fault_proxy import proxy

MIB = 1024 * 1024
WORKERS = 8

#: name: (MiB of the disk, number of pieces, MiB of data, how many times faster than the SDK it has to be)
CASES = {"dense": (8192, 12, 800, 10), "scattered": (2048, 400, 256, 6)}

MODULE = """
import json, runpy, sys
from ansible.module_utils import basic
basic._ANSIBLE_ARGS = sys.stdin.buffer.read()
basic._ANSIBLE_PROFILE = "legacy"
runpy.run_module("ansible_collections.imagewright.azure.plugins.modules.vhd_upload", run_name="__main__", alter_sys=True)
"""


def main():
    """Measure what was asked for, and print it; exit with 1 when a bar is missed."""
    wanted = sys.argv[1:] or [*CASES, "interrupted"]
    missed = []
    with tempfile.TemporaryDirectory(prefix="imagewright-bench-") as folder, emulator.running() as azurite:
        azurite.client().create_container("bench")
        for case in [case for case in wanted if case in CASES]:
            missed += measure(azurite, pathlib.Path(folder), case)
        if "interrupted" in wanted:
            missed += measure_interrupted(azurite, pathlib.Path(folder))
    if missed:
        sys.exit("missed: " + "; ".join(missed))


def measure(azurite, folder, case):
    """Upload one VHD in three ways, print a table, and return the bars that were missed ([str])."""
    size_mib, count, data_mib, factor = CASES[case]
    vhd = make_disk(folder / f"{case}.vhd", size_mib, count, data_mib)
    needed = vhds.non_zero_blocks(vhd)
    print(f"\n{case}: {size_mib} MiB, {needed / MIB:.1f} MiB in blocks of 64 KiB that are not zero, {WORKERS} workers")
    print(f"{'':28}{'seconds':>9}{'MiB sent':>10}{'writes':>8}")
    runs = {}
    for name, way in (("vhd_upload", upload_module), ("BlobClient.upload_blob", upload_sdk), ("every page", upload_every_page)):
        runs[name] = way(azurite, vhd, f"{case} {name}")
        print(f"{name:28}{runs[name][0]:9.2f}{runs[name][1] / MIB:10.1f}{runs[name][2]:8}", flush=True)
    ours, sdk = runs["vhd_upload"], runs["BlobClient.upload_blob"]
    vhd.unlink()
    return report([
        (f"{case}: times faster than the SDK", sdk[0] / ours[0], factor, True),
        (f"{case}: times faster than every page", runs["every page"][0] / ours[0], 1, True),
        (f"{case}: bytes sent / bytes that are not zero", ours[1] / needed, 1.02, False),
        (f"{case}: peak memory of the module, MiB", ours[3] / MIB, 128, False),
    ])


def measure_interrupted(azurite, folder):
    """Kill an upload in the middle and go on; return the bars that were missed."""
    vhd = make_disk(folder / "interrupted.vhd", 1024, 100, 200)
    with proxy(azurite.port) as (port, faults):
        faults.delay = 0.02
        process = start_module(azurite, vhd, "interrupted", port)
        while sum(request.is_page_write for request in faults.requests) < 50:
            time.sleep(0.005)
        process.kill()
        process.wait()
        faults.delay = 0
        result = finish_module(start_module(azurite, vhd, "interrupted", port))
        writes = sum(request.is_page_write for request in faults.requests)
    ranges = expected_ranges(vhd)
    print(f"\ninterrupted: {ranges} ranges, killed after 50 had begun, {result['ranges']} sent by the second run, {writes} in all")
    vhd.unlink()
    return report([("interrupted: ranges sent again, a worker", (writes - ranges) / WORKERS, 1, False)])


def report(bars):
    """Print each bar, (what, measured, bar, whether more is better), and return those that were missed."""
    missed = []
    for what, measured, bar, more in bars:
        held = measured >= bar if more else measured <= bar
        print(f"{what:58}{measured:8.2f}   {'at least' if more else 'at most'} {bar}   {'holds' if held else 'MISSED'}")
        if not held:
            missed.append(f"{what}: {measured:.2f}")
    return missed


def make_disk(path, size_mib, count, data_mib):
    """Write a VHD with data_mib of random data in count pieces of different lengths all over it; return its path."""
    source = random.Random(size_mib)
    weights = [source.uniform(0.5, 1.5) for _piece in range(count)]
    slot = (size_mib - 2) * MIB // count
    pieces = [(MIB + index * slot + source.randrange(max(slot // 8, 4096)) // 4096 * 4096,
               min(int(weight / sum(weights) * data_mib * MIB) // 4096 * 4096 + 4096, slot * 3 // 4)) for index, weight in enumerate(weights)]
    return vhds.make(path, size_mib, pieces)


def start_module(azurite, vhd, blob, port=None):
    """Start vhd_upload in a process of its own."""
    endpoint = f"http://127.0.0.1:{port}/{azurite.account}" if port else azurite.endpoint
    arguments = {"src": str(vhd), "account": azurite.account, "container": "bench", "blob": blob, "account_key": azurite.key, "endpoint": endpoint,
                 "parallel": WORKERS, "verify": "true", "journal": f"{vhd}.journal"}
    process = subprocess.Popen([sys.executable, "-c", MODULE], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    process.stdin.write(json.dumps({"ANSIBLE_MODULE_ARGS": arguments}).encode())
    process.stdin.close()
    return process


def finish_module(process):
    """Return the result (dict) of a module that was started."""
    result = json.loads(process.stdout.read())
    process.wait()
    if result.get("failed"):
        sys.exit(result["msg"])
    return result


def upload_module(azurite, vhd, blob):
    """Return (seconds, bytes sent, writes, peak memory in bytes) of vhd_upload."""
    started = time.monotonic()
    process = start_module(azurite, vhd, blob)
    output = process.stdout.read()
    _pid, _status, usage = os.wait4(process.pid, 0)
    seconds = time.monotonic() - started
    result = json.loads(output)
    if result.get("failed"):
        sys.exit(result["msg"])
    return seconds, result["bytes_uploaded"], result["ranges"], usage.ru_maxrss * 1024


def upload_sdk(azurite, vhd, blob):
    """Return (seconds, bytes sent, writes) of the SDK's own upload of a page blob."""
    from azure.storage.blob import BlobType
    counted = []
    client = azurite.client().get_blob_client("bench", blob)
    started = time.monotonic()
    with open(vhd, "rb") as stream:
        client.upload_blob(stream, blob_type=BlobType.PAGEBLOB, max_concurrency=WORKERS, length=os.path.getsize(vhd),
                           raw_request_hook=lambda request: counted.append(written(request)))
    seconds = time.monotonic() - started
    client.delete_blob()
    return seconds, sum(counted), sum(1 for length in counted if length)


def written(request):
    """Return the bytes of a page write, 0 for another request."""
    headers = request.http_request.headers
    return int(headers["Content-Length"]) if headers.get("x-ms-page-write") == "update" else 0


def upload_every_page(azurite, vhd, blob):
    """Return (seconds, bytes sent, writes) of sending the whole file in writes of 4 MiB, with as many workers."""
    import concurrent.futures
    client = azurite.client().get_blob_client("bench", blob)
    size, piece = os.path.getsize(vhd), 4 * MIB
    started = time.monotonic()
    client.create_page_blob(size)
    with open(vhd, "rb") as stream, concurrent.futures.ThreadPoolExecutor(WORKERS) as pool:
        def send(offset):
            content = os.pread(stream.fileno(), piece, offset)
            client.upload_page(content, offset, len(content))

        offsets = range(0, size, piece)
        for _done in pool.map(send, offsets):
            pass
    seconds = time.monotonic() - started
    client.delete_blob()
    return seconds, size, len(offsets)


def expected_ranges(vhd):
    """Return how many writes the VHD needs: runs of blocks that are not zero, cut at 4 MiB, and the footer."""
    count, run, size = 1, 0, os.path.getsize(vhd)
    with open(vhd, "rb") as stream:
        for _offset in range(0, size - 512, 65536):
            block = stream.read(65536)
            run = run + 1 if block.strip(b"\0") else 0
            count += run % 64 == 1
    return count


if __name__ == "__main__":
    main()
