# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Provisioner: the Python of the agent and cloud-init finds their packages, and all that these import.

PRIVATE: module_utils of this collection are not an interface.
"""

from ansible_collections.imagewright.azure.plugins.module_utils.cloud_init import installation as cloud_init
from ansible_collections.imagewright.azure.plugins.module_utils.core import python_packages
from ansible_collections.imagewright.azure.plugins.module_utils.readiness.findings import (
    ERROR,
    PASSED,
    Evidence,
    failed,
    not_applicable,
    passed,
)
from ansible_collections.imagewright.azure.plugins.module_utils.readiness.provisioner import NOT_CLOUD_INIT, is_by_cloud_init
from ansible_collections.imagewright.azure.plugins.module_utils.readiness.rule import rule
from ansible_collections.imagewright.azure.plugins.module_utils.readiness.steps import PROVISIONER
from ansible_collections.imagewright.azure.plugins.module_utils.waagent import installation

#: What the agent and cloud-init run, each in its turn, first what their script imports; what a release has not is passed over.
_ENTERED = {
    "azurelinuxagent": (
        *("agent", "common.osutil.default", "common.osutil.factory", "common.utils.flexible_version", "common.utils.textutil", "common.version"),
        *("daemon.main", "daemon.scvmm", "pa.deprovision.factory", "pa.provision.factory", "pa.rdma.factory"),
        *("ga.update", "ga.exthandlers", "ga.env", "ga.monitor"),
    ),
    "cloudinit": (
        *("cmd.main", "stages", "sources.DataSourceAzure", "sources.helpers.azure", "util", "distros", "handlers.cloud_config", "templater"),
        *("config.cc_users_groups", "config.cc_ssh", "config.cc_set_hostname", "net.dhcp"),
    ),
}
#: What the first file of a package that cloud-init imports has, in each of its versions.
_HAVING = {"yaml": "safe_load", "requests": "from .api", "jinja2": "Template", "configobj": "ConfigObj"}


@rule(
    "R40f",
    step=PROVISIONER,
    severity=ERROR,
    fixed_by="guest_agent",
    title="The agent's Python finds its package, and what that imports",
    fault="The agent's Python does not find its package, or what that imports",
    why="/usr/sbin/waagent is a few lines that import azurelinuxagent: without it, with another Python than it was installed for, or "
    "without a module that it imports, it ends at once.",
    cure="Install the agent's package again, with all that it depends on (python3-distro among it) and the Python that its first line names; remove the file "
    "that is taken in place of a module.",
    source="WALinuxAgent bin/waagent2.0, setup.py",
)
def agent_package(context):
    """Return failed when azurelinuxagent is in no directory that the interpreter of waagent looks into."""
    path = installation.program(context.tree)
    outcome = _package(context.tree, path if path and path.endswith("waagent") else None, "azurelinuxagent")
    asks = python_packages.without_distro(context.tree, path) if outcome.status == PASSED else None
    if asks:
        return failed([Evidence(asks[0], asks[1], f"{asks[2]}: its Python has no package distro (python3-distro), and the agent ends as it starts")])
    return outcome


@rule(
    "R42i",
    step=PROVISIONER,
    severity=ERROR,
    fixed_by="guest_agent",
    title="cloud-init's Python finds its package, and what that imports",
    fault="cloud-init's Python does not find its package, or what that imports",
    why="/usr/bin/cloud-init imports cloudinit: without it, with another Python than it was installed for, or without a module that it imports, every stage "
    "ends at once.",
    cure="Install cloud-init's package again, with all that it depends on; remove the file that is taken in place of a module.",
    source="cloud-init setup.py",
)
def cloud_init_package(context):
    """Return failed when cloudinit is in no directory that the interpreter of cloud-init looks into."""
    if not is_by_cloud_init(context.tree):
        return not_applicable(NOT_CLOUD_INIT)
    outcome = _package(context.tree, cloud_init.PROGRAM, "cloudinit")
    if outcome.status != PASSED or not context.tree.has_own_root:
        return outcome
    # what it imports whatever it does; the others are asked for where they are used
    lacking = [(name, "it") for name in ("yaml", "requests")] + [(name, "requests") for name in python_packages.of_requests(context.tree, cloud_init.PROGRAM)]
    found = [
        Evidence(cloud_init.PROGRAM, None, f"{name}, which {importer} imports, is in no directory of its Python")
        for name, importer in lacking
        for answer in [python_packages.find(context.tree, cloud_init.PROGRAM, name)]
        if answer and not answer.there
    ]
    emptied = [python_packages.emptied(context.tree, cloud_init.PROGRAM, name, word) for name, word in _HAVING.items()]
    found += [Evidence(path, None, "is taken before the system's, and has nothing of what cloud-init imports") for path in emptied if path]
    return failed(found) if found else outcome


def _package(tree, script, package):
    """Return the Outcome whether the Python of a script finds its package."""
    if script is None or not tree.is_file(script):
        return not_applicable(f"{package} is not installed")
    answer = python_packages.find(tree, script, package)
    if answer is None:
        return not_applicable(f"{script} is no script of Python")
    library = python_packages.without_library(tree, script)
    if library and package == "cloudinit":  # the agent's has a rule of its own
        return failed([Evidence(library, None, f"{answer.interpreter} does not find os.py and encodings, and ends at once")])
    ended = python_packages.ended(tree, script)
    if ended:
        path, number, text = ended
        return failed([Evidence(path, number, f"{text}: {answer.interpreter} runs it before {script}, and ends")])
    first = f"{_ENTERED[package][0].replace('.', '/')}.py"
    shadowing = python_packages.shadowing(tree, script, package, first)
    if shadowing:
        return failed([Evidence(shadowing, None, f"{answer.interpreter} takes this one before the system's, and it has no {first}")])
    entry = python_packages.without_entry(tree, script)
    if entry:
        return failed([Evidence(script, None, f"asks for the entry point of {entry}, whose entry_points.txt is in no directory of Python {answer.version}")])
    missing, beside = python_packages.imports(tree, script, [f"{package}.{name}" for name in _ENTERED[package]])
    if missing:
        return failed([Evidence(missing.path, missing.line, f"{missing.text}: {missing.name} is in no directory of Python {answer.version}")])
    if beside:
        return failed([Evidence(beside, None, f"{answer.interpreter} takes it before its own module of this name, for it lies beside {script}")])
    wrong = python_packages.unreadable(tree, script, package, _ENTERED[package])
    if wrong:
        path, number, text = wrong
        return failed([Evidence(path, number, f"{text}: it ends at the import")])
    if answer.there:
        return passed(evidence=[Evidence(answer.found[0], None, f"for Python {answer.version or '(version not known)'}")])
    if answer.found:
        return failed([Evidence(path, None, f"{answer.interpreter} is Python {answer.version}, and does not look there") for path in answer.found])
    return failed([Evidence(script, 1, f"{answer.interpreter}: the package {package} is in no directory that it looks into")])


RULES = [agent_package, cloud_init_package]
