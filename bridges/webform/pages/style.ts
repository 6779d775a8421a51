import { createHash } from "node:crypto";

/** The one stylesheet of all pages: it goes along with each, so that a page is there with one answer. */
export const STYLE = `
:root{color-scheme:light dark;--ground:#f4f6f8;--surface:#fff;--ink:#16202b;--muted:#4b5866;--line:#6f7c8a;--soft:#d9dfe6;--accent:#0b5a7a;--on-accent:#fff;--deep:#07435c;--bad:#a8201a;--bad-ground:#fdf1f0;--good:#17643a;--good-ground:#eef7f1;--tint:#eaf3f7;--focus:#0b5a7a}
@media (prefers-color-scheme:dark){:root{--ground:#0f151b;--surface:#182029;--ink:#e9eef3;--muted:#aebac6;--line:#8593a1;--soft:#313d49;--accent:#86cbe9;--on-accent:#06222f;--deep:#b4e0f4;--bad:#ffa79e;--bad-ground:#2c1a1b;--good:#8fd6ac;--good-ground:#14261c;--tint:#16303c;--focus:#86cbe9}}
*,::before,::after{box-sizing:border-box}
html{-webkit-text-size-adjust:100%;text-size-adjust:100%}
body{margin:0;background:var(--ground);color:var(--ink);font:1.0625rem/1.6 system-ui,-apple-system,"Segoe UI",Roboto,"Noto Sans","Noto Sans Arabic",sans-serif;overflow-wrap:break-word}
.bar{background:var(--surface);border-block-end:1px solid var(--soft)}
.bar>div{max-inline-size:44rem;margin-inline:auto;padding:.75rem 1.25rem;display:flex;flex-wrap:wrap;gap:.25rem 1.5rem;align-items:center;justify-content:space-between}
.agency{margin:0;font-weight:650}
main{max-inline-size:44rem;margin-inline:auto;padding:2rem 1.25rem 4rem}
h1{font-size:clamp(1.6rem,1.2rem + 2vw,2.25rem);line-height:1.2;letter-spacing:-.01em;margin:0 0 .75rem;text-wrap:balance}
h2{font-size:1.25rem;line-height:1.3;margin:0 0 .75rem}
p{margin:0 0 1rem}
.lead{color:var(--muted);font-size:1.125rem;margin-block-end:2rem;text-wrap:pretty}
a{color:var(--accent);text-underline-offset:.2em;text-decoration-thickness:1px}
a:hover{color:var(--deep);text-decoration-thickness:2px}
:focus-visible{outline:3px solid var(--focus);outline-offset:3px;border-radius:.25rem}
.card{background:var(--surface);border:1px solid var(--soft);border-radius:.75rem;padding:clamp(1.25rem,4vw,2rem);margin-block-end:1.5rem}
.card>:last-child{margin-block-end:0}
.field{margin:0 0 1.75rem;padding:0;border:0;min-inline-size:0}
label,legend{display:block;font-weight:600;margin-block-end:.35rem;padding:0}
.optional{font-weight:400;color:var(--muted)}
.hint{color:var(--muted);font-size:.975rem;margin:0 0 .5rem}
.fault{color:var(--bad);font-weight:600;margin:0 0 .5rem}
.fault::before{content:"";display:inline-block;inline-size:1em;block-size:1em;margin-inline-end:.4em;vertical-align:-.12em;background:currentColor;mask:url("data:image/svg+xml,%3Csvg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 16 16'%3E%3Cpath d='M8 0a8 8 0 1 0 0 16A8 8 0 0 0 8 0Zm-1 4h2v5H7Zm0 6.5h2v2H7Z'/%3E%3C/svg%3E") center/contain no-repeat}
.field.wrong{border-inline-start:4px solid var(--bad);padding-inline-start:1rem}
input,textarea,select{font:inherit;color:inherit}
input[type=text],input[type=email],input[type=tel],input[type=date],textarea,select{display:block;inline-size:100%;min-block-size:3rem;padding:.6rem .8rem;background:var(--surface);border:1px solid var(--line);border-radius:.5rem}
input[type=date]{inline-size:auto;max-inline-size:100%}
select{appearance:auto}
textarea{min-block-size:11rem;resize:vertical;line-height:1.5}
.wrong :is(input[type=text],input[type=email],input[type=tel],input[type=date],textarea,select){border:2px solid var(--bad)}
:is(input,textarea,select):focus-visible{outline-offset:1px;border-color:var(--focus)}
.choice{display:grid;grid-template-columns:auto 1fr;gap:.75rem;align-items:start;padding:.35rem 0;margin:0;font-weight:400;cursor:pointer}
.choice input{inline-size:1.5rem;block-size:1.5rem;margin:.1rem 0;accent-color:var(--accent)}
input[type=file]{display:block;inline-size:100%;padding:1rem;border:1px dashed var(--line);border-radius:.5rem;background:var(--ground);cursor:pointer}
input::file-selector-button{font:inherit;font-weight:600;color:var(--accent);background:var(--surface);border:1px solid var(--line);border-radius:.4rem;padding:.45rem .9rem;margin-inline-end:.9rem;cursor:pointer}
.button{display:inline-block;font:inherit;font-weight:650;min-block-size:3rem;padding:.7rem 1.6rem;border:1px solid transparent;border-radius:.5rem;background:var(--accent);color:var(--on-accent);cursor:pointer;text-decoration:none;text-align:center}
.button:hover{background:var(--deep);color:var(--on-accent)}
.button.quiet{background:transparent;color:var(--accent);border-color:var(--line)}
.button.quiet:hover{background:var(--tint);color:var(--deep)}
.button[aria-disabled=true]{opacity:.65;cursor:progress}
.note{background:var(--tint);border:1px solid var(--soft);border-inline-start:5px solid var(--accent);border-radius:.5rem;padding:1rem 1.25rem;margin-block-end:1.75rem}
.note.bad{background:var(--bad-ground);border-inline-start-color:var(--bad)}
.note.good{background:var(--good-ground);border-inline-start-color:var(--good)}
.note>:last-child{margin-block-end:0}
.note ul{margin:0;padding-inline-start:1.25rem}
.note li+li{margin-block-start:.35rem}
.note.bad a{color:var(--bad);font-weight:600}
.privacy{color:var(--muted);font-size:.975rem}
.privacy h2{color:var(--ink);font-size:1.0625rem;margin-block-end:.35rem}
.trap{position:absolute;inline-size:1px;block-size:1px;overflow:hidden;clip-path:inset(50%);white-space:nowrap}
.languages{position:relative}
.languages summary{cursor:pointer;color:var(--accent);padding:.35rem 0;min-block-size:2rem}
.languages ul{list-style:none;margin:.25rem 0 0;padding:0;display:flex;flex-wrap:wrap;gap:0 1.1rem}
.languages[open]{flex-basis:100%}
.languages a{display:inline-block;padding:.35rem 0;min-block-size:2rem}
.languages [aria-current]{font-weight:650;color:var(--ink);text-decoration:none}
.number{font-size:clamp(2rem,1.4rem + 3vw,3rem);font-weight:700;line-height:1.1;letter-spacing:.02em;margin:0 0 .5rem;font-variant-numeric:tabular-nums}
.mark{display:inline-grid;place-items:center;inline-size:3.25rem;block-size:3.25rem;border-radius:50%;background:var(--good-ground);color:var(--good);border:1px solid currentColor;margin-block-end:1rem}
.mark svg{inline-size:1.75rem;block-size:1.75rem;fill:none;stroke:currentColor;stroke-width:3;stroke-linecap:round;stroke-linejoin:round}
.address{display:block;padding:.75rem 1rem;background:var(--ground);border:1px solid var(--soft);border-radius:.5rem;overflow-wrap:anywhere;font-size:.95rem;direction:ltr}
.talk{list-style:none;margin:0 0 2rem;padding:0;display:grid;gap:1rem}
.talk>li{background:var(--surface);border:1px solid var(--soft);border-radius:.75rem;padding:1rem 1.25rem;margin-inline-end:clamp(0rem,6vw,3rem)}
.talk>li.own{background:var(--tint);margin-inline:clamp(0rem,6vw,3rem) 0}
.talk h3{font-size:1rem;margin:0}
.talk time{color:var(--muted);font-size:.925rem;display:block;margin-block-end:.6rem}
.words{white-space:pre-wrap}
.words.rich{white-space:normal}
.words>:last-child{margin-block-end:0}
.words :is(pre,table){overflow-x:auto;display:block;max-inline-size:100%}
.words td,.words th{border:1px solid var(--soft);padding:.3rem .6rem;text-align:start}
.words blockquote{margin:0 0 1rem;padding-inline-start:1rem;border-inline-start:3px solid var(--soft);color:var(--muted)}
.files{list-style:none;margin:.75rem 0 0;padding:0;display:grid;gap:.35rem}
.row{display:flex;flex-wrap:wrap;gap:1rem;align-items:center}
progress{inline-size:100%;block-size:.75rem;accent-color:var(--accent)}
.status:empty{display:none}
.status{margin-block-start:1rem}
.framed .bar,.framed body{background:transparent}
@media (max-width:30rem){.button{inline-size:100%}}
@media (prefers-reduced-motion:no-preference){.button{transition:background-color .15s}}
@media print{.bar nav,form,.button{display:none}body{background:#fff}}
`;

/** As a policy names it (CSP, `style-src`). */
export const STYLE_HASH = `'sha256-${createHash("sha256").update(STYLE).digest("base64")}'`;
