# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is asked after a moment: is every file whole, was nothing left, does the next run finish what this one began."""

import collections
import os
import re
import shutil
import stat

from integration.interrupted import running
from integration.interrupted.operations import Moment

#: A module and what it is run on. name: str, of the case; module: str; build: callable(place), makes the guest in place/guest;
#: arguments: callable(place) -> the module's arguments; prepare: callable(operations, place) or None, plays the programs of the guest;
#: undoes: bool, whether a failure puts everything back (a deletion cannot be); normal: callable(path, content) -> content that is compared;
#: between: callable(path, content) -> bool, whether a file that is neither old nor new is one that may be met on the way;
#: changes: bool, whether the module calls what it writes a change.
Case = collections.namedtuple("Case", "name module build arguments prepare undoes normal between changes")
Case.__new__.__defaults__ = (None, True, None, None, True)

#: What a module may leave when it is killed, and the next run has to remove: its own, by name, or in the directory for temporary files.
_LEFTOVER = re.compile(r"(^|/)[^/]*imagewright[^/]*|^tmp/")
#: A copy that was asked for, as Ansible names it: after process and time.
_BACKUP = re.compile(r"\.\d+\.\d{4}-\d\d-\d\d@\d\d:\d\d:\d\d~$")

_OWN_PROCESS = re.compile(r"(?<=imagewright-)[\w.-]+|(?<=\.)\d+\.\d{4}-\d\d-\d\d@\d\d:\d\d:\d\d(?=~)")

FAILURES = ("ENOSPC", "EIO", "EROFS")


class Examination:
    """One case: its guest before, what an undisturbed run makes of it, and what comes of one that is disturbed.

    folder: pathlib.Path, for its copies of the guest.
    Raises AssertionError: the undisturbed run is not right itself.
    """

    def __init__(self, case, folder):
        self.case, self.folder, self._known = case, folder, {}
        self.template = folder / "template"
        for name in ("guest", "tmp"):
            (self.template / name).mkdir(parents=True)
        case.build(self.template)
        self.old = self.state(self.template)
        place = self._place()
        predicted = self._run(place, check=True)
        assert predicted.state == "done" and predicted.result["changed"] == case.changes and self.state(place) == self.old, predicted
        done = self._run(place)
        assert done.state == "done" and done.result["changed"] == case.changes, done
        self.operations = done.operations
        unseen = self.operations.pop("unseen")
        assert unseen == [], unseen
        self.new = self.state(place)
        again = self._run(place)
        assert again.state == "done" and not again.result["changed"], again
        assert self.state(place) == self.new, self._differences(self.state(place), self.new, "after the second run")

    def moments(self):
        """Return all Moments ([Moment]) at which a run is killed or fails."""
        found = []
        for number, (_name, _path, halves) in enumerate(self.operations["write"], 1):
            found.append(Moment("write", number, "kill", False))
            if halves:
                found.append(Moment("write", number, "kill half", False))
            found += [Moment("write", number, failure, lasting) for failure in FAILURES for lasting in (False, True)]
        for number in range(1, len(self.operations["read"]) + 1):
            found += [Moment("read", number, "EIO", lasting) for lasting in (False, True)]
        return found

    def problems(self, moment):
        """Return what is wrong ([str]) when a run is disturbed at the moment."""
        place = self._place()
        disturbed = self._run(place, moment=moment)
        middle = self.state(place)
        # what comes later depends on nothing but the files, and many moments leave the same ones
        key = hash(tuple(sorted((_OWN_PROCESS.sub("", path), entry) for path, entry in middle.items())))
        if key not in self._known:
            self._known[key] = self._problems_later(place, middle)
        return self._problems_now(moment, disturbed, middle) + self._known[key]

    def described(self, moment):
        """Return the moment in words (str)."""
        operations = self.operations[moment.kind]
        name, path, _halves = operations[moment.number - 1]
        how = {"kill": "killed before", "kill half": "killed in the middle of"}.get(moment.how, f"{moment.how} {'from' if moment.lasting else 'at'}")
        where = re.sub(r"^.*?/(guest|tmp)/", r"\1/", path)
        return f"{how} {moment.kind} {moment.number} of {len(operations)}: {name} {where}"

    def state(self, place):
        """Return {path: (type, permissions, owner, group, content)} of all that is below place, copies that were asked for by their content."""
        found = {}
        for folder, folders, files in os.walk(place):
            for name in folders + files:
                path = os.path.join(folder, name)
                shown = os.path.relpath(path, place)
                found[shown] = self._entry(path, shown)
        return found

    def _entry(self, path, shown):
        status = os.lstat(path)
        kind, content = stat.S_IFMT(status.st_mode), None
        if kind == stat.S_IFLNK:
            content = os.readlink(path)
        elif kind == stat.S_IFREG:
            with open(path, "rb") as stream:
                content = stream.read()
            if self.case.normal:
                content = self.case.normal(shown, content)
        return kind, stat.S_IMODE(status.st_mode), status.st_uid, status.st_gid, content

    def _place(self):
        place = self.folder / "place"
        shutil.rmtree(place, ignore_errors=True)
        shutil.copytree(self.template, place, symlinks=True)
        return place

    def _run(self, place, check=False, moment=None):
        return running.run(self.case, place, check, moment)

    def _problems_now(self, moment, disturbed, middle):
        """Return what is wrong right after the disturbed run."""
        if disturbed.state == "broken":
            return [f"the module broke down: {disturbed.words.strip()[-300:]}"]
        found = []
        name, path, _halves = self.operations[moment.kind][moment.number - 1]
        removes = name in ("unlink", "remove", "rmdir") or (moment.kind == "read" and _LEFTOVER.search(os.path.relpath(path, self.folder / "place")))
        if disturbed.state == "failed" and not re.match(r"cannot |could not |failed to ", disturbed.words, re.IGNORECASE):
            found.append(f"its message names no action: {disturbed.words[:200]!r}")
        if disturbed.state == "done":
            # what cannot be removed is left to the next run
            found += self._differences(self._without_leftovers(middle) if removes or moment.lasting else middle, self.new, "it said that it is done, but")
        else:
            found += self._mixed(middle)
            if disturbed.state == "failed" and self.case.undoes and not moment.lasting:
                # an empty directory that the next run needs too may stay
                kept = {
                    path: entry
                    for path, entry in self._without_leftovers(middle).items()
                    if path in self.old or entry[0] != stat.S_IFDIR or entry != self.new.get(path)
                }
                found += self._differences(kept, self.old, "it failed, but")
        if disturbed.state != "killed" and not moment.lasting and not removes:
            found += [f"it left {path}" for path in sorted(set(middle) - set(self._without_leftovers(middle)))]
        return found

    def _problems_later(self, place, middle):
        """Return what is wrong with the runs after the disturbed one, which left the state middle."""
        predicted = self._run(place, check=True)
        if predicted.state != "done":
            return [f"check mode afterwards: {predicted.state}: {predicted.words.strip()[-300:]}"]
        found = self._differences(self.state(place), middle, "check mode changed something:")
        following = self._run(place)
        if following.state != "done":
            return found + [f"the next run: {following.state}: {following.words.strip()[-300:]}"]
        if following.result["changed"] != predicted.result["changed"]:
            found.append(f"check mode said changed={predicted.result['changed']}, the next run did {following.result['changed']}")
        ended = self.state(place)
        found += self._differences(ended, self.new, "after the next run")
        if ended == self.new:
            return found  # it is known what a run makes of that
        last = self._run(place)
        if last.state != "done" or last.result["changed"] or self.state(place) != ended:
            found.append(f"the run after the next one still changes something: {last.state} {last.words}")
        return found

    def _mixed(self, middle):
        """Return what of the files is neither as before nor as after."""
        found = []
        for path in sorted(set(middle) | set(self.old)):
            now, allowed = middle.get(path), [self.old.get(path), self.new.get(path)]
            if now in allowed or (path not in self.old and path not in self.new and _LEFTOVER.search(path)):
                continue
            if self.case.between and now and now[4] is not None and self.case.between(path, now[4]):
                continue
            if _BACKUP.search(path):
                if now[4] != self.old.get(_BACKUP.sub("", path), now)[4]:
                    found.append(f"the copy {path} is not whole")
                continue
            found.append(f"{path} is {'gone' if now is None else 'neither old nor new'}: {_short(now)}")
        return found

    def _without_leftovers(self, state):
        return {path: entry for path, entry in state.items() if path in self.old or path in self.new or not _LEFTOVER.search(path)}

    def _differences(self, state, wanted, when):
        """Return in words where a state is not the wanted one; copies that were asked for do not count."""
        found = []
        for path in sorted(set(state) | set(wanted)):
            if state.get(path) != wanted.get(path) and not _BACKUP.search(path):
                found.append(f"{when} {path} is {_short(state.get(path))} instead of {_short(wanted.get(path))}")
        return found


def _short(entry):
    """Return an entry of a state in a few words."""
    if entry is None:
        return "not there"
    kind, mode, _owner, _group, content = entry
    name = {stat.S_IFREG: "a file", stat.S_IFDIR: "a directory", stat.S_IFLNK: "a link"}.get(kind, "special")
    return f"{name} {mode:o}" + ("" if content is None else f" {content[:60]!r} ({len(content)})")
