# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Start programs: argument lists, one form of error."""

import os
import shlex
import shutil
import subprocess

from lab.errors import LabError


def run(argv, stdin: str = "", timeout: float = 900, **options) -> str:
    """Return the standard output of a program.

    Raises LabError: when it is missing, runs longer than timeout (seconds) or does not end with 0.
    """
    argv = [str(part) for part in argv]
    environment = {**os.environ, "LC_ALL": "C", "PATH": _path_with_sbin()}
    environment.update(options.pop("env", {}))
    try:
        done = subprocess.run(argv, input=stdin, capture_output=True, text=True, errors="replace", timeout=timeout, env=environment, check=False, **options)
    except FileNotFoundError:
        raise LabError(f"cannot run {argv[0]}: it is not installed; install the packages of tests/setup/*/packages.txt (make does)") from None
    except subprocess.TimeoutExpired:
        raise LabError(f"cannot run {shlex.join(argv)}: not done after {timeout:.0f} s") from None
    if done.returncode != 0:
        raise LabError(f"cannot run {shlex.join(argv)}: exit code {done.returncode}: {last_lines(done.stderr or done.stdout)}")
    return done.stdout


def finished(argv, timeout: float, **options) -> subprocess.CompletedProcess:
    """Return a program that was started without input and has ended, in whatever way; all that it printed is in stdout (str).

    timeout: seconds, after which it is killed and subprocess.TimeoutExpired raised; options: cwd and env, as of subprocess.run.
    """
    return subprocess.run(
        [str(part) for part in argv],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
        timeout=timeout,
        check=False,
        **options,
    )


def succeeds(argv, timeout: float = 60) -> bool:
    """Return whether a program ends with 0."""
    try:
        run(argv, timeout=timeout)
    except LabError:
        return False
    return True


def last_lines(text: str, count: int = 8) -> str:
    """Return the last non-empty lines of an output, joined for an error message."""
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    return " | ".join(lines[-count:]) or "no output"


def require_programs(*names: str) -> None:
    """Raise LabError: when one of the programs is not installed."""
    missing = [name for name in names if not shutil.which(name, path=_path_with_sbin())]
    if missing:
        raise LabError(f"cannot use the lab: {', '.join(missing)} not found; install the packages of tests/setup/*/packages.txt (make does)")


def require_root(purpose: str) -> None:
    """Raise LabError: when this process is not root."""
    if os.geteuid() != 0:
        raise LabError(f"cannot {purpose}: it needs root; run the same command with sudo")


def _path_with_sbin() -> str:
    return os.environ.get("PATH", "/usr/bin:/bin") + ":/usr/local/sbin:/usr/sbin:/sbin"
