// The look of the page. Colours of the figures are in gnuplot.h.
#pragma once

#include <string_view>

namespace arcproof::reports {

inline constexpr std::string_view page_style = R"css(
:root { --ink: #1f2933; --soft: #5b6570; --line: #dfe4e8; --ground: #f4f6f8; --good: #00694c; --warned: #c77700; --bad: #b23a00; --accent: #0072b2; }
* { box-sizing: border-box; }
body { margin: 0; background: var(--ground); color: var(--ink); font: 15px/1.5 "Helvetica Neue", Helvetica, Arial, "Liberation Sans", sans-serif; }
header, main, footer { max-width: 1220px; margin: 0 auto; padding: 0 24px; }
header { padding-top: 28px; }
h1 { font-size: 27px; line-height: 1.25; margin: 0 0 2px; font-weight: 600; }
h2 { font-size: 21px; margin: 0 0 2px; font-weight: 600; }
h3 { font-size: 15px; margin: 0 0 6px; font-weight: 600; }
.sub, .intro, .aside { color: var(--soft); }
.intro { margin: 0 0 14px; max-width: 95ch; }
.lead { font-size: 16px; margin: 10px 0; }
nav { margin: 12px 0 0; padding: 10px 0; border-top: 1px solid var(--line); border-bottom: 1px solid var(--line); }
nav a { margin-right: 18px; white-space: nowrap; }
a { color: var(--accent); text-decoration: none; }
a:hover { text-decoration: underline; }
section { margin: 34px 0; }
.grid { display: grid; grid-template-columns: repeat(6, 1fr); gap: 16px; align-items: stretch; margin-bottom: 16px; }
figure { margin: 0; background: #fff; border: 1px solid var(--line); border-radius: 8px; padding: 14px 16px; min-width: 0; }
figure.third { grid-column: span 2; }
figure.half { grid-column: span 3; }
figure.full { grid-column: span 6; }
@media (max-width: 900px) { figure.third, figure.half { grid-column: span 6; } }
figure svg { display: block; width: 100%; height: auto; }
figure svg text { font-family: "Helvetica Neue", Helvetica, Arial, "Liberation Sans", sans-serif; }
figcaption { margin-top: 8px; font-size: 13.5px; line-height: 1.45; color: var(--soft); }
.well { color: var(--ink); }
.nothing { margin: 0; padding: 40px 12px; text-align: center; color: var(--soft); background: var(--ground); border-radius: 6px; }
.card { background: #fff; border: 1px solid var(--line); border-radius: 8px; padding: 14px 16px; margin-bottom: 16px; }
.scroll { overflow-x: auto; }
table { border-collapse: collapse; width: 100%; font-size: 14px; font-variant-numeric: tabular-nums; }
th { text-align: right; font-weight: 600; color: var(--soft); border-bottom: 2px solid var(--line); padding: 5px 10px; vertical-align: bottom; }
td { text-align: right; border-bottom: 1px solid var(--line); padding: 5px 10px; white-space: nowrap; }
td.text, th.text { text-align: left; }
td.text { white-space: normal; }
tbody tr:last-child td { border-bottom: none; }
.badge { display: inline-block; padding: 1px 9px; border-radius: 10px; font-size: 13px; font-weight: 600; white-space: nowrap; }
.badge.good { background: #d9f0e7; color: var(--good); }
.badge.warned { background: #fdeccb; color: var(--warned); }
.badge.bad { background: #fbe0d3; color: var(--bad); }
.badge.neutral { background: #e6e9ec; color: var(--soft); }
.verdict { display: inline-block; padding: 5px 18px; border-radius: 8px; font-size: 24px; font-weight: 700; letter-spacing: .04em; color: #fff; }
.verdict.good { background: var(--good); }
.verdict.warned { background: var(--warned); }
.verdict.bad { background: var(--bad); }
.verdict.neutral { background: var(--soft); }
.bad-text { color: var(--bad); font-weight: 600; }
.notes { margin: 10px 0; padding: 10px 16px; background: #fff7e0; border-left: 4px solid #e69f00; border-radius: 4px; }
.notes p { margin: 2px 0; }
.notes ul { margin: 2px 0 2px 20px; padding: 0; }
.facts { display: flex; flex-wrap: wrap; gap: 8px 34px; margin: 14px 0; }
.facts div { min-width: 90px; }
.facts b { display: block; font-size: 22px; font-weight: 600; line-height: 1.2; }
.facts span { color: var(--soft); font-size: 13px; }
.examples { display: grid; grid-template-columns: 1fr 1fr; gap: 18px 28px; }
.example .heads, .example .images { display: grid; grid-template-columns: repeat(3, 1fr); gap: 6px; }
.example .heads { color: var(--soft); font-size: 12.5px; text-align: center; }
.example img { width: 100%; height: auto; display: block; image-rendering: pixelated; border-radius: 3px; }
.example p { margin: 0 0 4px; font-size: 14px; }
footer { color: var(--soft); font-size: 13.5px; padding-bottom: 40px; }
@media print { body { background: #fff; } figure, .card { break-inside: avoid; } }
)css";

}  // namespace arcproof::reports
