# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Build the HTML site of the pages: `make docs` leaves it in output/site/index.html.

The pages keep their places, so that a link between two of them is right on GitHub and in the site. antsibull-docs writes the reference
beside them, and the catalogue of requirements is laid out for a screen. Any warning of Sphinx is an error.
The collection must be importable, as `make` sets it up: PYTHONPATH=.venv/collections.
"""

import os
import pathlib
import posixpath
import re
import shutil
import subprocess
import sys

import generate_requirements
import generate_tables

from ansible_collections.imagewright.azure.plugins.module_utils.readiness import links

CHECKOUT = pathlib.Path(__file__).resolve().parents[1]
SITE = CHECKOUT / "docs" / "site"
SOURCE = CHECKOUT / ".cache" / "site"
RESULT = CHECKOUT / "output" / "site"
REPOSITORY = "https://github.com/imagewright/imagewright.azure/blob/main/"
COLLECTION = "imagewright.azure"
CONTENTS = re.compile(r"^\.\. contents::.*\n(?:   .*\n)*", re.MULTILINE)  # the theme shows them beside the page
LINK = re.compile(r"(\]\()(?!https?:|mailto:|#)([^)\s#]+)(#[^)\s]*)?(\))")


def pages():
    """Return the paths ([str], relative to the checkout) of all pages that people wrote."""
    found = [*CHECKOUT.glob("docs/*.md"), *CHECKOUT.glob("roles/*/README.md")]
    return sorted(path.relative_to(CHECKOUT).as_posix() for path in found) + ["CONTRIBUTING.md", "README.md"]


def with_links(text, page, known):
    """Return a page's text whose links lead to other pages of the site, or to the repository where the site has no such page.

    page: str, its path; known: set of str, the pages of the site.
    """

    def placed(match):
        before, target, place, after = match.groups()
        path = posixpath.normpath(posixpath.join(posixpath.dirname(page), target))
        if path in known:
            return match.group()
        if f"{path}/README.md" in known:
            return f"{before}{target.rstrip('/')}/README.md{place or ''}{after}"
        return f"{before}{REPOSITORY}{path}{place or ''}{after}"

    return LINK.sub(placed, text)


def index(text, known):
    """Return the index whose lists of pages are whole: each page of docs/ and roles/ stands in one."""
    roles = sorted(page for page in known if page.startswith("roles/"))
    listed = set(re.findall(r"<?(docs/\w+)>?$", text, re.MULTILINE))
    modules = {}
    for module in generate_tables.module_names():
        page = f"docs/{generate_tables.page_of(module).stem}"
        modules[module] = f"reference/{module}_module" if page in listed else page
    others = [page[:-3] for page in sorted(known) if page.startswith("docs/") and page[:-3] not in listed | set(modules.values())]
    lists = {
        "ROLES": [f"{page.split('/')[1]} <{page[:-3]}>" for page in roles],
        "MODULES": [f"{module} <{page}>" for module, page in modules.items()],
        "OTHERS": others,
    }
    for mark, lines in lists.items():
        text = re.sub(rf"^{mark}\n", "".join(line + "\n" for line in lines), text, flags=re.MULTILINE)
    return text


def catalogue():
    """Return docs/requirements.md for a screen: a section a rule, in the order in which a machine needs them."""
    head = generate_requirements.HEAD.partition("| Id |")[0]
    parts = [head.replace("{steps}", ", ".join(f"[{_words(step)}](#{_words(step).replace(' ', '-')})" for step in generate_requirements.STEPS))]
    for step in generate_requirements.STEPS:
        parts.append(f"## {_words(step).capitalize()}\n")
        parts += [_rule(rule) for rule in generate_requirements.all_rules() if rule.step == step]
    return "\n".join(parts) + generate_requirements.foot()


def _words(step):
    return step.replace("_", " ")


def _rule(rule):
    lines = [
        f"({links.anchor(rule.id)})=\n### {rule.id}: {rule.title}\n",
        f"**{generate_requirements.severity(rule)}**, looked for in: {generate_requirements.where(rule)}\n",
        f"* When it fails: {rule.fault}",
        f"* Why: {rule.why}",
        f"* Fix: {rule.fixed_by or rule.cure}",
        f"* Source: {''.join(f'[{piece}]({address})' if address else piece for piece, address in links.sources(rule.source))}",
    ]
    return "\n".join(lines + ([f"* Where the sources disagree: {rule.choice}"] if rule.choice else [])) + "\n"


def gather():
    """Write all that Sphinx reads into SOURCE."""
    shutil.rmtree(SOURCE, ignore_errors=True)
    known = {*pages(), "CHANGELOG.rst"}
    for page in known:
        place = SOURCE / page
        place.parent.mkdir(parents=True, exist_ok=True)
        text = (CHECKOUT / page).read_text(encoding="utf-8")
        place.write_text(with_links(text, page, known) if page.endswith(".md") else CONTENTS.sub("", text), encoding="utf-8")
    (SOURCE / "docs" / "requirements.md").write_text(catalogue(), encoding="utf-8")
    shutil.copytree(CHECKOUT / "docs" / "images", SOURCE / "docs" / "images")
    shutil.copytree(SITE / "_static", SOURCE / "_static")
    shutil.copy(SITE / "conf.py", SOURCE)
    (SOURCE / "index.md").write_text(index((SITE / "index.md").read_text(encoding="utf-8"), known), encoding="utf-8")


def write_reference():
    """Have antsibull-docs write the reference of all modules and roles."""
    reference = SOURCE / "reference"
    reference.mkdir(mode=0o755)  # antsibull-docs refuses one that others can write to
    programs = pathlib.Path(sys.executable).parent  # it starts ansible-doc from there
    environment = {**os.environ, "PATH": f"{programs}{os.pathsep}{os.environ['PATH']}", "ANSIBLE_COLLECTIONS_PATH": str(CHECKOUT / ".venv" / "collections")}
    options = ["--use-current", "--squash-hierarchy", "--fail-on-error", "--no-breadcrumbs", "--dest-dir", str(reference)]
    subprocess.run([programs / "antsibull-docs", "collection", *options, COLLECTION], env=environment, check=True)
    for page in reference.glob("*.rst"):
        page.write_text(CONTENTS.sub("", page.read_text(encoding="utf-8")), encoding="utf-8")


def build():
    """Build the site and return the path of its first page. Raises subprocess.CalledProcessError: a page has an error or a warning."""
    gather()
    write_reference()
    shutil.rmtree(RESULT, ignore_errors=True)
    return run_sphinx(SOURCE, RESULT)


def run_sphinx(source, result):
    """Build a directory of pages with the site's conf.py in it, and return the path of the first page."""
    options = ["-b", "html", "-W", "--keep-going", "-q", "-d", str(source / ".doctrees")]
    subprocess.run([sys.executable, "-m", "sphinx", *options, str(source), str(result)], check=True)
    return result / "index.html"


if __name__ == "__main__":
    try:
        print(f"site: {build()}")
    except subprocess.CalledProcessError as error:
        sys.exit(f"cannot build the site: {' '.join(map(str, error.cmd[:3]))} ended with exit code {error.returncode}; mend what it names above")
