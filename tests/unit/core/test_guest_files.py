# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""guest_files on small trees."""

import pytest


def test_all_are_written_and_removed_in_one_run_and_the_next_has_nothing_to_do(tmp_path, run_module):
    (tmp_path / "etc").mkdir()
    (tmp_path / "etc/old.cfg").write_text("old\n")
    wanted = {"root": tmp_path, "present": {"/etc/cloud/a.cfg": "a\n"}, "absent": ["/etc/old.cfg", "/etc/never.cfg"]}

    predicted = run_module("guest_files", check=True, **wanted)
    first, second = run_module("guest_files", **wanted), run_module("guest_files", **wanted)

    assert predicted["diff"] == first["diff"] and [predicted["changed"], first["changed"], second["changed"]] == [True, True, False]
    assert (tmp_path / "etc/cloud/a.cfg").read_text() == "a\n" and not (tmp_path / "etc/old.cfg").exists()


def test_no_link_leads_out_of_the_guest(tmp_path, run_module):
    (tmp_path / "guest/etc").mkdir(parents=True)
    (tmp_path / "guest/etc/a.cfg").symlink_to("../../../outside")

    assert run_module("guest_files", root=tmp_path / "guest", present={"/etc/a.cfg": "a\n"})["changed"]

    assert not (tmp_path / "outside").exists() and (tmp_path / "guest/outside").read_text() == "a\n"


@pytest.mark.parametrize(
    ("present", "absent", "wrong"),
    [
        ({"etc/a": "x"}, [], "cannot write 'etc/a': it is no absolute path; begin it with /"),
        ({"/etc/a": "x"}, ["/etc/a"], "cannot write /etc/a: it is named as present and as absent"),
    ],
)
def test_what_cannot_be_meant_is_refused(present, absent, wrong, tmp_path, run_module):
    result = run_module("guest_files", root=tmp_path, present=present, absent=absent)

    assert result["failed"] and wrong in result["msg"]
