"""How the page of a report looks: on a screen, on a phone, on paper, in light and in dark."""

import base64
import hashlib
from typing import Final

# Colours have a contrast of at least 4.5 to 1 against what is behind them, and lines of 3 to 1
# (https://www.w3.org/TR/WCAG22/#contrast-minimum), in both schemes.
STYLE: Final = """
:root{color-scheme:light dark;--page:#fff;--ink:#1b1f24;--soft:#535b66;--line:#c9cfd6;--panel:#f3f5f7;--bar:#2563a8;
--track:#dfe4ea;--good:#14682f;--good-panel:#e7f4ea;--bad:#a31621;--bad-panel:#fdecec;--link:#0b57b0}
@media (prefers-color-scheme:dark){:root{--page:#14171b;--ink:#e8ebef;--soft:#a9b2bd;--line:#434b55;--panel:#1e2329;
--bar:#6ea8e8;--track:#323a44;--good:#7ad195;--good-panel:#14291b;--bad:#ff9a9a;--bad-panel:#351a1c;--link:#8ab8f2}}
*{box-sizing:border-box}
html{-webkit-text-size-adjust:100%;text-size-adjust:100%}
body{margin:0;background:var(--page);color:var(--ink);font:1rem/1.55 system-ui,-apple-system,"Segoe UI",Roboto,
"Noto Sans",Arial,sans-serif}
main,header,footer{max-width:64rem;margin:0 auto;padding:0 1.25rem}
header{padding-top:1.75rem}
footer{padding-bottom:2.5rem;color:var(--soft);font-size:.9rem}
h1{font-size:1.75rem;line-height:1.2;margin:0}
h2{font-size:1.25rem;line-height:1.3;margin:2.5rem 0 .5rem;padding-top:1.25rem;border-top:1px solid var(--line)}
h3{font-size:1.05rem;margin:1.5rem 0 .25rem}
p{margin:.5rem 0;max-width:44rem}
a{color:var(--link)}
.when,.note{color:var(--soft);font-weight:400}
.when{margin:.25rem 0 0}
.verdict{margin:1.25rem 0 0;padding:.9rem 1.1rem;border-left:.35rem solid var(--good);background:var(--good-panel);
max-width:none}
.verdict strong{display:block;font-size:1.2rem;color:var(--good)}
.verdict.bad{border-color:var(--bad);background:var(--bad-panel)}
.verdict.bad strong{color:var(--bad)}
dl.figures{display:grid;grid-template-columns:repeat(4,1fr);gap:.75rem;margin:1rem 0 0}
dl.figures>div{background:var(--panel);padding:.75rem .9rem;border-radius:.4rem}
dl.figures dt{color:var(--soft);font-size:.9rem}
dl.figures dd{margin:0}
dl.figures .value{font-size:1.6rem;line-height:1.25;font-weight:600;font-variant-numeric:tabular-nums}
dl.figures .more{color:var(--soft);font-size:.85rem}
table{border-collapse:collapse;width:100%;margin:.75rem 0;font-size:.95rem}
caption{text-align:left;color:var(--soft);padding-bottom:.35rem}
th,td{overflow-wrap:break-word;text-align:left;vertical-align:top;padding:.4rem .6rem .4rem 0;
border-bottom:1px solid var(--line)}
thead th{color:var(--soft);font-weight:600;font-size:.85rem;vertical-align:bottom}
tbody th{font-weight:600}
tfoot th,tfoot td{font-weight:600;border-bottom:0}
td.number,th.number{text-align:right;font-variant-numeric:tabular-nums;white-space:nowrap;padding-right:.9rem}
td:last-child,th:last-child{padding-right:0}
table.dense th,table.dense td{padding-top:.15rem;padding-bottom:.15rem}
.drawn{display:flex;gap:.6rem;align-items:center;justify-content:flex-end}
.drawn>span{min-width:4em;text-align:right}
.drawn svg{flex:0 1 7rem;min-width:0;height:.65rem}
.track{fill:var(--track)}
.fill{fill:var(--bar)}
.fill.bad{fill:var(--bad)}
.key{overflow-wrap:anywhere;unicode-bidi:isolate;font-family:ui-monospace,SFMono-Regular,Menlo,Consolas,monospace;
font-size:.92em}
.bucket{overflow-wrap:break-word}
.day{white-space:nowrap}
.bad-word{color:var(--bad);font-weight:600}
dl.words dt{font-weight:600;margin-top:.6rem}
dl.words dd{margin:0;max-width:44rem}
@media (max-width:44rem){
main,header,footer{padding-left:1rem;padding-right:1rem}
h1{font-size:1.45rem}
dl.figures{grid-template-columns:1fr 1fr;gap:.5rem}
dl.figures>div{padding:.6rem .7rem}
dl.figures .value{font-size:1.3rem}
table{font-size:.9rem}
table:not(.wide) .drawn>span{min-width:4em;text-align:right}
.drawn svg{display:none}
td,th{padding-right:.4rem}
td.number,th.number{padding-right:.5rem}
table.wide,table.wide tbody,table.wide tfoot,table.wide tr,table.wide td,table.wide tbody th,table.wide tfoot th{
display:block;width:100%}
table.wide caption{display:block}
table.wide thead{position:absolute;width:1px;height:1px;overflow:hidden;clip-path:inset(50%)}
table.wide tr{border-bottom:1px solid var(--line);padding:.6rem 0}
table.wide td,table.wide th,table.wide td.number{border:0;padding:.1rem 0;text-align:left;white-space:normal}
table.wide td{display:flex;gap:.75rem}
table.wide .drawn{flex:1;flex-direction:row-reverse}
table.wide .drawn>span{text-align:left}
table:not(.wide) .drawn>span{min-width:0}
table.wide tbody th .key{font-size:1em}
table.wide td[data-label]::before{content:attr(data-label);flex:0 0 8.5rem;color:var(--soft)}
table.wide td>*{min-width:0}
}
@media (max-width:22rem){dl.figures{grid-template-columns:1fr}table.wide td{display:block}
table.wide td[data-label]::before{display:block}}
@media print{
:root{color-scheme:light;--page:#fff;--ink:#000;--soft:#3c434b;--line:#b5bcc4;--panel:#fff;--bar:#2563a8;
--track:#dfe4ea;--good:#14682f;--good-panel:#fff;--bad:#a31621;--bad-panel:#fff;--link:#000}
@page{margin:16mm 14mm}
html{font-size:9.5pt}
.drawn svg{flex-basis:4rem}
main,header,footer{max-width:none;padding:0}
p{max-width:none}
h2{margin-top:1.4rem;break-after:avoid}
h3{break-after:avoid}
tr,.verdict,dl.figures>div,dl.words>div{break-inside:avoid}
thead{display:table-header-group}
tfoot{display:table-row-group}
dl.figures>div{border:1px solid var(--line)}
svg{print-color-adjust:exact;-webkit-print-color-adjust:exact}
a{text-decoration:none}
}
"""
# By it the page's own policy allows this style and no other.
STYLE_HASH: Final = base64.b64encode(hashlib.sha256(STYLE.encode()).digest()).decode()
