"""The tables of the library, and their version."""

# "poem" in ASCII. It distinguishes our library from any other SQLite database.
APPLICATION = 0x706F656D
VERSION = 3

TABLES = """
CREATE TABLE poems (
    id INTEGER PRIMARY KEY,
    title TEXT NOT NULL,
    author TEXT NOT NULL,
    -- GB 18030 keeps the order of GB 2312, which sorts common characters by pinyin.
    poet_key BLOB NOT NULL,
    form TEXT NOT NULL,
    split TEXT NOT NULL,
    length INTEGER NOT NULL,
    first_line TEXT NOT NULL,
    source TEXT NOT NULL,
    text TEXT NOT NULL,
    original TEXT NOT NULL
);
CREATE TABLE facts (name TEXT PRIMARY KEY, value BLOB NOT NULL);
-- Records that did not become a poem, so that every record is accounted for.
CREATE TABLE rejected (source TEXT NOT NULL, reason TEXT NOT NULL);
CREATE TABLE merged (source TEXT NOT NULL, poem INTEGER NOT NULL REFERENCES poems);
"""

INDICES = """
CREATE INDEX by_form ON poems (form);
CREATE INDEX by_split ON poems (split);
CREATE INDEX by_length ON poems (length);
CREATE INDEX by_poet ON poems (poet_key);
CREATE INDEX by_author ON poems (author);
CREATE VIRTUAL TABLE search USING fts5(
    text, title, content='poems', content_rowid='id', tokenize='trigram case_sensitive 1'
);
INSERT INTO search (rowid, text, title) SELECT id, text, title FROM poems;
INSERT INTO search (search) VALUES ('optimize');
"""
