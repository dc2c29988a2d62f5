# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""System manager: IMA, by which the kernel runs and loads only what carries a hash or a signature beside its file.

PRIVATE: module_utils of this collection are not an interface.
"""

from ansible_collections.imagewright.azure.plugins.module_utils.core import services
from ansible_collections.imagewright.azure.plugins.module_utils.kernel import drivers, kernels
from ansible_collections.imagewright.azure.plugins.module_utils.readiness.findings import ERROR, WARNING, Evidence, failed_if
from ansible_collections.imagewright.azure.plugins.module_utils.readiness.rule import rule
from ansible_collections.imagewright.azure.plugins.module_utils.readiness.started import last, started_lines
from ansible_collections.imagewright.azure.plugins.module_utils.readiness.steps import SYSTEM_MANAGER

_POLICY = "/etc/ima/ima-policy"
#: What the boot runs into: programs, libraries, files that root reads, modules. Source: Linux Documentation/ABI/testing/ima_policy.
_NEEDED = ("BPRM_CHECK", "MMAP_CHECK", "FILE_MMAP", "FILE_CHECK", "PATH_CHECK", "MODULE_CHECK")
#: Conditions by which a rule is for some files or users alone; the files of the system are root's, and so are its first programs.
_SELECTING = ("obj_user", "obj_role", "obj_type", "subj_user", "subj_role", "subj_type", "fsuuid", "fsmagic", "fsname", "fs_subtype", "gid", "egid", "fgroup")
_OF_ROOT = ("uid=0", "euid=0", "fowner=0")
#: What signs files, so that they may be.
_SIGNERS = ("/usr/lib64/rpm-plugins/ima.so", "/usr/lib/rpm-plugins/ima.so", "/usr/bin/evmctl")
#: Modes in which nothing is kept from running. Source: Linux Documentation/admin-guide/kernel-parameters, ima_appraise.
_HARMLESS = ("off", "log", "fix")


@rule(
    "R82",
    step=SYSTEM_MANAGER,
    severity=ERROR,
    title="The kernel runs the programs of the system as IMA is set up",
    fault="IMA is set up to run signed programs alone, and none is signed",
    why="With a rule that appraises, the kernel runs and reads no file that has no hash or signature in the attribute security.ima: init itself is refused.",
    cure="Remove /etc/ima/ima-policy, or ima_policy= with grub_cmdline absent, or start with ima_appraise=log.",
    source="Linux Documentation/ABI/testing/ima_policy and admin-guide/kernel-parameters; systemd src/core/ima-setup.c",
    choice="Where something is installed that signs files (rpm-plugin-ima, evmctl) it is a warning, for the attributes are not looked at. Rules that measure "
    "alone are right.",
)
def programs_may_run(context):
    """Return failed with the rule, or the parameter, by which a kernel that knows appraisal refuses what has no signature."""
    if not context.shared(_knows_appraisal):
        return failed_if([])
    found = []
    for line in started_lines(context):
        mode = last(line, "ima_appraise")
        if mode is not None and mode.value in _HARMLESS:
            continue
        chosen = [parameter for parameter in line.parameters if _appraises(parameter)]
        found += [parameter.place._replace(text=f"{parameter.text} in {parameter.place.text}") for parameter in chosen]
        found += _of_policy(context)
    signs = any(context.tree.exists(path) for path in _SIGNERS)
    return failed_if(sorted(set(found), key=str), severity=WARNING if signs else None)


def _knows_appraisal(tree):
    """Return whether a kernel may appraise: its configuration does not say that it cannot."""
    said = [drivers.configuration(tree, kernel.version) for kernel in kernels.installed_kernels(tree) if kernel.kind != "rescue"]
    return any(each.get("IMA", "y") != "n" and each.get("IMA_APPRAISE", "n" if each else "y") != "n" for each in said) or not said


def _appraises(parameter):
    if parameter.name == "ima_policy":
        return bool({"appraise_tcb", "secure_boot"} & set((parameter.value or "").replace("|", " ").split()))
    return parameter.name == "ima_appraise_tcb"


def _of_policy(context):
    """Return the [Evidence] of the first rule of systemd's policy that appraises what the boot needs."""
    if not services.uses_systemd(context.tree):
        return []
    for number, text in context.lines(_POLICY):
        words = text.split()
        if words[:1] == ["dont_appraise"] and len(words) == 1:
            return []
        if words[:1] == ["appraise"] and _is_of_the_system(words[1:]):
            return [Evidence(_POLICY, number, text.strip())]
    return []


def _is_of_the_system(conditions):
    """Return whether a rule with these conditions ([str]) is for files that the boot needs."""
    told = dict(word.partition("=")[::2] for word in conditions)
    if told.get("func", "FILE_CHECK") not in _NEEDED or set(told) & set(_SELECTING) or "modsig" in told.get("appraise_type", ""):
        return False
    return all(word in _OF_ROOT for word in conditions if word.startswith(("uid", "euid", "fowner")))


RULES = [programs_may_run]
