"""The poems of another corpus, fetched beside the library. Imports no torch."""

from studio.corpus.library import Library
from studio.corpus.manifest import published_corpus
from studio.errors import RunError
from studio.paths import Home
from studio.translation import tr


def library_beside(home: Home, corpus: str) -> Library:
    """The poems of a corpus beside the library; raises RunError if they are missing."""
    path = home.library_beside(published_corpus(corpus).name)
    if not path.exists():
        raise RunError(
            tr(
                "The poems of {corpus} are missing: {path} does not exist. Fetch them with "
                "`tangshi-studio corpus fetch --corpus {corpus} --beside`.",
                path=path,
                corpus=corpus,
            )
        )
    return Library.open(path)
