# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The style sheet of the HTML report: light and dark by the reader's setting, and fit for paper.

PRIVATE: module_utils of this collection are not an interface.
"""

STYLE = """
:root { --ink:#1c2430; --soft:#5a6675; --page:#f4f6f9; --card:#fff; --line:#dbe1e8; --code:#eef2f6;
  --error:#b3261e; --warning:#9a5b00; --note:#2b5f9e; --good:#1e7a3c; }
@media (prefers-color-scheme: dark) { :root { --ink:#e4e9f0; --soft:#9aa7b6; --page:#12161c; --card:#1b2129; --line:#313b47; --code:#252d38;
  --error:#ff8a80; --warning:#f5b95f; --note:#8ab8f5; --good:#7fd69a; } }
* { box-disk_size:border-box; }
body { margin:0; background:var(--page); color:var(--ink); font:16px/1.5 system-ui,-apple-system,"Segoe UI",Roboto,"DejaVu Sans",sans-serif; }
main { max-width:60rem; margin:0 auto; padding:1.5rem 1rem 3rem; }
header { background:var(--card); border:1px solid var(--line); border-left:.5rem solid var(--good); border-radius:.6rem; padding:1.2rem 1.5rem; }
header.not-ready { border-left-color:var(--error); }
.verdict { font-size:1.9rem; font-weight:700; line-height:1.2; margin:0; }
.mark { color:var(--good); } .not-ready .mark { color:var(--error); }
.sentence { margin:.3rem 0 1rem; color:var(--soft); font-size:1.05rem; }
.tiles { list-style:none; display:flex; flex-wrap:wrap; gap:.6rem; margin:0 0 1rem; padding:0; }
.tiles li { border:1px solid var(--line); border-radius:.5rem; padding:.3rem .9rem; color:var(--soft); }
.tiles b { font-size:1.3rem; margin-right:.15rem; }
.tiles .error b { color:var(--error); } .tiles .warning b { color:var(--warning); } .tiles .note b { color:var(--note); }
  .tiles .passed b { color:var(--good); }
.tiles .not-applicable b { color:var(--soft); } .tiles .zero b { color:var(--soft); }
dl { display:grid; grid-template-columns:repeat(auto-fit,minmax(12rem,1fr)); gap:.4rem 1.5rem; margin:0; }
dl>div:first-child { grid-column:1/-1; } .part { display:inline-block; max-width:100%; } time { white-space:nowrap; }
dt { font-size:.8rem; color:var(--soft); } dd { margin:0; overflow-wrap:anywhere; }
h2 { margin:2rem 0 0; font-size:1.3rem; }
.error h2 { color:var(--error); } .warning h2 { color:var(--warning); } .note h2 { color:var(--note); }
.way h2 { margin-top:1.6rem; }
.way ol { list-style:none; display:flex; flex-wrap:wrap; gap:.45rem 0; margin:.6rem 0 0; padding:0; }
.way li { display:inline-flex; align-items:baseline; gap:.35rem; font-size:.92rem; background:var(--card); border:1px solid var(--line);
  border-radius:1rem; padding:.15rem .7rem; white-space:nowrap; }
.way ol>li:not(:last-child) { margin-right:1.15rem; position:relative; }
.way ol>li:not(:last-child)::after { content:"›"; position:absolute; right:-.85rem; color:var(--soft); }
.step-mark { font-weight:700; color:var(--soft); }
.way .passed .step-mark { color:var(--good); } .way .not-reached,.way .not-applicable { color:var(--soft); background:none; border-style:dashed; }
.way .stop { color:var(--error); border-color:var(--error); font-weight:700; } .way .stop .step-mark { color:var(--error); }
.stop-box { margin-top:.8rem; background:var(--card); border:1px solid var(--error); border-left:.3rem solid var(--error); border-radius:.5rem;
  padding:.6rem 1.1rem; }
.stop-box p { margin:.1rem 0; color:var(--error); } .stop-box ul { list-style:none; margin:.2rem 0; padding:0; }
.stop-box li { display:block; background:none; border:0; padding:.15rem 0; white-space:normal; overflow-wrap:anywhere; font-size:.95rem; }
.stop-box .places { margin-left:1rem; }
.hidden { position:absolute; width:1px; height:1px; overflow:hidden; clip-path:inset(50%); white-space:nowrap; }
a { color:inherit; text-decoration-color:var(--soft); text-underline-offset:.15em; }
.count { font-weight:400; color:var(--soft); font-size:.95em; }
.meaning { margin:.1rem 0 .8rem; color:var(--soft); }
article { background:var(--card); border:1px solid var(--line); border-left:.3rem solid var(--note); border-radius:.5rem; padding:.8rem 1.1rem;
  margin:0 0 .8rem; }
.error article { border-left-color:var(--error); } .warning article { border-left-color:var(--warning); }
.sign { font-weight:700; margin-right:.2rem; color:var(--note); } .error .sign { color:var(--error); }
.warning .sign { color:var(--warning); }
.group summary { color:var(--note); font-size:1.3rem; } .inside { padding:0 1.1rem .5rem; }
h3 { margin:0 0 .4rem; font-size:1.05rem; }
.id { font:600 .85em ui-monospace,"DejaVu Sans Mono",monospace; color:var(--soft); margin-right:.3rem; white-space:nowrap; }
.undecided { font-weight:400; font-size:.85rem; color:var(--soft); border:1px solid var(--line); border-radius:1rem; padding:0 .6rem;
  white-space:nowrap; }
code { font:.88em ui-monospace,"DejaVu Sans Mono",monospace; background:var(--code); border-radius:.25rem; padding:.1em .3em; overflow-wrap:anywhere;
  }
.evidence { list-style:none; margin:.4rem 0 .6rem; padding:.5rem .7rem; background:var(--code); border-radius:.4rem; }
.evidence li { padding:.12rem 0; overflow-wrap:anywhere; } .evidence code { padding:0; background:none; }
.path { font:600 .88em ui-monospace,"DejaVu Sans Mono",monospace; }
article p { margin:.3rem 0; } .cure b { color:var(--good); margin-right:.3rem; } .source { color:var(--soft); font-size:.82rem; }
details { background:var(--card); border:1px solid var(--line); border-radius:.5rem; margin-top:1rem; }
summary { cursor:pointer; padding:.7rem 1.1rem; font-weight:600; }
table { border-collapse:collapse; width:100%; font-size:.92rem; }
  th,td { text-align:left; vertical-align:top; padding:.4rem 1.1rem; border-top:1px solid var(--line); }
th { color:var(--soft); font-weight:600; font-size:.82rem; } td { overflow-wrap:anywhere; }
footer { color:var(--soft); font-size:.82rem; margin-top:2rem; }
@media print { :root { --page:#fff; } body { font-size:11pt; } main { max-width:none; padding:0; } article,header { break-inside:avoid; }
  details:not([open]) { display:none; } }
"""
