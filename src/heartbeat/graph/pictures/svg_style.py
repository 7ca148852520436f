"""The colours and fonts of a drawing, for light and dark surroundings."""

from __future__ import annotations

__all__ = ["STYLE"]

STYLE = """\
.hb{--page:#fff;--card:#fff;--ink:#1f2328;--dim:#59636e;--edge:#d1d9e0;--line:#818b98;
--good:#1a7f37;--warning:#9a6700;--stray:#cf222e;--lane:#fff1ef;
--quiet:#afb8c1}
@media (prefers-color-scheme:dark){.hb{--page:#0d1117;--card:#161b22;--ink:#e6edf3;
--dim:#9198a1;--edge:#3d444d;--line:#767e89;--good:#3fb950;--warning:#d29922;--stray:#ff6a61;--lane:#2b1416;--quiet:#565e67}}
.hb text{fill:var(--ink)}
.hb .s{font-family:system-ui,-apple-system,"Segoe UI",Roboto,"Helvetica Neue",\
"Noto Sans",Arial,sans-serif}
.hb .m{font-family:ui-monospace,SFMono-Regular,Menlo,Consolas,"DejaVu Sans Mono",\
monospace}
.hb .b{font-weight:600}
.hb text.dim{fill:var(--dim)}
.hb text.red{fill:var(--stray)}
.hb text.green{fill:var(--good)}
.hb .page{fill:var(--page);stroke:var(--edge)}
.hb .card{fill:var(--card);stroke:var(--edge)}
.hb .lane{fill:var(--lane);stroke:var(--stray);stroke-width:1.5}
.hb .good .bar{fill:var(--good)}
.hb .gone .bar{fill:var(--stray)}
.hb .warning .bar{fill:var(--warning)}
.hb .quiet .bar{fill:var(--quiet)}
.hb .stray .bar{fill:var(--stray)}
.hb .good .state{fill:var(--dim)}
.hb .warning .state{fill:var(--warning)}
.hb .gone .card{stroke:var(--stray);stroke-dasharray:5 4}
.hb .gone .title{fill:var(--dim)}
.hb .gone .state{fill:var(--stray)}
.hb .quiet .state{fill:var(--dim)}
.hb .stray .card{stroke:var(--stray);stroke-width:1.5}
.hb .stray .title,.hb .stray .state{fill:var(--stray)}
.hb path.link{fill:none;stroke:var(--line);stroke-width:1.5}
.hb path.tie{stroke:var(--edge)}
.hb path.dashed{stroke-dasharray:6 4}
.hb path.dotted{stroke-dasharray:1.5 4;stroke-linecap:round}
.hb path.link.stray{stroke:var(--stray);stroke-width:2}
.hb .tip{fill:var(--line)}
.hb .tip.stray{fill:var(--stray)}
"""
