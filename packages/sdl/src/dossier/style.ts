/** The one style sheet of the pages: readable on a screen, on paper, and without colour. */
export const style = `
:root { color-scheme: light; }
body { font: 15px/1.45 system-ui, "Segoe UI", "DejaVu Sans", sans-serif; color: #1a1f26; background: #fff; margin: 0 auto; max-width: 72rem; padding: 1.5rem; }
h1 { font-size: 1.7rem; margin: 0 0 .3rem; }
h2 { font-size: 1.25rem; margin: 2.2rem 0 .6rem; border-bottom: 2px solid #1a1f26; padding-bottom: .2rem; }
h3 { font-size: 1.02rem; margin: 1.3rem 0 .4rem; }
p { margin: .4rem 0; max-width: 50rem; }
nav ul { list-style: none; padding: 0; display: flex; flex-wrap: wrap; gap: .3rem 1rem; }
a { color: #0b4f8a; }
table { border-collapse: collapse; width: 100%; margin: .5rem 0 1rem; font-size: .87rem; }
caption { text-align: left; font-weight: 600; padding: .3rem 0; }
th, td { border: 1px solid #c5ccd4; padding: .3rem .5rem; text-align: left; vertical-align: top; overflow-wrap: anywhere; }
th { background: #eef1f4; }
tr.red td { background: #fdeceb; }
tr.amber td { background: #fdf5e0; }
code, .digest { font: .85em/1.35 ui-monospace, "DejaVu Sans Mono", monospace; overflow-wrap: anywhere; }
.verdict { display: inline-block; padding: .35rem .9rem; border: 3px solid; font-size: 1.25rem; font-weight: 700; }
.verdict.pass { color: #11632b; } .verdict.waived { color: #7a5300; } .verdict.fail { color: #9d1c14; }
.state { font-weight: 700; white-space: nowrap; }
.state.pass, .state.shown, .state.passed, .state.met { color: #11632b; }
.state.waived, .state.late, .state.open, .state.stale { color: #7a5300; }
.state.fail, .state.missing, .state.failed, .state.missed, .state.not-shown, .state.empty { color: #9d1c14; }
.state.not-applicable, .state.no-row { color: #5a6570; font-weight: 400; }
.notice { border-left: 5px solid #7a5300; padding: .4rem .8rem; background: #fdf5e0; }
.first { display: flex; flex-wrap: wrap; gap: 1.5rem; align-items: flex-start; }
.first > svg { flex: 0 0 22rem; max-width: 100%; height: auto; }
.first > div { flex: 1 1 26rem; }
dl { display: grid; grid-template-columns: max-content 1fr; gap: .2rem 1rem; margin: .5rem 0; }
dt { font-weight: 600; } dd { margin: 0; overflow-wrap: anywhere; }
footer { margin-top: 3rem; border-top: 1px solid #c5ccd4; font-size: .85rem; color: #4a545e; }
@page { size: A4; margin: 15mm 12mm; }
@media print {
  body { font-size: 9.5pt; max-width: none; padding: 0; }
  nav { display: none; }
  a { color: inherit; text-decoration: none; }
  h2 { break-before: page; } h2.same-page { break-before: auto; }
  h2, h3, caption { break-after: avoid; } tr, svg { break-inside: avoid; }
  thead { display: table-header-group; }
  .verdict, tr.red td, tr.amber td, th { print-color-adjust: exact; -webkit-print-color-adjust: exact; }
}
`;
