# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Lines of progress: how often, and what they say."""

from ansible_collections.imagewright.azure.plugins.module_utils.core import progress
from ansible_collections.imagewright.azure.plugins.module_utils.upload import transfer

MIB = 1024 * 1024


def test_one_line_an_interval_and_the_last_one_always(tmp_path):
    now = [0.0]
    report = progress.Progress(tmp_path / "lines", interval=1.0, clock=lambda: now[0])
    for number, moment in enumerate((0.0, 0.5, 0.9, 1.0, 1.9)):
        now[0] = moment
        report.report(f"line {number}")
    report.report("end", always=True)

    assert (tmp_path / "lines").read_text() == "line 0\nline 3\nend\n"


def test_a_line_is_one_line_without_control_characters_and_secrets(tmp_path):
    report = progress.Progress(tmp_path / "lines")
    report.report("a\nb\x1b[31m\u202e.vhd?sig=dG9wc2VjcmV0: 3 %", always=True)

    assert (tmp_path / "lines").read_text() == "a\\nb\\x1b[31m\\u202e.vhd?sig=***: 3 %\n"


def test_a_file_that_cannot_be_written_stops_nothing(tmp_path):
    progress.Progress(tmp_path / "no" / "lines").report("line")
    progress.Progress(None).report("line")


def test_amounts_and_times_read_well():
    assert [progress.amount(size) for size in (0, 1023, 1024, 4 * MIB, 1536 * MIB, 5000 * 1024 * 1024 * MIB)] == [
        "0 B",
        "1023 B",
        "1.0 KiB",
        "4.0 MiB",
        "1.5 GiB",
        "5000.0 TiB",
    ]
    assert [progress.duration(seconds) for seconds in (0, 59.6, 61, 3600, 36061)] == ["0:00", "1:00", "1:01", "1:00:00", "10:01:01"]
    assert [progress.share(done, 200) for done in (0, 1, 199, 200)] == [0, 0, 99, 100]
    assert progress.time_left(25, 100, 10) == 30.0
    assert progress.time_left(0, 100, 10) is None


def test_line_of_an_upload():
    extents = [(0, 10 * MIB), (90 * MIB, 100 * MIB)]

    middle = transfer._line(extents, 95 * MIB, 12 * MIB, 0, 100 * MIB, 6.0)
    end = transfer._line(extents, 100 * MIB, 15 * MIB, 2 * MIB, 100 * MIB, 10.0)

    assert middle == "75 %: 12.0 MiB sent, 83.0 MiB skipped of 100.0 MiB, 2.0 MiB/s, 0:02 left"
    assert end == "100 %: 15.0 MiB sent, 85.0 MiB skipped of 100.0 MiB, 1.5 MiB/s"
