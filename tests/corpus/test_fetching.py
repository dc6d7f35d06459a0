"""Fetching: npm, mirror, tarball, folder, and what may not come in."""

import base64
import contextlib
import gzip
import hashlib
import http.server
import io
import json
import os
import tarfile
import threading
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

from studio.corpus import fetching
from studio.corpus.build import no_progress
from studio.corpus.download import Patience
from studio.corpus.library import Library
from studio.corpus.manifest import Corpus, published_corpus
from studio.corpus.obtaining import current_statistics, fetch_and_build, rebuild
from studio.errors import CorpusError
from studio.paths import Home
from studio.staging import leftovers


def _content(number: int) -> bytes:
    poem = {"title": str(number), "author": "", "paragraphs": ["山水" * (number + 1) + "。"]}
    return json.dumps([poem]).encode()


FILES = {f"poet.tang.{number}.json": _content(number) for number in range(3)}


def _tarball(path: Path, members: dict[str, bytes], link: str = "") -> Path:
    with tarfile.open(path, "w:gz") as archive:
        for name, content in members.items():
            member = tarfile.TarInfo(name)
            member.size = len(content)
            archive.addfile(member, io.BytesIO(content))
        if link:
            member = tarfile.TarInfo("package/link")
            member.type, member.linkname = tarfile.SYMTYPE, link
            archive.addfile(member)
    return path


def _members(files: dict[str, bytes] = FILES) -> dict[str, bytes]:
    return {f"package/dist/poems/{name}": content for name, content in files.items()}


@pytest.fixture
def tarball(tmp_path: Path) -> Path:
    return _tarball(tmp_path / "poems-1.0.0.tgz", {"package/other.js": b"x", **_members()})


@pytest.fixture
def corpus(tarball: Path) -> Corpus:
    digest = base64.b64encode(hashlib.sha512(tarball.read_bytes()).digest()).decode()
    return Corpus(
        name="poems",
        package="poems",
        version="1.0.0",
        license="MIT",
        folder="dist/poems",
        pattern="*.json",
        records=3,
        integrity=f"sha512-{digest}",
        mirror="http://127.0.0.1:9/",
        checksums={name: hashlib.sha256(content).hexdigest() for name, content in FILES.items()},
    )


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return Home(tmp_path / "data", tmp_path / "config", tmp_path / "cache")


@pytest.fixture
def no_npm(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path / "nothing"))


def _npm(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, script: str) -> None:
    """Put a client called npm first on the path."""
    folder = tmp_path / "bin"
    folder.mkdir()
    (folder / "npm").write_text(f"#!/bin/sh\n{script}\n")
    (folder / "npm").chmod(0o755)
    monkeypatch.setenv("PATH", f"{folder}{os.pathsep}{os.environ['PATH']}")


class _Mirror(http.server.ThreadingHTTPServer):
    """Serves FILES; `asked` are the paths asked for, `spoiled` names a file sent damaged."""

    asked: list[str]
    spoiled: str

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.server_port}/poems/"


class _Handler(http.server.BaseHTTPRequestHandler):
    server: _Mirror

    def do_GET(self) -> None:
        self.server.asked.append(self.path)
        name = self.path.rpartition("/")[2]
        if name not in FILES:
            self.send_error(404)
            return
        content = b"[]" if name == self.server.spoiled else FILES[name]
        self.send_response(200)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def mirror() -> Iterator[_Mirror]:
    with _Mirror(("127.0.0.1", 0), _Handler) as server:
        server.asked, server.spoiled = [], ""
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield server
        server.shutdown()
        thread.join()


def _stand(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def test_the_published_manifest_lists_all_files() -> None:
    corpus = published_corpus()
    assert corpus.specifier == "chinese-poetry@2.0.1"
    assert corpus.records == 57607
    assert len(corpus.checksums) == 58
    assert corpus.integrity.startswith("sha512-KtYARv")


def test_the_song_poems_are_published_too_and_an_unknown_corpus_is_refused() -> None:
    song = published_corpus("quansongshi")
    assert (song.records, len(song.checksums)) == (254248, 255)
    assert song.source != published_corpus().source
    ci = published_corpus("songci")
    assert (ci.records, len(ci.checksums)) == (21053, 23)
    with pytest.raises(CorpusError, match="quantangshi, quansongshi, songci"):
        published_corpus("quanmingshi")


def test_npm_packs_and_only_the_needed_files_are_kept(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, corpus: Corpus, tarball: Path
) -> None:
    _npm(monkeypatch, tmp_path, f'test "$1 $2" = "pack poems@1.0.0" && cp "{tarball}" .')
    assert fetching.fetch(tmp_path / "to", corpus, "", no_progress) == "npm"
    assert _stand(tmp_path / "to") == FILES


def test_a_package_that_was_not_published_is_refused(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, corpus: Corpus, tarball: Path
) -> None:
    _npm(monkeypatch, tmp_path, f'cp "{tarball}" .')
    other = msgspec.structs.replace(corpus, integrity="sha512-other")
    with pytest.raises(CorpusError, match="sha512 differs"):
        fetching.fetch(tmp_path / "to", other, "http://127.0.0.1:9/", no_progress)
    assert _stand(tmp_path / "to") == {}


def test_the_mirror_is_asked_where_npm_fails(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, corpus: Corpus, mirror: _Mirror
) -> None:
    _npm(monkeypatch, tmp_path, "echo ENOTFOUND >&2; exit 1")
    assert fetching.fetch(tmp_path / "to", corpus, mirror.address, no_progress) == "mirror"
    assert _stand(tmp_path / "to") == FILES
    assert mirror.asked[0] == "/poems/dist/poems/poet.tang.0.json"


def test_the_mirror_is_asked_where_npm_never_ends(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, corpus: Corpus, mirror: _Mirror
) -> None:
    _npm(monkeypatch, tmp_path, "exec sleep 600")
    impatient = Patience(npm=0.0)
    assert (
        fetching.fetch(tmp_path / "to", corpus, mirror.address, no_progress, impatient) == "mirror"
    )
    assert _stand(tmp_path / "to") == FILES


@pytest.mark.usefixtures("no_npm")
def test_a_fetch_resumes_where_it_was_interrupted(
    tmp_path: Path, corpus: Corpus, mirror: _Mirror
) -> None:
    def interrupt(stage: str, done: int, total: int) -> None:
        if done == 2:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        fetching.fetch(tmp_path / "to", corpus, mirror.address, interrupt)
    assert len(_stand(tmp_path / "to")) == 2
    mirror.asked.clear()
    fetching.fetch(tmp_path / "to", corpus, mirror.address, no_progress)
    assert mirror.asked == ["/poems/dist/poems/poet.tang.2.json"]
    assert _stand(tmp_path / "to") == FILES


@pytest.mark.usefixtures("no_npm")
def test_a_damaged_file_of_the_mirror_is_not_kept(
    tmp_path: Path, corpus: Corpus, mirror: _Mirror
) -> None:
    mirror.spoiled = "poet.tang.1.json"
    with pytest.raises(CorpusError, match=r"poet\.tang\.1\.json .*sha256 differs"):
        fetching.fetch(tmp_path / "to", corpus, mirror.address, no_progress)
    assert list(_stand(tmp_path / "to")) == ["poet.tang.0.json"]


@pytest.mark.usefixtures("no_npm")
def test_without_a_network_it_says_exactly_what_to_do(tmp_path: Path, corpus: Corpus) -> None:
    with pytest.raises(CorpusError) as told:
        fetching.fetch(tmp_path / "to", corpus, "", no_progress, beside=True)
    assert "npm: there is no npm client" in str(told.value)
    assert "npm pack poems@1.0.0" in str(told.value)
    offline = "corpus fetch --from poems-1.0.0.tgz --corpus poems --beside"
    assert offline in str(told.value)


@pytest.mark.usefixtures("no_npm")
def test_a_mirror_must_be_an_http_address(tmp_path: Path, corpus: Corpus) -> None:
    with pytest.raises(CorpusError, match="not an http address"):
        fetching.fetch(tmp_path / "to", corpus, "file:///etc", no_progress)


@pytest.mark.parametrize("name", ["../evil.json", "/evil.json", "package/../../evil", "C:\\evil"])
def test_a_member_that_leaves_the_folder_is_refused(
    tmp_path: Path, corpus: Corpus, name: str
) -> None:
    hostile = _tarball(tmp_path / "hostile.tgz", {name: b"x", **_members()})
    with pytest.raises(CorpusError, match="refused"):
        fetching.unpack(hostile, tmp_path / "to", corpus, no_progress)
    assert not (tmp_path / "to").exists()


def test_a_link_that_leaves_the_folder_is_refused(tmp_path: Path, corpus: Corpus) -> None:
    hostile = _tarball(tmp_path / "hostile.tgz", _members(), link="../../etc")
    with pytest.raises(CorpusError, match="refused"):
        fetching.unpack(hostile, tmp_path / "to", corpus, no_progress)


def test_a_tarball_without_all_files_names_one(tmp_path: Path, corpus: Corpus) -> None:
    partial = _tarball(tmp_path / "p.tgz", dict(list(_members().items())[:2]))
    with pytest.raises(CorpusError, match=r"lacks 1 .*poet\.tang\.2\.json"):
        fetching.unpack(partial, tmp_path / "to", corpus, no_progress)


def test_a_truncated_tarball_is_explained(tmp_path: Path, corpus: Corpus, tarball: Path) -> None:
    tarball.write_bytes(tarball.read_bytes()[:-60])
    with pytest.raises(CorpusError, match="cannot be read as a tarball"):
        fetching.unpack(tarball, tmp_path / "to", corpus, no_progress)


def test_a_tarball_that_was_cut_off_at_its_beginning_is_explained(
    home: Home, corpus: Corpus, tarball: Path
) -> None:
    packed = tarball.read_bytes()
    for end in (10, 20, 60):
        tarball.write_bytes(packed[:end])
        with pytest.raises(CorpusError, match="cannot be read as a tarball"):
            fetch_and_build(home, source=tarball, corpus=corpus)


@pytest.mark.parametrize("kind", [tarfile.XHDTYPE, tarfile.GNUTYPE_LONGNAME, tarfile.REGTYPE])
@pytest.mark.parametrize("size", [2**60, -512])
def test_a_member_of_an_impossible_size_is_refused(
    tmp_path: Path, home: Home, corpus: Corpus, kind: bytes, size: int
) -> None:
    member = tarfile.TarInfo("bomb")
    member.type, member.size = kind, size
    hostile = tmp_path / "hostile.tgz"
    hostile.write_bytes(gzip.compress(member.tobuf(tarfile.GNU_FORMAT) + bytes(2048)))
    with pytest.raises(CorpusError, match="the size of 'bomb' is impossible"):
        fetch_and_build(home, source=hostile, corpus=corpus)


def test_a_header_that_makes_the_size_of_the_next_member_negative_is_refused(
    tmp_path: Path, home: Home, corpus: Corpus
) -> None:
    hostile = tmp_path / "hostile.tgz"
    with tarfile.open(hostile, "w:gz", format=tarfile.PAX_FORMAT) as archive:
        member = tarfile.TarInfo("bomb")
        member.pax_headers = {"size": "-1024"}
        archive.addfile(member)
    with pytest.raises(CorpusError, match="the size of 'bomb' is impossible"):
        fetch_and_build(home, source=hostile, corpus=corpus)


def test_a_tarball_that_was_damaged_on_its_way_is_explained(
    tmp_path: Path, corpus: Corpus, tarball: Path
) -> None:
    packed = tarball.read_bytes()
    for at in range(10, len(packed)):
        tarball.write_bytes(packed[:at] + bytes([packed[at] ^ 0xFF]) + packed[at + 1 :])
        with contextlib.suppress(CorpusError):
            fetching.unpack(tarball, tmp_path / "to", corpus, no_progress)


@pytest.mark.parametrize("how", ["tarball", "folder"])
def test_a_home_that_cannot_be_written_is_explained(
    tmp_path: Path, home: Home, corpus: Corpus, tarball: Path, how: str
) -> None:
    folder = tmp_path / "unpacked"
    folder.mkdir()
    for name, content in FILES.items():
        (folder / name).write_bytes(content)
    home.data.write_text("a file where the folder belongs")
    source = tarball if how == "tarball" else folder
    with pytest.raises(CorpusError, match=r"data.* cannot be used: .* Check its permissions"):
        fetch_and_build(home, source=source, corpus=corpus)


def test_a_library_is_built_from_a_tarball_and_again_from_what_was_kept(
    home: Home, corpus: Corpus, tarball: Path
) -> None:
    assert current_statistics(home.library) is None
    built = fetch_and_build(home, source=tarball, corpus=corpus)
    assert (built.source, built.records_read, built.kept) == ("poems@1.0.0 *.json", 3, 3)
    assert current_statistics(home.library) == built
    assert rebuild(home, script="traditional", corpus=corpus).script == "traditional"


def test_a_corpus_beside_the_library_leaves_it_alone(
    home: Home, corpus: Corpus, tarball: Path
) -> None:
    built = fetch_and_build(home, source=tarball, corpus=corpus)
    home.library.rename(home.data / "before")
    assert fetch_and_build(home, source=tarball, corpus=corpus, beside=True) == built
    assert current_statistics(home.library_beside(corpus.name)) == built
    assert not home.library.exists()


def test_a_build_sweeps_what_killed_ones_left_in_the_home(
    home: Home, tarball: Path, corpus: Corpus
) -> None:
    for folder in (*home.folders, home.corpus / "poems"):
        folder.mkdir(parents=True, exist_ok=True)
        left = folder / ".library.sqlite.0123abcd.unfinished"
        left.write_bytes(b"half")
        os.utime(left, (0, 0))
    fetch_and_build(home, source=tarball, corpus=corpus)
    assert [leftovers(folder, deep=True) for folder in home.folders] == [[], [], []]


def test_a_library_is_built_from_an_unpacked_package(
    tmp_path: Path, home: Home, corpus: Corpus
) -> None:
    folder = tmp_path / "unpacked" / "package" / "dist" / "poems"
    folder.mkdir(parents=True)
    for name, content in FILES.items():
        (folder / name).write_bytes(content)
    assert fetch_and_build(home, source=tmp_path / "unpacked", corpus=corpus).kept == 3
    assert _stand(home.corpus / "poems") == FILES


def test_a_library_is_built_from_a_persons_own_poems(tmp_path: Path, home: Home) -> None:
    own = tmp_path / "poems.txt"
    own.write_text("靜夜思:牀前看月光，疑是地上霜。\n題:山□水。\n", "utf-8")
    built = fetch_and_build(home, source=own)
    assert (built.kept, built.rejected) == (1, {"lacuna": 1})
    with Library.open(home.library) as library:
        assert library.poem(1).source == "poems.txt, line 1"


def test_building_before_fetching_names_the_remedy(home: Home) -> None:
    with pytest.raises(CorpusError, match="corpus fetch"):
        rebuild(home)


def test_fetching_again_asks_nobody(home: Home, corpus: Corpus, tarball: Path) -> None:
    fetch_and_build(home, source=tarball, corpus=corpus)
    home.library.unlink()
    # The mirror of this corpus refuses connections, and so does nothing answer for npm's name.
    assert fetch_and_build(home, corpus=corpus).kept == 3
