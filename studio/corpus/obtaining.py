"""From nothing to a library: fetch what is missing, then build. For the command and the studio."""

import tarfile
from itertools import chain
from pathlib import Path

from studio.corpus import fetching, sources
from studio.corpus.build import Progress, build, silent
from studio.corpus.failures import writing
from studio.corpus.library import Library
from studio.corpus.manifest import Corpus, published
from studio.corpus.poem import Script
from studio.corpus.statistics import Statistics
from studio.errors import CorpusError
from studio.paths import Home
from studio.staging import sweep


def standing(library: Path) -> Statistics | None:
    """The figures of the library that is there, or None where it is missing or out of date."""
    try:
        with Library.open(library) as opened:
            return opened.statistics()
    except CorpusError:
        return None


def fetch_and_build(
    home: Home,
    *,
    source: Path | None = None,
    script: Script = "simplified",
    mirror: str = "",
    progress: Progress = silent,
    corpus: Corpus | None = None,
    beside: bool = False,
) -> Statistics:
    """Obtain the published poems, or read a person's own from `source`, and build the library.

    With `beside`, what is published is built into a file of its own, and the library stays.
    A person's own poems cannot be. Raises CorpusError that says what to do; what was fetched until
    then is kept.
    """
    corpus = corpus or published()
    folder = home.corpus / corpus.name
    with writing(home.data):
        if source is not None:
            source = source.expanduser()
            if source.is_file() and tarfile.is_tarfile(source):
                fetching.unpack(source, folder, corpus, progress)
            elif not (source.is_dir() and fetching.adopt(source, folder, corpus, progress)):
                if beside:
                    raise CorpusError(
                        f"{source} is not the published {corpus.name}, and only a published corpus "
                        "can be kept beside the library. Omit --beside to make it the library."
                    )
                # A file's name need not be UTF-8, what a library holds is.
                name = str(source).encode("utf-8", "replace").decode()
                return _build_from(home, home.library, source, name, 0, script, progress)
        elif not fetching.is_fetched(folder, corpus):
            fetching.fetch(folder, corpus, mirror, progress)
        return rebuild(home, script=script, progress=progress, corpus=corpus, beside=beside)


def rebuild(
    home: Home,
    *,
    script: Script = "simplified",
    progress: Progress = silent,
    corpus: Corpus | None = None,
    beside: bool = False,
) -> Statistics:
    """Build the library again from what was fetched; `beside` as in `fetch_and_build`."""
    corpus = corpus or published()
    folder = home.corpus / corpus.name
    if not fetching.is_fetched(folder, corpus):
        raise CorpusError(
            f"The poems are not in {folder}. Run `tangshi-studio corpus fetch`, or build from "
            "your own with --from PATH."
        )
    library = home.beside(corpus.name) if beside else home.library
    with writing(home.data):
        return _build_from(home, library, folder, corpus.source, corpus.records, script, progress)


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
        sweep(folder, deep=True)
    records = chain.from_iterable(map(sources.read, sources.files_of(source)))
    return build(library, records, source=name, script=script, expected=expected, progress=progress)
