# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Cases of scripts of Python that the boot starts."""

from unit.readiness.cases.system_manager import SYSTEM, TARGETS, WANTED

_OWN, _PER_BOOT = "/opt/own", "/var/lib/cloud/scripts/per-boot/own"
_IMPORTS = "#!/usr/bin/python3\nimport os, shutil, subprocess, sys\n"


def _started(text, command=_OWN):
    unit = f"[Service]\nType=oneshot\nExecStart={command}\n"
    return {**TARGETS, **WANTED, f"{SYSTEM}/done.service": unit, _OWN: ("program", _IMPORTS + text)}


#: (rule, files to write (None: removed), (path, line) of the first evidence)
BROKEN_FILES = [
    ("R69c", _started('os.system("systemctl poweroff")\n'), (_OWN, 3)),
    ("R69c", _started('subprocess.run(["/sbin/poweroff"], check=True)\n'), (_OWN, 3)),
    ("R69c", _started('subprocess.call("poweroff")\n', f"/usr/bin/python3 -u {_OWN}"), (_OWN, 3)),
    (
        "R69c",
        _started('def main():\n    print("done")\n    subprocess.check_call("sync; poweroff", shell=True)\n\nif __name__ == "__main__":\n    main()\n'),
        (_OWN, 5),
    ),
    ("R69c", _started('def main():\n    os.execv("/sbin/poweroff", ["poweroff"])\n\nsys.exit(main())\n'), (_OWN, 4)),
    ("R69c", _started('from subprocess import run as go\ntry:\n    go(("shutdown", "-h", "now"))\nexcept OSError:\n    pass\n'), (_OWN, 5)),
    *[
        ("R69c", _started(text), (_OWN, line))
        for text, line in (
            ('command = "poweroff"\nos.system(command)\n', 4),
            ('subprocess.Popen(["systemctl", "poweroff"]).wait()\n', 3),
            ('os.popen("poweroff").read()\n', 3),
            ('os.execlp("poweroff", "poweroff")\n', 3),
            ('def main():\n    return os.system("reboot")\n\nraise SystemExit(main())\n', 4),
            ('def first():\n    os.sync()\n    return 0\n\nfirst()\nos.system("reboot")\n', 8),
            ("import signal\nos.kill(1, signal.SIGINT)\n", 4),
            ("from signal import SIGRTMIN\nimport signal\nos.kill(1, signal.SIGRTMIN + 4)\n", 5),
            ("os.kill(1, 11)\n", 3),
        )
    ],
    *[
        ("R69e", _started(text), (_OWN, line))
        for text, line in (
            ('from pathlib import Path\nPath("/etc/passwd").unlink()\n', 4),
            ('from pathlib import Path\nkeys = Path("/etc/shadow")\nkeys.write_text("")\n', 5),
            ('open("/etc/shadow", "w").close()\n', 3),
            ('os.chmod("/usr/bin/bash", 0o700)\n', 3),
            ('os.truncate("/etc/passwd", 0)\n', 3),
            ('shutil.copyfile("/dev/null", "/etc/passwd")\n', 3),
            ('for name in ("passwd", "shadow"):\n    os.remove(f"/etc/{name}")\n', 4),
            ('UNITS = ["cron", "ssh"]\n\ndef main():\n    for unit in UNITS:\n        subprocess.run(["systemctl", "stop", unit])\n\nmain()\n', 7),
        )
    ],
    ("R69e", _started('os.system("ip link set eth0 down")\n'), (_OWN, 3)),
    ("R69e", _started('with open("/dev/null") as none:\n    shutil.rmtree("/etc/ssh")\n'), (_OWN, 4)),
    ("R69e", _started('os.remove("/etc/passwd")\n'), (_OWN, 3)),
    ("R69e", _started('os.rename("/etc/ssh/sshd_config", "/root/sshd_config")\n'), (_OWN, 3)),
    ("R69e", {**TARGETS, _PER_BOOT: ("program", _IMPORTS + 'subprocess.run(["userdel", "-r", "azureuser"])\n')}, (_PER_BOOT, 3)),
]

CONTROLS = [
    ("R69c", _started(text))
    for text in (
        'if os.path.exists("/opt/end"):\n    os.system("poweroff")\n',
        'if os.path.exists("/var/lib/done"):\n    sys.exit(0)\nos.system("reboot")\n',
        'def main():\n    if not os.path.exists("/opt/end"):\n        return\n    os.system("reboot")\n\nmain()\n',
        'def check():\n    if not os.path.exists("/opt/end"):\n        sys.exit()\n\ndef main():\n    check()\n    os.system("reboot")\n\nmain()\n',
        'def stop():\n    os.system("poweroff")\n',
        'def main(args):\n    os.system("poweroff")\n\nmain(sys.argv[1:])\n',
        'for name in sys.argv[1:]:\n    os.system("poweroff")\n',
        'while True:\n    subprocess.run(["sleep", "5"])\nos.system("poweroff")\n',
        'import argparse\nargs = argparse.ArgumentParser().parse_args()\nos.system("poweroff")\n',
        'from own import check\ncheck()\nos.system("poweroff")\n',
        'command = "poweroff"\nif os.path.exists("/opt/own.test"):\n    command = "true"\nos.system(command)\n',
        'for name in ("sync", "reboot"):\n    if os.path.exists("/opt/" + name):\n        os.system(name)\n',
        'for name in ("sync", "poweroff"):\n    break\n    os.system(name)\n',
        "import signal\nos.kill(1, signal.SIGHUP)\nos.kill(1, signal.SIGTERM)\nos.kill(1, 0)\nos.kill(11, signal.SIGINT)\n",
        'os.popen("poweroff --help").read()\n',
        'print("poweroff")\nsubprocess.run(["echo", "poweroff"])\n',
        'subprocess.run("poweroff --now --really")\n',
        'assert os.path.exists("/opt/end")\nos.system("poweroff")\n',
        'os.system("[ -e /opt/end ] && poweroff")\n',
        'os.system("poweroff"\n',
    )
] + [
    (
        "R69e",
        _started(
            'shutil.rmtree("/tmp/build")\nos.remove("/etc/motd")\nos.rename("/tmp/passwd", "/etc/passwd")\nsubprocess.run(["systemctl", "restart", "ssh"])\n'
        ),
    ),
    *[
        ("R69e", _started(text))
        for text in (
            'from pathlib import Path\nPath("/etc/passwd").write_text(Path("/opt/passwd").read_text())\nPath("/etc/motd").unlink()\n',
            'name = "/etc/passwd"\nprint(name.replace("/etc", "/opt"))\nopen(name).close()\nopen("/etc/motd", "w").close()\n',
            'os.chmod("/usr/bin/bash", 0o755)\nos.chown("/etc/shadow", 0, 42)\nos.truncate("/var/log/own", 0)\n',
            'shutil.copy("/etc/passwd", "/opt/passwd")\nos.symlink("/etc/passwd", "/opt/accounts")\n',
        )
    ],
]
