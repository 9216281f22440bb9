"""HTML for the sandbox's own pages: elements whose text is always escaped, and one page around them."""

from collections.abc import Iterable, Sequence
from html import escape

from werkzeug.wrappers import Response

_EMPTY = frozenset({"input", "meta", "hr", "br"})
_STYLE = """
:root { color-scheme: light dark; font: 16px/1.5 system-ui, sans-serif }
body { margin: 0 auto; max-width: 62rem; padding: 1rem }
nav a { margin-right: 1rem }
h1, h2, h3 { font-family: Georgia, serif; font-weight: 500; line-height: 1.2 }
h1 { font-size: 1.7rem } h2 { font-size: 1.25rem; margin-top: 2rem } h3 { font-size: 1rem; margin: 0 }
table { border-collapse: collapse; width: 100% }
caption { text-align: left; font-weight: 600; padding: .5rem 0 }
th, td { text-align: left; vertical-align: top; padding: .4rem .8rem .4rem 0; border-bottom: 1px solid #8884 }
td, time { font-variant-numeric: tabular-nums; overflow-wrap: anywhere }
form { display: flex; flex-wrap: wrap; gap: .6rem; align-items: end; margin: .4rem 0 }
form.tall { display: block; max-width: 30rem }
form.tall p { margin: .6rem 0 }
label { display: inline-block; max-width: 100% }
form > p { max-width: 100% }
input, select, button { font: inherit; padding: .35rem .5rem; min-height: 2.75rem; box-sizing: border-box }
input, select { max-width: 100% }
input[type=checkbox], input[type=radio] { min-height: 0; width: 1.25rem; height: 1.25rem; vertical-align: middle }
form.tall input:not([type=checkbox]):not([type=radio]), form.tall select { display: block; width: 100% }
fieldset { border: 1px solid #8886; border-radius: 6px; margin: 1rem 0 }
fieldset label { margin: .2rem 1rem .2rem 0; min-height: 2rem }
article { border-top: 1px solid #8886; padding: .8rem 0 }
details summary { padding: .4rem 0; cursor: pointer }
ul.places { list-style: none; padding: 0 } ul.places li { padding: .5rem 0; border-top: 1px solid #8884 }
ul.places a { display: inline-block; min-height: 2.25rem; font-size: 1.1rem }
.said { border-left: 4px solid #2f7d4f; padding: .5rem 1rem }
.alarm { border-left: 4px solid #b3261e; padding: .5rem 1rem }
:focus-visible { outline: 3px solid #2f6f8f; outline-offset: 2px }
"""


class Html(str):
    """Text that is markup already."""

    __slots__ = ()


def el(tag: str, /, *children: object, **attributes: object) -> Html:
    """One element. Children that are not Html are escaped; `for_` is `for`; True, False and None are flags."""
    opened = tag + "".join(_attribute(key, value) for key, value in attributes.items())
    return Html(f"<{opened}>") if tag in _EMPTY else Html(f"<{opened}>{joined(children)}</{tag}>")


def joined(children: Iterable[object]) -> Html:
    return Html("".join(child if isinstance(child, Html) else escape(str(child)) for child in children))


def _attribute(name: str, value: object) -> str:
    if value is None or value is False:
        return ""
    name = name.rstrip("_").replace("_", "-")
    return f" {name}" if value is True else f' {name}="{escape(str(value))}"'


def page(title: str, *content: object, links: Sequence[tuple[str, str]] = (), status: int = 200) -> Response:
    """A whole page. `links` are addresses and their words, above it all."""
    head = el(
        "head",
        el("meta", charset="utf-8"),
        el("meta", name="viewport", content="width=device-width, initial-scale=1"),
        el("title", title),
        el("style", Html(_STYLE)),
    )
    navigation = el("nav", *(el("a", words, href=address) for address, words in links), aria_label="Sandbox")
    body = el("body", navigation if links else "", el("main", el("h1", title), *content))
    return Response(f"<!doctype html>{el('html', head, body, lang='en')}", status=status, mimetype="text/html")


# ---- pieces of forms


def form(
    address: str,
    *fields: object,
    button: str,
    hidden: dict[str, object] | None = None,
    method: str = "post",
    **how: object,
) -> Html:
    kept = (el("input", type="hidden", name=name, value=value) for name, value in (hidden or {}).items())
    return el("form", *kept, *fields, el("p", el("button", button)), method=method, action=address, **how)


def field(label: str, name: str, *, value: object = "", **how: object) -> Html:
    """A labelled input; the label holds it, so that no ids are needed."""
    return el("p", el("label", label, " ", el("input", name=name, value=value, **how)))


def select(label: str, name: str, options: Iterable[tuple[object, object]], *, chosen: object = "") -> Html:
    """A labelled choice of (value, words)."""
    made = (el("option", words, value=value, selected=str(value) == str(chosen)) for value, words in options)
    return el("p", el("label", label, " ", el("select", *made, name=name)))


def tick(label: str, name: str, *, kind: str = "checkbox", value: object = "yes", **how: object) -> Html:
    return el("label", el("input", type=kind, name=name, value=value, **how), " ", label)


def table(caption: str, names: Sequence[str], rows: Iterable[Sequence[object]]) -> Html:
    head = el("thead", el("tr", *(el("th", name, scope="col") for name in names)))
    body = el("tbody", *(el("tr", *(el("td", cell) for cell in row)) for row in rows))
    return el("table", el("caption", caption), head, body)


def said(text: str, *, is_alarm: bool = False) -> Html:
    """A message about what just happened, read out when it appears."""
    return el("p", text, class_="alarm" if is_alarm else "said", role="alert" if is_alarm else "status")


def see_other(address: str) -> Response:
    return Response(status=303, headers={"Location": address})
