"""Obtaining the poems: fetch what is missing, then build the library."""

from itertools import chain
from pathlib import Path
from typing import NamedTuple

from studio.corpus import fetching, sources
from studio.corpus.build import Progress, build, no_progress
from studio.corpus.failures import write_errors
from studio.corpus.library import Built, Library, built_from
from studio.corpus.manifest import Corpus, corpus_command, corpus_from, published_corpus
from studio.corpus.poem import Script
from studio.corpus.statistics import Statistics
from studio.errors import CorpusError
from studio.paths import Home, expanded, is_there
from studio.staging import remove_leftovers
from studio.translation import tr


def current_statistics(library: Path) -> Statistics | None:
    """The statistics of the existing library; None if it is missing, damaged or out of date."""
    try:
        with Library.open(library) as opened:
            return opened.statistics()
    except CorpusError:
        return None


def how_to_obtain(built: Statistics | Built, beside: bool = False) -> list[str]:
    """The arguments of the command that builds this library, with `beside` beside the other."""
    corpus = corpus_from(built.source)
    poems = ["--corpus", corpus.name] if corpus else ["--from", built.source]
    script = ["--script", built.script] if built.script != "simplified" else []
    return ["corpus", "fetch", *poems, *script, *(["--beside"] if beside else [])]


class Wanted(NamedTuple):
    """What a library is to be built from: `source` is the user's, None for the published corpus."""

    source: Path | None
    corpus: Corpus
    script: Script

    @property
    def name(self) -> str:
        """What the library records as its source."""
        return self.corpus.source if self.source is None else _own_name(self.source)


def wanted(
    library: Path,
    source: Path | None = None,
    corpus: Corpus | None = None,
    script: Script | None = None,
) -> Wanted:
    """What to build: what is not named stays as the library has it, even one of an older version.

    So only poems that are named replace the user's own. Raises CorpusError with the remedy if the
    file that the library was built from is gone.
    """
    before = built_from(library)
    if before is None:
        return Wanted(source, corpus or published_corpus(), script or "simplified")
    if source is None and corpus is None:
        corpus = corpus_from(before.source)
        if corpus is None:
            source = Path(before.source)
            if not is_there(source):
                raise CorpusError(
                    tr(
                        "The library was built from {path}, which is no longer there. Give its new "
                        "path (--from PATH), or replace the library with the Tang poems: "
                        "`{command}`.",
                        path=source,
                        command=corpus_command("fetch", published_corpus(), False),
                    )
                )
    found = Wanted(source, corpus or published_corpus(), script or "simplified")
    if script is None and before.source == found.name:
        return found._replace(script=before.script)
    return found


def fetch_and_build(
    home: Home,
    *,
    source: Path | None = None,
    script: Script = "simplified",
    mirror: str = "",
    progress: Progress = no_progress,
    corpus: Corpus | None = None,
    beside: bool = False,
) -> Statistics:
    """Obtain the published poems, or read the user's own from `source`, and build the library.

    With `beside`, the published poems go into a separate file, and the library stays as it is.
    This does not work for the user's own poems. Raises CorpusError with the remedy; files fetched
    before the error are kept.
    """
    corpus = corpus or published_corpus()
    folder = home.corpus / corpus.name
    with write_errors(home.data):
        if source is not None:
            source = expanded(source)
            if source.is_file() and fetching.is_tarball(source):
                fetching.unpack(source, folder, corpus, progress)
            elif not (
                source.is_dir() and fetching.copy_published(source, folder, corpus, progress)
            ):
                if beside:
                    raise CorpusError(
                        tr(
                            "{path} is not the published {corpus}, and only a published corpus can "
                            "be kept beside the library. Omit --beside to make it the library.",
                            path=source,
                            corpus=corpus.name,
                        )
                    )
                name = _own_name(source)
                return _build_from(home, home.library, source, name, 0, script, progress)
        elif not fetching.is_fetched(folder, corpus):
            fetching.fetch(folder, corpus, mirror, progress, beside=beside)
        return rebuild(home, script=script, progress=progress, corpus=corpus, beside=beside)


def rebuild(
    home: Home,
    *,
    script: Script = "simplified",
    progress: Progress = no_progress,
    corpus: Corpus | None = None,
    beside: bool = False,
) -> Statistics:
    """Build the library again from the fetched files; `beside` as in `fetch_and_build`."""
    corpus = corpus or published_corpus()
    folder = home.corpus / corpus.name
    if not fetching.is_fetched(folder, corpus):
        raise CorpusError(
            tr(
                "The poems are not in {folder}. Run `{command}`, or build the library from your "
                "own poems with --from PATH.",
                folder=folder,
                command=corpus_command("fetch", corpus, beside, "--again"),
            )
        )
    library = home.library_beside(corpus.name) if beside else home.library
    with write_errors(home.data):
        return _build_from(home, library, folder, corpus.source, corpus.records, script, progress)


def _own_name(source: Path) -> str:
    """The whole path, so that the library can be built again from anywhere.

    A file name may not be UTF-8, but text in a library must be.
    """
    return str(expanded(source).absolute()).encode("utf-8", "replace").decode()


def _build_from(
    home: Home,
    library: Path,
    source: Path,
    name: str,
    expected: int,
    script: Script,
    progress: Progress,
) -> Statistics:
    for folder in home.folders:
        remove_leftovers(folder, deep=True)
    records = chain.from_iterable(map(sources.read, sources.files_of(source)))
    return build(library, records, source=name, script=script, expected=expected, progress=progress)
