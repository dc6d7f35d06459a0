"""tangshi-studio: read the Tang poems, train a recurrent model on them, write verse with it."""

__version__ = "0.1.0"
