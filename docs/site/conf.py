# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Sphinx's settings for the HTML site, which docs/build_site.py builds."""

import re

from docutils import nodes

project = "imagewright.azure"
author = "imagewright.azure contributors"
copyright = "2026, imagewright.azure contributors"

extensions = ["myst_parser", "sphinx_antsibull_ext"]
myst_heading_anchors = 4
exclude_patterns = ["README.md"]  # its parts are in the index
html_theme = "furo"
html_title = project
html_static_path = ["_static"]
html_css_files = ["site.css"]
html_copy_source = False
html_show_sphinx = False
pygments_style = "friendly"
pygments_dark_style = "monokai"

ANSIBLE = "https://docs.ansible.com/projects/ansible/latest/"
#: What antsibull-docs calls the place of a plugin in Ansible's own documentation, and of the few pages there that it points to.
_PLUGIN = re.compile(r"ansible_collections\.ansible\.builtin\.(\w+?)_(module|role|lookup|filter)(?:__.*)?$")
_PAGES = {
    "action_plugins": "plugins/action.html",
    "ansible_configuration_settings": "reference_appendices/config.html",
    "common_return_values": "reference_appendices/common_return_values.html",
}


def _link_to_ansible(app, environment, node, content):
    """Return a link to Ansible's own documentation, None for anything else; Sphinx would ask the network for an inventory of it."""
    place = _PAGES.get(node["reftarget"])
    match = _PLUGIN.match(node["reftarget"])
    if match:
        place = f"collections/ansible/builtin/{match.group(1)}_{match.group(2)}.html"
    return nodes.reference("", "", content, internal=False, refuri=ANSIBLE + place) if place else None


def setup(app):
    """Take part in the build."""
    app.connect("missing-reference", _link_to_ansible)
