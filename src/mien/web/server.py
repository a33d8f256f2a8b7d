"""Start the page, keep it running, and leave nothing behind."""

import os
import signal
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import Event
from typing import Any

from mien.errors import MienError
from mien.inference.analyzer import Analyzer
from mien.web.limits import MEGABYTE, Limits
from mien.web.rooms import Rooms

HERE = ("127.0.0.1", "localhost", "::1")
STYLES = [Path(__file__).parent / "browser" / "cards.css", Path(__file__).parent / "page.css"]
# The browser itself refuses whatever would leave this machine. Gradio's page has scripts and styles in its text.
POLICY = (
    "default-src 'self'; script-src 'self' 'unsafe-inline' 'unsafe-eval' blob:; style-src 'self' 'unsafe-inline'; "
    "img-src 'self' data: blob:; media-src 'self' data: blob:; font-src 'self' data:; connect-src 'self' data: blob:; "
    "worker-src 'self' blob:; object-src 'none'; base-uri 'self'; form-action 'self'; frame-ancestors 'self'"
)
WAITING = 20  # visitors' requests that wait; more are told to come back


def need_gradio() -> None:
    """Raise with the command to type when the web extra is not installed."""
    if find_spec("gradio") is None:
        raise MienError("The page needs gradio, not installed here; type: pip install 'mien[web]'")


def serve(
    analyzer: Analyzer, limits: Limits, host: str, port: int, open_browser: bool, say: Callable[[str], None]
) -> None:
    """Show the page until Ctrl+C or SIGTERM; then every uploaded file is gone.

    Args:
        analyzer: what reads the faces.
        limits: of uploads.
        host, port: where to listen.
        open_browser: whether to open the page in this machine's browser.
        say: told where the page is, and that it has ended.

    Raises:
        MienError: gradio is not installed, or the address cannot be used.
    """
    need_gradio()
    _check_address(host, port)
    with TemporaryDirectory(prefix="mien-web-", ignore_cleanup_errors=True) as root, _until_stopped() as stopped:
        _set_up(Path(root))
        from mien.web.page import build_page

        analyzer.detector  # noqa: B018  loaded now, not by the first visitor
        page = build_page(analyzer, Rooms(Path(root)), limits)
        try:
            _launch(page, limits, host, port, open_browser)
            say(f"The page is at {page.local_url} until you press Ctrl+C.")
            if host not in HERE:
                say("Anybody who can reach this machine can use it: there is no password.")
            while not stopped.wait(1):
                pass
        finally:
            page.close(verbose=False)
    say("Ended; uploaded files are deleted.")


def _check_address(host: str, port: int) -> None:
    """Raise unless the page can listen there."""
    try:
        family, kind, _, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        with socket.socket(family, kind) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # a page that has just ended does not count
            probe.bind(address)
    except OSError as error:
        why = error.strerror or str(error)
        raise MienError(f"Cannot listen on {host}, port {port} ({why}); take another --port or --host") from None


def _set_up(root: Path) -> None:
    """What Gradio reads once, when it is imported: no reports to its makers, and files where we remove them."""
    os.environ["GRADIO_ANALYTICS_ENABLED"] = "False"
    os.environ["GRADIO_TEMP_DIR"] = str(root)


def _launch(page: Any, limits: Limits, host: str, port: int, open_browser: bool) -> None:
    import gradio as gr
    from starlette.middleware import Middleware

    page.queue(max_size=WAITING, default_concurrency_limit=1)
    page.launch(
        server_name=host,
        server_port=port,
        inbrowser=open_browser,
        prevent_thread_lock=True,
        quiet=True,
        share=False,
        ssr_mode=False,
        footer_links=[],
        run_history=False,
        enable_monitoring=False,
        max_file_size=limits.upload_mb * MEGABYTE,
        css_paths=STYLES,
        theme=_theme(gr),
        app_kwargs={"middleware": [Middleware(_Policy)]},
    )


def _theme(gr: Any) -> Any:
    """Quiet colours, and fonts that every machine has."""
    return gr.themes.Base(
        primary_hue="orange",
        neutral_hue="stone",
        font=("system-ui", "Segoe UI", "Roboto", "sans-serif"),
        font_mono=("ui-monospace", "Consolas", "monospace"),
    ).set(body_background_fill="#f7f6f3", body_text_color_subdued="#66707c", button_secondary_background_fill="#fff")


class _Policy:
    """Adds the content security policy to every answer (ASGI)."""

    def __init__(self, app: Any) -> None:
        self._app = app

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        async def with_policy(message: Any) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = [*message["headers"], (b"content-security-policy", POLICY.encode())]
            await send(message)

        await self._app(scope, receive, with_policy)


@contextmanager
def _until_stopped() -> Iterator[Event]:
    """An event that Ctrl+C and SIGTERM set, so that both end the page in the same way."""
    stopped = Event()
    before = {number: signal.signal(number, lambda *_: stopped.set()) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield stopped
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
