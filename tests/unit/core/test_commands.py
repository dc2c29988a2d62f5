# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
import os
import pathlib
import signal
import time

import pytest
from ansible_collections.imagewright.azure.plugins.module_utils.core import commands
from ansible_collections.imagewright.azure.plugins.module_utils.core.errors import ImagewrightError


def test_output_is_untranslated_and_undecodable_bytes_survive():
    completed = commands.run(["sh", "-c", r"printf '%s \377' $LC_ALL"], "test")
    assert (completed.rc, completed.stdout) == (0, "C \udcff")


def test_a_failure_names_the_command_its_status_and_its_last_words():
    with pytest.raises(ImagewrightError) as caught:
        commands.run(["sh", "-c", "echo first >&2; echo 'disk on fire' >&2; exit 3"], "regenerate grub.cfg")
    assert str(caught.value).startswith("cannot regenerate grub.cfg: sh -c ")
    assert str(caught.value).endswith("failed with 3: disk on fire")
    assert caught.value.details["rc"] == 3 and "first" in caught.value.details["stderr"]


def test_a_program_that_is_not_installed_is_named():
    with pytest.raises(ImagewrightError, match="update-nothing cannot be started.*install it first"):
        commands.run(["update-nothing"], "regenerate")


def test_a_program_that_does_not_end_is_killed():
    with pytest.raises(ImagewrightError, match="did not end within 1 s"):
        commands.run(["sleep", "60"], "wait", timeout=1)


def lives(pid):
    """Whether a process is there and not only uncollected."""
    try:
        return pathlib.Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def test_what_a_program_started_is_ended_with_it_and_its_pipe_is_not_waited_for(tmp_path):
    script = f"trap '' TERM; (trap '' TERM; exec sleep 300) & echo $! > {tmp_path}/pid; wait"
    begun = time.monotonic()
    with pytest.raises(ImagewrightError, match="did not end within 1 s"):
        commands.run(["sh", "-c", script], "wait", timeout=1)
    assert time.monotonic() - begun < 100
    end = time.monotonic() + 100  # what is killed still has to end
    while lives((tmp_path / "pid").read_text().strip()) and time.monotonic() < end:
        time.sleep(0.05)
    assert not lives((tmp_path / "pid").read_text().strip())


def test_a_program_that_listens_may_tidy_up_before_it_is_killed(tmp_path):
    with pytest.raises(ImagewrightError, match="did not end within 1 s"):
        commands.run(["sh", "-c", f"trap 'touch {tmp_path}/tidy; exit' TERM; while :; do sleep 0.1; done"], "wait", timeout=1)
    assert (tmp_path / "tidy").exists()


def test_a_program_that_ended_is_done_though_another_holds_its_pipe(tmp_path):
    begun = time.monotonic()
    completed = commands.run(["sh", "-c", f"sleep 300 & echo $! > {tmp_path}/pid; echo done"], "start a service", timeout=60)
    assert (completed.rc, completed.stdout) == (0, "done\n") and time.monotonic() - begun < 50
    pid = int((tmp_path / "pid").read_text())
    assert lives(pid)  # a service that it started goes on
    os.kill(pid, signal.SIGKILL)


def test_output_has_a_bound_and_keeps_its_last_words():
    completed = commands.run(["sh", "-c", "yes | head -c 50000000; echo last words"], "print")
    assert len(completed.stdout) < 17 * 1024 * 1024
    assert completed.stdout.startswith("y\ny\n") and "bytes are left out" in completed.stdout and completed.stdout.endswith("\nlast words\n")


def test_much_standard_input_and_output_do_not_wait_for_each_other():
    text = "x" * (8 << 20)
    assert commands.run(["cat"], "copy", stdin=text).stdout == text
    assert commands.run(["true"], "ignore it", stdin=text).rc == 0


def test_standard_input_is_given():
    assert commands.run(["cat"], "copy", stdin="a\udcffb").stdout == "a\udcffb"


def test_a_program_in_another_root_is_found_even_behind_an_absolute_link(tmp_path):
    (tmp_path / "usr/sbin").mkdir(parents=True)
    (tmp_path / "usr/sbin/visudo").symlink_to("/etc/alternatives/visudo")
    assert commands.find("visudo", str(tmp_path)) == "/usr/sbin/visudo"
    assert commands.find("grub2-mkconfig", str(tmp_path)) is None


def test_another_root_is_entered_with_proc_and_nothing_stays_mounted(tmp_path):
    for name in ("bin", "proc", "dev", "sys"):
        (tmp_path / name).mkdir()
    (tmp_path / "bin/busybox").write_bytes(pathlib.Path(commands.find("busybox")).read_bytes())
    (tmp_path / "bin/busybox").chmod(0o755)
    script = "/bin/busybox ls / && /bin/busybox cat /proc/self/comm"
    completed = commands.run(["/bin/busybox", "sh", "-c", script], "look", root=str(tmp_path))
    assert completed.stdout.split() == ["bin", "dev", "proc", "sys", "busybox"]
    assert str(tmp_path) not in pathlib.Path("/proc/self/mounts").read_text()


def test_a_filter_is_fed_and_read_without_holding_its_content():
    megabyte = b"x" * (1 << 20)
    with commands.stream(["cat"], "copy", (megabyte for _unused in range(64))) as content:
        assert sum(len(chunk) for chunk in iter(lambda: content.read(1 << 16), b"")) == 64 << 20


def test_a_filter_that_fails_is_an_error_once_it_was_read_to_the_end():
    with pytest.raises(ImagewrightError, match="cannot unpack: sh -c .* failed with 3: bad block"), commands.stream(
        ["sh", "-c", "cat >&2 </dev/null; echo bad block >&2; exit 3"], "unpack", [b"x" * 1000000]
    ) as content:
        content.read()


def test_what_the_fed_chunks_raise_is_raised_for_the_reader():
    def chunks():
        yield b"begin"
        raise ImagewrightError("cut off")

    with pytest.raises(ImagewrightError, match="^cut off$"), commands.stream(["cat"], "copy", chunks()) as content:
        content.read()


def test_a_reader_that_leaves_early_ends_the_filter():
    with commands.stream(["yes"], "print", []) as content:
        assert content.read(4) == b"y\ny\n"


def test_the_error_is_quoted_and_not_the_warning_behind_it():
    failed = commands.failure(commands.Completed(["mkinitcpio"], 1, "", "==> ERROR: module not found: 'hv_x'\n==> WARNING: errors were encountered\n"), "build")
    assert str(failed).endswith("failed with 1: ==> ERROR: module not found: 'hv_x'")
