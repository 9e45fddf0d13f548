"""Downloads from a server of the test's own, which breaks off, lies and refuses as it is told."""

import hashlib
import os
import re
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import numpy as np
import pytest

from dlcore.data import download as module
from dlcore.data import transfer
from dlcore.data.download import DOWNLOADS, download
from dlcore.data.mnist import load_mnist
from dlcore.data.transfer import Source, fetch
from dlcore.errors import DataError, OptionError
from tests.data.idx_writer import idx_bytes

CONTENT = np.random.default_rng(0).bytes(1 << 20)
SHA256 = hashlib.sha256(CONTENT).hexdigest()


class Handler(BaseHTTPRequestHandler):
    """Paths are behaviours: /good, /cut, /plain, ..."""

    protocol_version = "HTTP/1.1"

    def do_GET(self):
        asked = self.headers.get("Range")
        self.server.log.append((self.path, asked))
        body, start = self.server.files.get(self.path, CONTENT), 0
        if self.path == "/missing":
            self.send_error(404)
            return
        if asked and self.path != "/plain":
            start = int(re.match(r"bytes=(\d+)-$", asked)[1])
            self.send_response(206)
            self.send_header("Content-Range", f"bytes {start}-{len(body) - 1}/{len(body)}")
        else:
            self.send_response(200)
        if self.path == "/endless":
            self.end_headers()
            self.wfile.write(body * 3)
            self.close_connection = True
            return
        self.send_header("Content-Length", str(len(body) - start))
        self.end_headers()
        if self.path == "/cut":
            self.wfile.write(body[start : start + 400_000])
            self.close_connection = True
            return
        if self.path == "/stalls":
            self.wfile.write(body[:1000])
            self.server.released.wait(10)
            return
        self.wfile.write(body[start:])

    def log_message(self, *arguments):
        pass


@pytest.fixture
def server(monkeypatch):
    for name in ("http_proxy", "HTTP_PROXY", "no_proxy", "NO_PROXY", "DLCORE_DATA"):
        monkeypatch.delenv(name, raising=False)
    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        server.log, server.files, server.released = [], {}, threading.Event()
        server.url = f"http://127.0.0.1:{server.server_port}"
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield server
        server.released.set()
        server.shutdown()
        thread.join()


@pytest.fixture
def get(server, tmp_path):
    def get(*paths):
        urls = tuple(path if ":" in path else server.url + path for path in paths)
        return fetch(Source("file.bin", urls, SHA256, len(CONTENT)), tmp_path / "new")

    return get


def ranges(server):
    return [asked for _, asked in server.log]


def test_whole_file(server, get, tmp_path):
    path = get("/good")
    assert path == tmp_path / "new" / "file.bin"
    assert path.read_bytes() == CONTENT
    assert [file.name for file in path.parent.iterdir()] == ["file.bin"]
    path = get("/good")  # the second time without network
    assert server.log == [("/good", None)]


def test_a_file_that_is_there_but_wrong_is_replaced(get):
    path = get("/good")
    path.write_bytes(b"damaged")
    assert get("/good").read_bytes() == CONTENT


def test_mirrors_are_tried_in_turn(server, get):
    assert get("/missing", "/other", "/good").read_bytes() == CONTENT
    assert [path for path, _ in server.log] == ["/missing", "/other"]


def test_resumes_what_broke_off(server, get):
    with pytest.raises(DataError, match=r"400000 of 1048576 bytes"):
        get("/cut")
    assert get("/cut", "/good").read_bytes() == CONTENT
    assert ranges(server) == [None, "bytes=400000-", "bytes=800000-"]


def test_mirror_without_ranges_starts_again(server, get):
    with pytest.raises(DataError, match="400000 of"):
        get("/cut")
    assert get("/plain").read_bytes() == CONTENT


@pytest.mark.parametrize("length", [100, 1 << 20, (1 << 20) + 5])
def test_partial_file_of_something_else(server, get, tmp_path, length):
    partial = tmp_path / "new" / "file.bin.partial"
    partial.parent.mkdir()
    partial.write_bytes(bytes(length))
    assert get("/good").read_bytes() == CONTENT
    assert ranges(server) == (["bytes=100-", None] if length == 100 else [None])


def test_partial_file_that_is_whole(server, get, tmp_path):
    partial = tmp_path / "new" / "file.bin.partial"
    partial.parent.mkdir()
    partial.write_bytes(CONTENT)
    assert get("/missing").read_bytes() == CONTENT
    assert server.log == []


def test_each_mirror_says_why(server, get, tmp_path):
    server.files |= {"/other": CONTENT[:-1] + b"x", "/page": b"<html>"}
    closed = "http://127.0.0.1:1/file.bin"
    with pytest.raises(DataError) as raised:
        get("/missing", "/other", "/page", "/endless", closed, "ftp://host/file.bin")
    message = str(raised.value)
    for part in (
        "/missing: HTTP Error 404: Not Found",
        "/other: another SHA-256",
        "/page: 6 bytes instead of 1048576",
        "127.0.0.1:1/file.bin: <urlopen error",
        "ftp://host/file.bin: none of http, https, file",
        f"1048576 bytes with SHA-256 {SHA256}",
    ):
        assert part in message
    assert not (tmp_path / "new" / "file.bin").exists()


def test_more_than_announced(get, tmp_path):
    with pytest.raises(DataError, match=r"/endless: \d+ of 1048576 bytes"):
        get("/endless")
    assert (tmp_path / "new" / "file.bin.partial").stat().st_size < 2 << 20
    assert get("/good").read_bytes() == CONTENT


def test_silence_is_given_up(get, monkeypatch):
    monkeypatch.setattr(transfer, "TIMEOUT", 0.2)
    with pytest.raises(DataError, match="/stalls: timed out"):
        get("/stalls")


def test_file_urls(get, tmp_path):
    (tmp_path / "copy").write_bytes(CONTENT)
    assert get((tmp_path / "none").as_uri(), (tmp_path / "copy").as_uri()).read_bytes() == CONTENT


def test_folder_that_is_a_file(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(DataError, match="a folder that can be written to"):
        fetch(DOWNLOADS["mnist"][0], tmp_path / "file")


def test_proxies_are_used(server, tmp_path, monkeypatch):
    monkeypatch.setenv("http_proxy", server.url)
    source = Source("file.bin", ("http://nowhere.invalid/file.bin",), SHA256, len(CONTENT))
    assert fetch(source, tmp_path).read_bytes() == CONTENT
    assert server.log == [("http://nowhere.invalid/file.bin", None)]


def test_bar_is_shown_when_asked_for(server, tmp_path, capsys):
    source = Source("file.bin", (f"{server.url}/good",), SHA256, len(CONTENT))
    fetch(source, tmp_path / "quiet")
    assert capsys.readouterr().err == ""
    fetch(source, tmp_path / "loud", progress=True)
    assert "file.bin: 100%" in capsys.readouterr().err


def test_data_sets_land_where_they_are_looked_for(server, tmp_path, monkeypatch):
    sources = []
    for stem in ("train", "t10k"):
        for name, array in [
            (f"{stem}-images-idx3-ubyte", np.zeros((3, 28, 28), np.uint8)),
            (f"{stem}-labels-idx1-ubyte", np.arange(3, dtype=np.uint8)),
        ]:
            content = server.files[f"/{name}"] = idx_bytes(array)
            digest = hashlib.sha256(content).hexdigest()
            sources.append(Source(name, (f"{server.url}/{name}",), digest, len(content)))
    monkeypatch.setitem(module.DOWNLOADS, "mnist", sources)
    with pytest.raises(DataError, match="pass root or set DLCORE_DATA"):
        download("mnist")
    lines = []
    monkeypatch.setenv("DLCORE_DATA", str(tmp_path))
    download("mnist", report=lines.append)
    assert load_mnist("train")[1].tolist() == [0, 1, 2]
    assert len(lines) == 4
    assert lines[0].startswith(os.fspath(tmp_path / "mnist" / "train-images-idx3-ubyte: 2368"))
    with pytest.raises(OptionError, match="cifar10, cifar100, fashion-mnist, mnist"):
        download("imagenet")


def test_every_source_is_complete():
    for sources in DOWNLOADS.values():
        for source in sources:
            assert re.fullmatch("[0-9a-f]{64}", source.sha256)
            assert len(source.urls) == 2
            assert all(url.endswith(f"/{source.name}") for url in source.urls)
    assert len({source.sha256 for sources in DOWNLOADS.values() for source in sources}) == 10
