# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""chrony's files: what chronyd reads, and how Hyper-V's clock becomes the only one of them."""

import pytest
from bounds import bounded
from hypothesis import given
from hypothesis import strategies as st
from unit.trees import write_tree

from ansible_collections.imagewright.azure.plugins.module_utils.chrony import chrony_conf
from ansible_collections.imagewright.azure.plugins.module_utils.core.errors import ImagewrightError
from ansible_collections.imagewright.azure.plugins.module_utils.core.live_tree import LiveTree
from ansible_collections.imagewright.azure.plugins.module_utils.chrony import chrony_clock

CONF = "/etc/chrony/chrony.conf"
CLOCK = "refclock PHC /dev/ptp_hyperv poll 3 dpoll -2 offset 0 stratum 2"
STEP = "makestep 1.0 -1"
RULE = "/etc/udev/rules.d/99-ptp_hyperv.rules"
DROP_IN = "/etc/systemd/system/chrony.service.d/10-azure-clock.conf"
WANTS = 'TAG+="systemd", ENV{SYSTEMD_WANTS}+="chrony.service"'
DEBIAN = {
    CONF: "confdir /etc/chrony/conf.d\npool 2.debian.pool.ntp.org iburst\nsourcedir /run/chrony-dhcp\nsourcedir /etc/chrony/sources.d\n"
    "# Step the system clock\nmakestep 1 3\nleapsectz right/UTC\n",
    "/etc/chrony/conf.d/README": "refclock PHC /dev/ptp_kvm\n",
    "/usr/lib/systemd/systemd": "",
    "/lib/systemd/system/chrony.service": "[Service]\nExecStart=!/usr/sbin/chronyd $DAEMON_OPTS\n[Install]\nAlias=chronyd.service\n",
    "/etc/systemd/system/chronyd.service": "->/lib/systemd/system/chrony.service",
    "/etc/default/chrony": 'DAEMON_OPTS="-F 1"\n',
}


def text(root, path):
    return (root / path.lstrip("/")).read_text()


def read(root, path=CONF):
    """Return the words of the lines that chronyd reads."""
    return [" ".join(line.words) for line in chrony_conf.lines(LiveTree(str(root)), path)]


# What is read


def test_lines_are_read_where_they_are_named_as_chronyd_prints_them(tmp_path):
    # expected: what chronyd -p of chrony 4.3 printed for these files
    write_tree(
        tmp_path,
        {
            CONF: "  ReFclock PHC /dev/ptp_kvm:nocrossts poll 2\r\n!makestep 9 9\n%x\n;y\n # z\nMAKESTEP   1   3 \nconfdir /etc/d1 /etc/d2\n"
            "include /etc/inc/*.x\nmakestep 2 2\nsourcedir /etc/s1 /etc/s2\n",
            "/etc/d1/b.conf": "makestep 11 1\n",
            "/etc/d2/a.conf": "makestep 12 1\n",
            "/etc/d2/b.conf": "makestep 13 1\n",
            "/etc/d2/c.conf": "makestep 14 1",
            "/etc/d2/.h.conf": "makestep 15 1\n",
            "/etc/d2/z.txt": "makestep 16 1\n",
            "/etc/inc/b.x": "makestep 21 1\n",
            "/etc/inc/a.x": "makestep 22 1\n",
        },
    )
    assert read(tmp_path) == [
        "ReFclock PHC /dev/ptp_kvm:nocrossts poll 2",
        "MAKESTEP 1 3",
        "confdir /etc/d1 /etc/d2",
        "makestep 12 1",
        "makestep 11 1",
        "makestep 14 1",
        "include /etc/inc/*.x",
        "makestep 22 1",
        "makestep 21 1",
        "makestep 2 2",
        "sourcedir /etc/s1 /etc/s2",
    ]


@pytest.mark.parametrize("line", ["include /etc/none", "include", "include /etc", "confdir /etc/none", "confdir", "sourcedir"])
def test_what_is_named_and_not_there_brings_nothing(tmp_path, line):
    write_tree(tmp_path, {CONF: line + "\n"})
    tree = LiveTree(str(tmp_path))
    assert read(tmp_path) == [line]
    assert chrony_conf.source_lines(tree, chrony_conf.lines(tree, CONF)) == []


def test_files_that_include_each_other_are_an_error(tmp_path):
    write_tree(tmp_path, {CONF: "include /etc/a\n", "/etc/a": f"include {CONF}\n"})
    with pytest.raises(ImagewrightError, match=f"cannot read {CONF}: /etc/a names it, .*; remove one of the includes"):
        read(tmp_path)


@pytest.mark.parametrize("text", ["x\n" * 100001, "include /etc/none*\n" * 500])
def test_more_than_any_guest_has_is_an_error(tmp_path, text):
    write_tree(tmp_path, {CONF: text})
    with pytest.raises(ImagewrightError, match="more than 500, or have more than 100000 lines; look whether they are damaged"):
        read(tmp_path)


@pytest.mark.parametrize(
    ("files", "path"),
    [
        ({"/etc/chrony.conf": ""}, "/etc/chrony.conf"),
        ({CONF: ""}, CONF),
        ({"/etc/chrony.conf": "", CONF: ""}, "/etc/chrony.conf"),
        ({"/etc/chrony.conf": "", CONF: "", "/usr/sbin/chronyd": "ELF\0/etc/chrony/chrony.conf\0"}, CONF),
        ({"/etc/chrony.conf": "", CONF: "", "/usr/sbin/chronyd": "ELF\0/etc/chrony.conf\0"}, "/etc/chrony.conf"),
        ({"/etc/chrony.conf": "", "/etc/own.conf": "", "/etc/sysconfig/chronyd": 'OPTIONS="-F 2 -f /etc/own.conf"\n'}, "/etc/own.conf"),
        ({"/etc/chrony.conf": "", "/etc/own.conf": "", "/etc/default/chrony": "#DAEMON_OPTS='-f /etc/own.conf'\n"}, "/etc/chrony.conf"),
        ({"/etc/chrony.conf": "", "/etc/sysconfig/chronyd": "OPTIONS=-f/etc/none.conf\n"}, None),
        (
            {
                "/etc/chrony.conf": "",
                "/etc/own.conf": "",
                "/etc/sysconfig/chronyd": "OPTIONS='-F 2 -f/etc/own.conf'\n",
                "/usr/lib/systemd/system/chronyd.service": "[Service]\nEnvironmentFile=-/etc/sysconfig/chronyd\nExecStart=/usr/sbin/chronyd $OPTIONS\n",
            },
            "/etc/own.conf",
        ),
        (
            {
                "/etc/chrony.conf": "",
                "/etc/own.conf": "",
                "/etc/sysconfig/chronyd": "OPTIONS='-f /etc/own.conf'\n",
                "/usr/lib/systemd/system/chronyd.service": "[Service]\nEnvironmentFile=-/etc/sysconfig/chronyd\nExecStart=/usr/sbin/chronyd -F 2\n",
            },
            "/etc/chrony.conf",
        ),
        (
            {
                "/etc/chrony.conf": "",
                "/etc/own.conf": "",
                "/usr/lib/systemd/system/chronyd.service": '[Service]\nEnvironment="OPTIONS=-f /etc/own.conf"\nExecStart=!/usr/sbin/chronyd $OPTIONS\n',
            },
            "/etc/own.conf",
        ),
        ({"/etc/chrony.conf": "", "/usr/lib/systemd/system/chronyd.service": "[Service]\nExecStart=/usr/sbin/chronyd -n 'pool x' 'makestep 1 3'\n"}, None),
        ({"/etc/chrony.conf": "", "/etc/own.conf": "", "/etc/conf.d/chronyd": 'CFGFILE="/etc/own.conf"\n'}, "/etc/own.conf"),
        (
            {
                "/etc/chrony.conf": "",
                "/etc/own.conf": "",
                "/usr/lib/systemd/system/chronyd.service": "[Service]\nExecStart=/usr/sbin/chronyd $OPTIONS\n",
                "/etc/systemd/system/chronyd.service.d/own.conf": "[Service]\nExecStart=\nExecStart=/usr/sbin/chronyd -f /etc/own.conf\n",
            },
            "/etc/own.conf",
        ),
        ({}, None),
    ],
)
def test_the_file_is_the_one_that_chronyd_is_started_with(tmp_path, files, path):
    write_tree(tmp_path, files)
    assert chrony_conf.find_path(LiveTree(str(tmp_path))) == path


# On trees


def test_the_module_predicts_sets_tells_and_sets_once(tmp_path, run_module):
    write_tree(tmp_path, DEBIAN)
    predicted = run_module("chrony_clock", root=tmp_path, check=True)
    assert text(tmp_path, CONF) == DEBIAN[CONF]
    result = run_module("chrony_clock", root=tmp_path, backup=True)
    assert predicted["diff"] == result["diff"] and predicted["changed"] and result["changed"]
    assert result["path"] == CONF and result["files"] == [CONF, RULE, DROP_IN] == predicted["files"]
    assert result["replaced"] == [{"path": CONF, "line": 6, "text": "makestep 1 3"}] and result["removed"] == []
    assert text(tmp_path, CONF) == DEBIAN[CONF].replace("makestep 1 3", STEP) + CLOCK + "\n"
    assert text(tmp_path, RULE).splitlines()[-1] == f'SUBSYSTEM=="ptp", ACTION!="remove", ATTR{{clock_name}}=="hyperv", SYMLINK+="ptp_hyperv", {WANTS}'
    assert text(tmp_path, DROP_IN).splitlines()[-2:] == ["[Unit]", "ConditionPathExists=/dev/ptp_hyperv"]
    assert len(result["backup_files"]) == 1
    again = run_module("chrony_clock", root=tmp_path)
    assert not again["changed"] and again["files"] == again["removed"] == again["replaced"] == [] and again["path"] == CONF


def test_clocks_of_other_hypervisors_go_from_every_file_that_is_read(tmp_path, run_module):
    write_tree(
        tmp_path,
        {
            CONF: "refclock PHC /dev/ptp_kvm poll 2\r\nconfdir /etc/own\nsourcedir /etc/src /run/src\ninclude /etc/more\n# kept\n",
            "/etc/own/kvm.conf": "server a\n  refclock PHC /dev/ptp0:nocrossts\n# refclock PHC /dev/ptp1\nrefclock SHM 0\n",
            "/etc/own/kvm.conf.off": "refclock PHC /dev/ptp2\n",
            "/etc/more": "REFCLOCK phc /dev/ptp_ena",
            "/etc/src/x.sources": "refclock PHC /dev/ptp3\nserver b\n",
            "/run/src/y.sources": "refclock PHC /dev/ptp4\n",
        },
    )
    result = run_module("chrony_clock", root=tmp_path)
    assert [(line["path"], line["line"], line["text"]) for line in result["removed"]] == [
        (CONF, 1, "refclock PHC /dev/ptp_kvm poll 2"),
        ("/etc/more", 1, "REFCLOCK phc /dev/ptp_ena"),
        ("/etc/own/kvm.conf", 2, "refclock PHC /dev/ptp0:nocrossts"),
        ("/etc/src/x.sources", 1, "refclock PHC /dev/ptp3"),
    ]
    assert text(tmp_path, "/etc/own/kvm.conf") == "server a\n# refclock PHC /dev/ptp1\nrefclock SHM 0\n"
    assert text(tmp_path, "/etc/own/kvm.conf.off") == "refclock PHC /dev/ptp2\n" and text(tmp_path, "/etc/src/x.sources") == "server b\n"
    assert not run_module("chrony_clock", root=tmp_path)["changed"]


#: (what it shows, files before, files after)
PLACES = [
    ("the last line of several counts and is the one that is kept", {CONF: "makestep 1 3\nmakestep 2 2\n"}, {CONF: f"{STEP}\n{CLOCK}\n"}),
    (
        "what is right stays where it is, and as it is written",
        {CONF: "confdir /etc/d\n", "/etc/d/a.conf": "  Makestep  1.0\t-1\n"},
        {CONF: f"confdir /etc/d\n{CLOCK}\n", "/etc/d/a.conf": "  Makestep  1.0\t-1\n"},
    ),
    (
        "a line of another file is changed there",
        {CONF: "makestep 1 3\nconfdir /etc/d\n", "/etc/d/a.conf": "makestep 2 2\n"},
        {CONF: f"confdir /etc/d\n{CLOCK}\n", "/etc/d/a.conf": f"{STEP}\n"},
    ),
    ("an earlier line that is right does not count", {CONF: f"{STEP}\nmakestep 2 2\n"}, {CONF: f"{STEP}\n{CLOCK}\n"}),
    ("the clock is there once, with its options", {CONF: f"refclock PHC /dev/ptp_hyperv:nocrossts\n{STEP}\n{CLOCK}\n"}, {CONF: f"{STEP}\n{CLOCK}\n"}),
    (
        "another driver's name in small letters, with which chronyd ends, is corrected",
        {CONF: f"refclock phc /dev/ptp_hyperv poll 3\n{STEP}\n"},
        {CONF: f"{CLOCK}\n{STEP}\n"},
    ),
    ("line ends stay, and the last line gets one", {CONF: "server a\r\nmakestep 1 3\r\nserver b"}, {CONF: f"server a\r\n{STEP}\r\nserver b\n{CLOCK}\r\n"}),
    (
        "a package's file is left as it is where a later line counts",
        {CONF: "include /usr/share/chrony/*.conf\n", "/usr/share/chrony/a.conf": "makestep 2 2\n"},
        {CONF: f"include /usr/share/chrony/*.conf\n{CLOCK}\n{STEP}\n", "/usr/share/chrony/a.conf": "makestep 2 2\n"},
    ),
    (
        "a file that is read by two names is changed once",
        {CONF: f"include /etc/a\ninclude /etc/b\n{CLOCK}\n", "/etc/a": "makestep 2 2\n", "/etc/b": "->a"},
        {CONF: f"include /etc/a\ninclude /etc/b\n{CLOCK}\n", "/etc/a": f"{STEP}\n"},
    ),
]


@pytest.mark.parametrize(("before", "after"), [case[1:] for case in PLACES], ids=[case[0] for case in PLACES])
def test_a_line_is_put_where_it_counts(tmp_path, run_module, before, after):
    write_tree(tmp_path, before)
    result = run_module("chrony_clock", root=tmp_path)
    assert not result["failed"], result
    assert {path: (tmp_path / path.lstrip("/")).read_bytes().decode() for path in after} == after
    assert not run_module("chrony_clock", root=tmp_path)["changed"]


@pytest.mark.parametrize("path", ["/usr/share/chrony/kvm.conf", "/run/chrony/kvm.conf"])
def test_a_clock_in_a_file_that_is_not_the_guests_is_an_error_that_names_the_line(tmp_path, run_module, path):
    write_tree(tmp_path, {CONF: f"include {path}\n", path: "\nrefclock PHC /dev/ptp_kvm\n"})
    result = run_module("chrony_clock", root=tmp_path)
    assert result["failed"] and f"cannot take 'refclock PHC /dev/ptp_kvm' out of {path} line 2: the file belongs to a package" in result["msg"]
    assert f"have {CONF} not name it" in result["msg"] and text(tmp_path, CONF) == f"include {path}\n"


def test_without_a_clock_chrony_keeps_to_its_servers(tmp_path, run_module):
    write_tree(tmp_path, dict(DEBIAN, **{"/etc/chrony/conf.d/kvm.conf": "refclock PHC /dev/ptp_kvm\n"}))
    result = run_module("chrony_clock", root=tmp_path, refclock="")
    assert result["files"] == [CONF, "/etc/chrony/conf.d/kvm.conf"]
    assert text(tmp_path, CONF) == DEBIAN[CONF].replace("makestep 1 3", STEP) and text(tmp_path, "/etc/chrony/conf.d/kvm.conf") == ""


def test_lines_of_the_user_replace_those_of_before(tmp_path, run_module):
    write_tree(tmp_path, {CONF: f"{CLOCK}\n{STEP}\n"})
    result = run_module("chrony_clock", root=tmp_path, refclock="refclock PHC /dev/ptp_hyperv poll 2\n", makestep="makestep 0.5 -1")
    assert [line["line"] for line in result["replaced"]] == [1, 2]
    assert text(tmp_path, CONF) == "refclock PHC /dev/ptp_hyperv poll 2\nmakestep 0.5 -1\n"


def test_a_clock_of_another_name_stays_when_it_is_the_one_asked_for(tmp_path, run_module):
    write_tree(tmp_path, dict(DEBIAN, **{CONF: "refclock PHC /dev/ptp0 poll 2\n"}))
    result = run_module("chrony_clock", root=tmp_path, refclock="refclock PHC /dev/ptp0 poll 3")
    assert result["files"] == [CONF] and text(tmp_path, CONF) == f"refclock PHC /dev/ptp0 poll 3\n{STEP}\n"
    assert not run_module("chrony_clock", root=tmp_path, refclock="refclock PHC /dev/ptp0 poll 3")["changed"]


@pytest.mark.parametrize(("files", "arguments", "wanted"), [({}, {}, True), ({}, {"start": False}, False), ({"/usr/lib/systemd/systemd": None}, {}, False)])
def test_udev_starts_chrony_where_systemd_can_and_it_is_asked_for(tmp_path, run_module, files, arguments, wanted):
    write_tree(tmp_path, {path: text for path, text in dict(DEBIAN, **files).items() if text is not None})
    result = run_module("chrony_clock", root=tmp_path, **arguments)
    assert (WANTS in text(tmp_path, RULE)) is wanted
    assert (DROP_IN in result["files"]) is (files == {})


def test_nothing_is_written_beside_it_when_not_asked(tmp_path, run_module):
    write_tree(tmp_path, DEBIAN)
    assert run_module("chrony_clock", root=tmp_path, wait_for_clock=False)["files"] == [CONF]


def test_a_service_of_another_name_is_started_and_skipped(tmp_path, run_module):
    write_tree(tmp_path, DEBIAN)
    result = run_module("chrony_clock", root=tmp_path, service="clock")
    assert 'SYSTEMD_WANTS}+="clock.service"' in text(tmp_path, RULE)
    assert result["files"][-1] == "/etc/systemd/system/clock.service.d/10-azure-clock.conf"


@pytest.mark.parametrize(
    ("system", "path"), [("ID=ubuntu\nID_LIKE=debian\n", CONF), ("ID=alpine\n", CONF), ("ID=rocky\n", "/etc/chrony.conf"), ("", "/etc/chrony.conf")]
)
def test_a_package_that_is_yet_to_come_is_shown_as_a_file_of_its_own(tmp_path, run_module, system, path):
    write_tree(tmp_path, {"/etc/os-release": system})
    result = run_module("chrony_clock", root=tmp_path, create=True, check=True)
    assert result["changed"] and result["path"] == path and not (tmp_path / path.lstrip("/")).exists()
    assert result["diff"][0]["before"] == "" and result["diff"][0]["after"] == f"{CLOCK}\n{STEP}\n"


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({}, "cannot set the clock: there is no /etc/chrony.conf nor /etc/chrony/chrony.conf; install chrony first"),
        ({"path": "/etc/own.conf"}, "cannot set the clock: there is no /etc/own.conf; install chrony first"),
        ({"makestep": "makestep 1"}, "cannot set makestep of chrony to 'makestep 1': that is no line of it; write it like 'makestep 1.0 -1'"),
        ({"makestep": "makestep 1 -1\nserver x"}, "that is no line of it"),
        ({"makestep": "1.0 -1"}, "cannot set makestep of chrony to '1.0 -1'"),
        ({"refclock": "refclock PHC"}, "cannot set refclock of chrony to 'refclock PHC': that is no line of it; write it like 'refclock PHC /dev/ptp_hyperv"),
        ({"refclock": "x\nrefclock PHC /dev/ptp_hyperv"}, "that is no line of it"),
        ({"service": "a b"}, "cannot have the clock start 'a b': that is no service's name"),
    ],
)
def test_what_cannot_be_set_is_said(arguments, words, tmp_path, run_module):
    result = run_module("chrony_clock", root=tmp_path, **arguments)
    assert result["failed"] and words in result["msg"]


LINE = st.sampled_from(
    [
        "makestep 1 3",
        "Makestep 1.0 -1",
        STEP,
        CLOCK,
        "refclock PHC /dev/ptp_hyperv",
        "refclock PHC /dev/ptp_kvm poll 2",
        "  REFCLOCK\tPHC /dev/ptp0:x",
        "refclock SHM 0",
        "refclock",
        "makestep",
        "#makestep 2 2",
        "! x",
        "",
        "server a iburst",
        "confdir /etc/d /etc/e",
        "include /etc/d/*",
        "sourcedir /etc/d",
        "\udcff",
        "\x00",
    ]
)
TEXT = st.tuples(st.lists(LINE, max_size=6), st.sampled_from(["\n", "\r\n"]), st.booleans()).map(lambda drawn: drawn[1].join(drawn[0]) + drawn[1] * drawn[2])
FILES = st.fixed_dictionaries({"/etc/chrony.conf": TEXT}, optional=dict.fromkeys(["/etc/d/a.conf", "/etc/e/a.conf", "/etc/d/b.sources", "/etc/e/c.conf"], TEXT))


def applied(root, files):
    """Return the files (bytes) after the plan was carried out."""
    for path, content in files.items():
        (root / path.lstrip("/")).parent.mkdir(parents=True, exist_ok=True)
        (root / path.lstrip("/")).write_bytes(content)
    edits, _changes = chrony_clock.plan(LiveTree(str(root)), "/etc/chrony.conf", [CLOCK, STEP])
    return dict(files, **{edit.path: edit.after.encode("utf-8", "surrogateescape") for edit in edits})


@given(FILES)
def test_of_any_files_the_directives_count_alone_once_and_all_else_stays(tmp_path_factory, files):
    def others(content):
        lines = [line.rstrip(b"\r") for line in content.split(b"\n")]
        return [line for line in lines if line.strip() and line.split()[0].lower() != b"makestep" and b"PHC" not in line]

    before = {path: content.encode("utf-8", "surrogateescape") for path, content in files.items()}
    try:
        after = applied(tmp_path_factory.mktemp("before"), before)
    except ImagewrightError as error:
        assert "names it" in str(error)
        return
    root = tmp_path_factory.mktemp("after")
    assert applied(root, after) == after
    read_now = chrony_conf.lines(LiveTree(str(root)), "/etc/chrony.conf")
    assert [line for line in read_now if chrony_conf.is_ptp_clock(line.words) and chrony_conf.device(line.words) != "/dev/ptp_hyperv"] == []
    assert {line.words for line in read_now if chrony_conf.is_ptp_clock(line.words)} == {tuple(CLOCK.split())}
    assert [line.words[1:] for line in read_now if line.words[0].lower() == "makestep"][-1] == ("1.0", "-1")
    assert {path: others(content) for path, content in after.items()} == {path: others(content) for path, content in before.items()}


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ("-f /run/made-at-boot.conf", "starts chronyd with -f /run/made-at-boot.conf, which is not there before the boot"),
        ("-f /usr/share/own.conf", "starts chronyd with -f /usr/share/own.conf, which is made again at each boot, or belongs to a package"),
        ("'pool x'", "starts chronyd with directives of its own, and it reads no file"),
    ],
)
def test_a_file_that_is_edited_in_vain_is_refused_by_what_starts_chronyd(tmp_path, run_module, options, words):
    write_tree(
        tmp_path,
        {
            **DEBIAN,
            "/usr/share/own.conf": "",
            "/etc/systemd/system/chrony.service.d/own.conf": f"[Service]\nExecStart=\nExecStart=/usr/sbin/chronyd {options}\n",
        },
    )

    message = run_module("chrony_clock", root=tmp_path)["msg"]

    assert f"cannot set the clock: /etc/systemd/system/chrony.service.d/own.conf line 3 {words}" in message
    assert text(tmp_path, CONF) == DEBIAN[CONF]


def test_a_file_that_is_named_and_not_read_is_warned_of(tmp_path, run_module):
    write_tree(
        tmp_path,
        {
            **DEBIAN,
            "/etc/own.conf": "",
            "/etc/default/chrony": "DAEMON_OPTS='-f /etc/own.conf'\n",
            "/lib/systemd/system/chrony.service": DEBIAN["/lib/systemd/system/chrony.service"].replace(
                "[Service]\n", "[Service]\nEnvironmentFile=-/etc/default/chrony\n"
            ),
        },
    )

    assert run_module("chrony_clock", root=tmp_path)["path"] == "/etc/own.conf"
    warned = str(run_module("chrony_clock", root=tmp_path, path=CONF)["warnings"])
    assert f"chronyd does not read {CONF}: /etc/default/chrony line 1 starts it with -f /etc/own.conf" in warned


@pytest.mark.parametrize("line", ["OPTIONS" * 20000, "OPTIONS=" + "-f " * 100000, "ExecStart=" + " " * 300000, "A" * 500000 + "=-f /x"])
def test_the_time_for_a_line_of_options_grows_with_its_length(tmp_path, line):
    write_tree(tmp_path, {"/etc/chrony.conf": "", "/etc/sysconfig/chronyd": line + "\n"})

    with bounded():
        assert chrony_conf.find_path(LiveTree(str(tmp_path))) in ("/etc/chrony.conf", None)


def test_a_line_of_ten_megabytes_is_refused_by_its_place(tmp_path, run_module):
    write_tree(tmp_path, {CONF: "pool a\n" + "x" * 10 * 1000 * 1000})

    assert f"cannot read {CONF} line 2: it has more than 1024 KiB" in run_module("chrony_clock", root=tmp_path)["msg"]
