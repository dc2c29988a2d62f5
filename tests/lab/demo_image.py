# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The main job on a disk image whose guest is never started: what make demo GUEST=image does in place of a live guest."""

import json
import tempfile
from pathlib import Path

from lab import playing, probes
from lab.errors import LabError
from lab.paths import CHECKOUT

PLAYBOOK = CHECKOUT / "playbooks" / "prepare_image.yml"
INVENTORY = json.dumps({"all": {"hosts": {}}})
KIND = {"prepare_image_kind": "generalized", "image_network": True}
#: What each run on an image does, however ready its guest is, and what a generalized one does at its end.
EACH_TIME = ("Make the VHD that will be prepared", "Write it, and give it its name", "Take away what belongs to this machine")
#: The swap areas that are on are those of the machine that the image is opened on.
NOT_OF_THE_IMAGE = ("active swap",)


def prepare(image: Path, vhd: Path, variables: dict, show=None, check: bool = False, timeout: float = 1800) -> playing.Play:
    """Return the play that made a VHD of an image. timeout: seconds. Raises LabError: it failed."""
    play = playing.playbook(INVENTORY, PLAYBOOK, {"image": str(image), "image_dest": str(vhd), **KIND, **variables}, check, timeout=timeout, show=show)
    if play.failed:
        raise LabError(f"the playbook failed: {'; '.join(play.failed_tasks()) or play.output[-2000:]}")
    return play


def changes_again(play: playing.Play) -> list:
    """Return the tasks ([str]) of a run on a guest that is ready which should have had nothing to do."""
    return [task for task in play.changed_tasks() if not task.endswith(EACH_TIME)]


def ask(image: Path) -> list:
    """Return the answers (probes.Answer) of the guest's own tools in a raw image or VHD, which is opened and not started. The image is not changed."""
    asked = [probe for probe in probes.PROBES if probe.name not in NOT_OF_THE_IMAGE]
    mark = "=====lab====="
    script = "mkdir -p /run/sshd\n" + "\n".join(f"({probe.command}) 2>/dev/null; echo; echo {mark}" for probe in asked)
    with tempfile.TemporaryDirectory(prefix="imagewright-lab-", dir=image.parent) as folder:
        copy = Path(folder) / "disk.vhd"
        outputs = _inside(copy, script, {"name": "Copy it", "imagewright.azure.vhd_align": {"src": str(image), "dest": str(copy)}}).split(mark)
    return [probes.Answer(probe, bool(probe.good(output)), output.strip()) for probe, output in zip(asked, outputs)]


def change(image: Path, script: str) -> None:
    """Run a script of a shell in the guest of a raw image, which is opened and not started."""
    _inside(image, script)


def _inside(image: Path, script: str, *before: dict) -> str:
    """Return what a shell of the guest prints in an image that is opened. before: tasks that come first."""
    shell = "for name in dev proc; do mount --rbind /$name {{ opened.root }}/$name; done; exec chroot {{ opened.root }} sh -c {{ script | quote }}"
    here = {"ansible_connection": "imagewright.azure.opened_image", "imagewright_image_session": "{{ opened.session }}", "script": script}
    tasks = [
        *before,
        {"name": "Open it", "imagewright.azure.image_session": {"path": str(image)}, "register": "opened"},
        {"name": "Ask", "ansible.builtin.command": {"argv": ["unshare", "--mount", "sh", "-c", shell]}, "vars": here},
        {"name": "Close it", "imagewright.azure.image_session": {"path": str(image), "session": "{{ opened.session }}", "state": "closed"}},
    ]
    with tempfile.TemporaryDirectory(prefix="imagewright-lab-") as folder:
        path = Path(folder) / "play.yml"
        path.write_text(json.dumps([{"hosts": "localhost", "connection": "local", "gather_facts": False, "tasks": tasks}]), encoding="utf-8")
        play = playing.playbook(INVENTORY, path, diff=False)
    if play.failed:
        raise LabError(f"cannot run a script in the guest of {image}: {'; '.join(play.failed_tasks()) or play.output[-2000:]}")
    return next(event["result"]["stdout"] for event in play.tasks if event["task"] == "Ask")
