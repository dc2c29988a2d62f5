# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Write the tables of the pages: a role's variables from its argument specification, a module's options and results from its documentation.

A page says where by two marks, `<!-- variables of guest_ssh: begin -->` and the same with `end`; `options of` and `results of` a module likewise.
An option's example is the shortest value that an example of the module has, a variable's stands in docs/variables/ROLE.yml.
The collection must be importable, as `make` sets it up: PYTHONPATH=.venv/collections.
"""

import importlib
import pathlib
import re

import yaml

CHECKOUT = pathlib.Path(__file__).resolve().parents[1]
DOCS = CHECKOUT / "docs"
MARKED = re.compile(r"(<!-- (variables|options|results) of (\w+): begin -->\n).*?(<!-- \2 of \3: end -->)", re.DOTALL)
LONGEST = 60  # characters of an example in a table
MODULES = "ansible_collections.imagewright.azure.plugins.modules."
FRAGMENT = "imagewright.azure.guest"


def pages():
    """Return {path: text}: every page with marks, its tables as they should be."""
    texts = {path: path.read_text(encoding="utf-8") for path in [*DOCS.glob("*.md"), *CHECKOUT.glob("roles/*/README.md")]}
    return {path: MARKED.sub(_filled, text) for path, text in sorted(texts.items()) if MARKED.search(text)}


def module_names():
    """Return the names of all modules ([str])."""
    return sorted(path.stem for path in CHECKOUT.glob("plugins/modules/*.py"))


def documentation(module):
    """Return (options, results, examples) of a module: {name: description as in DOCUMENTATION and RETURN}, and the tasks ([dict])."""
    source = importlib.import_module(MODULES + module)
    described = yaml.safe_load(source.DOCUMENTATION)
    options = dict(described.get("options") or {})
    for fragment in described.get("extends_documentation_fragment", []):
        for name, option in _fragment_options(fragment).items():
            options.setdefault(name, option)  # what the module says itself counts more, as for Ansible
    return options, yaml.safe_load(getattr(source, "RETURN", "")) or {}, yaml.safe_load(source.EXAMPLES)


def page_of(module):
    """Return the path of the page that has a module's options. Raises LookupError: none has."""
    mark = f"<!-- options of {module}: begin -->"
    for path in sorted(DOCS.glob("*.md")):
        if mark in path.read_text(encoding="utf-8"):
            return path
    raise LookupError(f"cannot write the options of {module}: no page in docs/ has the line {mark!r}; write docs/{module}.md with it")


def module_examples(module):
    """Return the arguments ([dict]) of each task that shows a module, in its documentation and on its page."""
    tasks = list(documentation(module)[2])
    for block in re.findall(r"```yaml\n(.*?)```", page_of(module).read_text(encoding="utf-8"), re.DOTALL):
        shown = yaml.safe_load(block)
        tasks += shown if isinstance(shown, list) else []
    return [task[f"imagewright.azure.{module}"] or {} for task in tasks if f"imagewright.azure.{module}" in task]


def role_variables(role):
    """Return {name: description as in argument_specs} of a role."""
    return yaml.safe_load((CHECKOUT / "roles" / role / "meta/argument_specs.yml").read_text(encoding="utf-8"))["argument_specs"]["main"]["options"]


def role_examples(role):
    """Return {name: value} of docs/variables, {} where there is no such file."""
    path = DOCS / "variables" / f"{role}.yml"
    return yaml.safe_load(path.read_text(encoding="utf-8")) if path.exists() else {}


def _filled(match):
    before, kind, name, after = match.groups()
    table = {"variables": _variables, "options": _options, "results": _results}[kind]
    return before + table(name) + after


def _variables(role):
    examples = role_examples(role)
    rows = [
        [f"`{name}`", _default(option), _value(examples[name]) if name in examples else "", _meaning(option)] for name, option in role_variables(role).items()
    ]
    return _table(["variable", "default", "example", "meaning"], rows).replace("](", "](../../docs/")


def _options(module):
    examples = module_examples(module)
    rows = []
    for name, option in documentation(module)[0].items():
        shown = sorted((_value(task[name]) for task in examples if name in task), key=len)
        example = "" if not shown else shown[0] if len(shown[0]) <= LONGEST else "above"
        rows.append([f"`{name}`", "required" if option.get("required") else _default(option), example, _meaning(option)])
    return _table(["option", "default", "example", "meaning"], rows)


def _results(module):
    rows = []
    for name, value in documentation(module)[1].items():
        rows.append([f"`{name}`", _type(value), _text(value["description"])])
        rows += [[f"`{name}.{part}`", _type(inner), _text(inner["description"])] for part, inner in (value.get("contains") or {}).items()]
    return _table(["result", "type", "meaning"], rows)


def _fragment_options(name):
    if not name.startswith(FRAGMENT):
        return {}
    fragments = importlib.import_module("ansible_collections.imagewright.azure.plugins.doc_fragments.guest").ModuleDocFragment
    part = name[len(FRAGMENT) + 1 :].upper() or "DOCUMENTATION"
    return yaml.safe_load(getattr(fragments, part)).get("options", {})


def _meaning(option):
    choices = option.get("choices")
    one_of = f" One of {', '.join(_value(choice) for choice in choices)}." if choices else ""
    return _text(option["description"]) + one_of


def _type(option):
    return f"list of {option['elements']}" if option.get("elements") else option["type"]


def _default(option):
    if "default" not in option:
        return ""
    if option["default"] == "":
        return "(empty)"
    if isinstance(option["default"], dict) and option["default"]:
        return "<br>".join(f"`{name}: {_plain(value)}`" for name, value in option["default"].items())
    return _value(option["default"])


def _value(value):
    return f"`{value if isinstance(value, str) and value else _plain(value)}`"


def _plain(value):
    """Return a value as YAML has it on one line."""
    return yaml.safe_dump([value], default_flow_style=True, sort_keys=False, allow_unicode=True, width=10**6).strip()[1:-1]


def _text(paragraphs):
    """Return what Ansible's documentation says as Markdown on one line."""
    text = " ".join([paragraphs] if isinstance(paragraphs, str) else paragraphs)
    text = re.sub(r"M\(imagewright\.azure\.(\w+)\)", lambda match: _link(match.group(1)), text)
    text = re.sub(r"\bL\(([^,]+),\s*([^)]+)\)", r"[\1](\2)", text)
    text = re.sub(r"\bU\(([^)]+)\)", r"<\1>", text)
    text = re.sub(r"\bB\(([^)]+)\)", r"**\1**", text)
    text = re.sub(r"\b(O|RV)\([\w.]+#module:", r"\1(", text)
    text = re.sub(r"\b(?:C|O|V|RV|E|M|P)\(((?:\\.|[^)\\])*)\)", lambda match: "`" + re.sub(r"\\(.)", r"\1", match.group(1)) + "`", text)
    return re.sub(r"\s+", " ", text).strip()


def _link(module):
    return f"[{module}]({page_of(module).name})"


def _table(head, rows):
    lines = [head, ["---"] * len(head), *([cell.replace("|", "\\|") for cell in row] for row in rows)]
    return "".join("|" + "|".join(cell if cell == "---" else f" {cell} " if cell else " " for cell in cells) + "|\n" for cells in lines)


def write():
    """Write every page whose tables are not as they should be."""
    for path, text in pages().items():
        if path.read_text(encoding="utf-8") != text:
            path.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    write()
