# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Time of grub_cmdline on a guest that is already right: no generator may be started, the aim is less than 0.3 s.

The guest is a recorded tree of Debian 12 with thirty kernels. Compared with starting Python and AnsibleModule alone.
"""

import pathlib
import shutil
import statistics
import sys
import tempfile
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))
from tests.conftest import CHECKOUT, run_module_process

RUNS = 10
KERNELS = 30
PARAMETERS = {"present": ["console=tty1", "console=ttyS0,115200n8"], "absent": ["quiet"]}


def main():
    with tempfile.TemporaryDirectory() as folder:
        root = pathlib.Path(folder) / "root"
        shutil.copytree(CHECKOUT / "tests/unit/fixtures/boot/debian12", root, symlinks=True)
        program = root / "usr/sbin/update-grub"
        program.parent.mkdir(parents=True)
        program.write_text("#!/bin/sh\nexit 1\n", encoding="ascii")
        menu = root / "boot/grub/grub.cfg"
        text = menu.read_text(encoding="utf-8")
        begin, end = text.index("submenu"), text.index("### END /etc/grub.d/10_linux")
        menu.write_text(text[:begin] + text[begin:end] * KERNELS + text[end:], encoding="utf-8")
        run_module_process("grub_cmdline", root=root, regenerate=False, **PARAMETERS)
        menu.write_text(
            menu.read_text(encoding="utf-8")
            .replace("single ", "single console=tty1 console=ttyS0,115200n8")
            .replace("ro  quiet ", "ro console=tty1 console=ttyS0,115200n8 "),
            encoding="utf-8",
        )
        ours = measured(lambda: run_module_process("grub_cmdline", root=root, **PARAMETERS))
        bare = measured(lambda: run_module_process("grub_cmdline", root=root, present=["a\nb"]))
    print(f"a right guest with {KERNELS} kernels: {ours:.3f} s; starting the module alone: {bare:.3f} s; its work: {ours - bare:.3f} s (medians of {RUNS})")


def measured(call):
    """Return the median time (s) of a module run that changes nothing."""
    times = []
    for _unused in range(RUNS):
        began = time.perf_counter()
        result = call()
        times.append(time.perf_counter() - began)
        assert not result["changed"] if not result["failed"] else "a\nb" in result["invocation"]["module_args"]["present"], result
    return statistics.median(times)


if __name__ == "__main__":
    main()
