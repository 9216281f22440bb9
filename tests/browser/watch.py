"""What goes wrong behind a page: script errors, refused content, requests that fail. Any of it fails the test."""

from __future__ import annotations

from playwright.sync_api import BrowserContext, ConsoleMessage, Request, Response, WebError

# The browser's own word on a 4xx or 5xx answer: `Watch` looks at the answers themselves. And htmx's word on a
# request it has given up for a newer one; where one fails it says more than that.
IN_ORDER = ("Failed to load resource: the server responded", "htmx:sendAbort", "htmx:afterRequest")
# A poll or a download that the next page cut short.
CUT_SHORT = "net::ERR_ABORTED"


class Watch:
    """Follows browser contexts of one server. `expects` names the refusals a test is about, `leaves_for` another
    server whose pages people go to; what ours load from there is foreign all the same."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.trouble: list[str] = []
        self.expected: set[int] = set()
        self.elsewhere: tuple[str, ...] = ()

    def expects(self, *statuses: int) -> None:
        self.expected.update(statuses)

    def leaves_for(self, url: str) -> None:
        self.elsewhere += (f"{url}/",)

    def follow(self, context: BrowserContext) -> None:
        context.on("console", self._console)
        context.on("weberror", self._script)
        context.on("requestfailed", self._failed)
        context.on("response", self._answered)

    def _console(self, message: ConsoleMessage) -> None:
        if message.type == "error" and not message.text.startswith(IN_ORDER):
            self.trouble.append(f"console: {message.text}")

    def _script(self, error: WebError) -> None:
        self.trouble.append(f"script: {error.error}")

    def _failed(self, request: Request) -> None:
        if request.failure != CUT_SHORT:
            self.trouble.append(f"request: {request.method} {request.url}: {request.failure}")

    def _answered(self, response: Response) -> None:
        if response.request.is_navigation_request() and response.url.startswith(self.elsewhere):
            return
        if not response.url.startswith(self.url):
            self.trouble.append(f"foreign: {response.url}")
        elif response.status >= 400 and response.status not in self.expected:
            self.trouble.append(f"answer: {response.status} {response.request.method} {response.url}")
