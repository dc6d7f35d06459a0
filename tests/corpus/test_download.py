"""Downloading from a server that breaks off, stalls, trickles or never ends."""

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import suppress

import pytest

from studio.corpus.download import Patience, download
from studio.errors import CorpusError

CONTENT = bytes(range(256)) * 400
LARGEST = 2 * len(CONTENT)
# Long enough for a server on this machine, so that a test which must not wait never does.
QUICK = Patience(pause=0.0, window=3600.0)

# Answers one request: the connection and the first byte that is asked for.
Answer = Callable[[socket.socket, int], None]


class Server:
    """Answers each connection with the next of its answers, the last one again and again."""

    def __init__(self) -> None:
        self.answers: list[Answer] = []
        self.asked: list[int] = []
        self.released = threading.Event()
        self._socket = socket.create_server(("127.0.0.1", 0))

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self._socket.getsockname()[1]}/poems.json"

    def serve(self) -> None:
        with suppress(OSError):
            while True:
                connection, _ = self._socket.accept()
                with connection, suppress(OSError):
                    self._answer(connection)

    def _answer(self, connection: socket.socket) -> None:
        request = b""
        while not request.endswith(b"\r\n\r\n"):
            request += connection.recv(4096)
        _, _, wanted = request.lower().partition(b"range: bytes=")
        start = int(wanted.partition(b"-")[0] or 0)
        number = min(len(self.asked), len(self.answers) - 1)
        self.asked.append(start)
        self.answers[number](connection, start)

    def close(self) -> None:
        self.released.set()
        self._socket.shutdown(socket.SHUT_RDWR)
        self._socket.close()


@pytest.fixture
def server() -> Iterator[Server]:
    server = Server()
    thread = threading.Thread(target=server.serve)
    thread.start()
    yield server
    server.close()
    thread.join()


def _head(status: str, *fields: str) -> bytes:
    return "\r\n".join([f"HTTP/1.1 {status}", "Connection: close", *fields, "", ""]).encode()


def _whole(sent: int = len(CONTENT)) -> Answer:
    """Send the content from its beginning, and break off after some bytes."""

    def answer(connection: socket.socket, start: int) -> None:
        connection.sendall(_head("200 OK", f"Content-Length: {len(CONTENT)}") + CONTENT[:sent])

    return answer


def _part(sent: int = len(CONTENT)) -> Answer:
    """Send what is asked for, and break off after some bytes."""

    def answer(connection: socket.socket, start: int) -> None:
        status = "206 Partial Content" if start else "200 OK"
        head = _head(status, f"Content-Length: {len(CONTENT) - start}")
        connection.sendall(head + CONTENT[start : start + sent])

    return answer


def _refused(status: str) -> Answer:
    return lambda connection, start: connection.sendall(_head(status, "Content-Length: 0"))


def _chunked(connection: socket.socket, start: int) -> None:
    head = _head("200 OK", "Transfer-Encoding: chunked")
    connection.sendall(head + b"64\r\n" + CONTENT[:100] + b"\r\n")


def _get(server: Server, patience: Patience = QUICK) -> bytes:
    return download(server.address, LARGEST, lambda: None, patience)


def test_a_connection_that_breaks_off_is_resumed_where_it_broke(server: Server) -> None:
    server.answers = [_part(100), _part(50_000), _part()]
    assert _get(server) == CONTENT
    assert server.asked == [0, 100, 50_100]


def test_a_server_that_cannot_send_a_part_sends_the_whole_again(server: Server) -> None:
    server.answers = [_whole(100), _whole()]
    assert _get(server) == CONTENT
    assert server.asked == [0, 100]


def test_a_server_that_refuses_a_part_is_asked_for_the_whole(server: Server) -> None:
    server.answers = [_whole(100), _refused("416 Range Not Satisfiable"), _whole()]
    assert _get(server) == CONTENT
    assert server.asked == [0, 100, 0]


def test_chunks_without_an_end_are_a_broken_connection(server: Server) -> None:
    server.answers = [_chunked, _part()]
    assert _get(server) == CONTENT


def test_a_connection_that_always_breaks_off_says_how_far_it_came(server: Server) -> None:
    server.answers = [_whole(100)]
    with pytest.raises(CorpusError, match=r"failed 4 times; .* 100 of 102,400 bytes arrived"):
        _get(server)
    assert len(server.asked) == 4


def test_a_server_that_is_busy_is_asked_again_and_one_without_the_file_is_not(
    server: Server,
) -> None:
    server.answers = [_refused("503 Busy"), _refused("429 Slower"), _part()]
    assert _get(server) == CONTENT
    server.answers = [_refused("404 Not Found")]
    with pytest.raises(CorpusError, match="answered 404 Not Found"):
        _get(server)
    assert len(server.asked) == 4


def test_a_server_that_trickles_is_given_up(server: Server) -> None:
    def trickle(connection: socket.socket, start: int) -> None:
        connection.sendall(_head("200 OK", f"Content-Length: {len(CONTENT)}"))
        while not server.released.wait(0.02):
            connection.sendall(b"x")

    server.answers = [trickle]
    with pytest.raises(CorpusError, match=r"is too slow: \d+ bytes in 0\.5 seconds"):
        _get(server, Patience(window=0.5))
    assert server.asked == [0]


def test_a_server_that_never_answers_is_given_up(server: Server) -> None:
    server.answers = [lambda connection, start: bool(server.released.wait()) and None]
    with pytest.raises(CorpusError, match=r"is too slow: 0 bytes in 0\.5 seconds"):
        _get(server, Patience(window=0.5))


@pytest.mark.parametrize("answered", [b"", _head("200 OK", f"Content-Length: {len(CONTENT)}")])
def test_a_download_is_abandoned_while_nothing_arrives(server: Server, answered: bytes) -> None:
    def stall(connection: socket.socket, start: int) -> None:
        connection.sendall(answered)
        server.released.wait()

    server.answers = [stall]

    def leave() -> None:
        if server.asked:
            raise KeyboardInterrupt

    # Whoever waited for the server would wait for an hour.
    with pytest.raises(KeyboardInterrupt):
        download(server.address, LARGEST, leave, QUICK)


def test_a_pause_before_another_try_is_abandoned_too(server: Server) -> None:
    server.answers = [_whole(100)]
    calls = 0

    def leave() -> None:
        nonlocal calls
        calls += bool(server.asked)
        if calls > 5:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        download(server.address, LARGEST, leave, Patience(pause=3600.0))


def test_content_without_an_end_is_refused(server: Server) -> None:
    def pour(connection: socket.socket, start: int) -> None:
        connection.sendall(_head("200 OK"))
        while True:
            connection.sendall(CONTENT)

    server.answers = [pour]
    with pytest.raises(CorpusError, match="larger than any file"):
        _get(server)


@pytest.mark.parametrize("address", ["http://127.0.0.1:port/", "http://127.0.0.1/诗"])
def test_what_is_no_address_is_refused(address: str) -> None:
    with pytest.raises(CorpusError, match="not an http address"):
        download(address, LARGEST, lambda: None, QUICK)
