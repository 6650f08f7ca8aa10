"""How a page is written: templates that escape everything, one stylesheet, and what a browser is told about both."""

import base64
import hashlib
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import quote

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from sandbox.answers import Answer
from sandbox.documents import address_of, money, plain

HTML_TYPE = "text/html;charset=UTF-8"
_TEMPLATES = Path(__file__).parent / "templates"
_STYLE = (_TEMPLATES / "style.css").read_text("utf-8")
_STYLE_HASH = base64.b64encode(hashlib.sha256(_STYLE.encode()).digest()).decode()
# Referrer "same-origin", since with "no-referrer" a browser calls the origin of a form "null".
HEADERS = {
    "x-frame-options": "DENY",
    "x-content-type-options": "nosniff",
    "referrer-policy": "same-origin",
    "cache-control": "no-store",
}

_pages = Environment(
    loader=FileSystemLoader(_TEMPLATES),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)
_pages.globals["style"] = _STYLE
_pages.filters |= {
    "money": money,
    "plain": plain,
    "address": address_of,
    "segment": lambda text: quote(str(text), safe=""),
}


def page(template: str, values: Mapping[str, object], status: int = 200, forms_lead_to: str = "'self'") -> Answer:
    """The filled template. `forms_lead_to` are the places its forms may go, redirects included, as CSP writes them."""
    written = _pages.get_template(template).render(values)
    policy = (
        f"default-src 'none'; style-src 'sha256-{_STYLE_HASH}'; img-src data:; "
        f"form-action {forms_lead_to}; base-uri 'none'; frame-ancestors 'none'"
    )
    # A lone surrogate, which JSON can hold but UTF-8 cannot, becomes a question mark.
    body = written.encode("utf-8", "replace")
    return Answer(status, body, HTML_TYPE, {**HEADERS, "content-security-policy": policy})


def see_other(path: str) -> Answer:
    """After a form has been done: the browser gets the page by itself, so that reloading does nothing again."""
    return Answer(303, headers={**HEADERS, "location": path})
