"""Listen, and serve until Ctrl+C."""

import socket
from contextlib import suppress

import uvicorn
from fastapi import FastAPI

from mien.errors import MienError


def listen(host: str, port: int) -> socket.socket:
    """A socket that takes connections; they wait until somebody serves them.

    Args:
        host: a name, or an address of IPv4 or IPv6.
        port: 0 for any that is free.

    Raises:
        MienError: the address is not of this machine, or the port is in use or not for everybody.
    """
    try:
        family, kind, protocol, _, place = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        # With its protocol, which socket.create_server leaves out: without it asyncio lets answers wait 40 ms for more.
        listening = socket.socket(family, kind, protocol)
        try:
            listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            listening.bind(place)
            listening.listen()
        except OSError:
            listening.close()
            raise
    except OSError as error:
        reason = error.strerror or error
        raise MienError(f"Cannot listen on {host}, port {port} ({reason}); choose another --host or --port") from error
    return listening


def address(listening: socket.socket) -> str:
    """Where a socket is reached, as the beginning of a URL."""
    host, port = listening.getsockname()[:2]
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


def run(app: FastAPI, listening: socket.socket) -> None:
    """Serve until Ctrl+C or SIGTERM; requests in work are answered first."""
    server = uvicorn.Server(uvicorn.Config(app, server_header=False))
    with listening, suppress(KeyboardInterrupt):
        server.run(sockets=[listening])
