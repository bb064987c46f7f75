-- Days are local calendar days as text; instants are UTC milliseconds.

CREATE TABLE settings (
  name  TEXT PRIMARY KEY,
  value TEXT NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE sources (
  n          INTEGER PRIMARY KEY,
  connector  TEXT NOT NULL,
  connection TEXT NOT NULL,
  UNIQUE (connector, connection)
) STRICT;

CREATE TABLE jobs (
  n         INTEGER PRIMARY KEY,
  id        TEXT NOT NULL UNIQUE,
  what      TEXT NOT NULL,
  started   INTEGER NOT NULL,
  ended     INTEGER,
  read      INTEGER NOT NULL DEFAULT 0,
  added     INTEGER NOT NULL DEFAULT 0,
  updated   INTEGER NOT NULL DEFAULT 0,
  unchanged INTEGER NOT NULL DEFAULT 0,
  refused   INTEGER NOT NULL DEFAULT 0
) STRICT;

CREATE TABLE blobs (
  id    TEXT PRIMARY KEY,
  size  INTEGER NOT NULL,
  name  TEXT NOT NULL,     -- as it came first
  mime  TEXT NOT NULL DEFAULT '',
  added INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- doc is the whole document as JSONB; the columns before it are drawn from it.
CREATE TABLE stored_documents (
  n        INTEGER PRIMARY KEY,
  id       TEXT NOT NULL UNIQUE,
  type     INTEGER NOT NULL,
  seq      INTEGER NOT NULL UNIQUE,
  rev      INTEGER NOT NULL,
  source   INTEGER NOT NULL,
  day      TEXT,
  start    INTEGER,             -- NULL when only the day is known
  amount   REAL,
  currency TEXT,
  points   INTEGER NOT NULL,    -- of a stretch of a series, else 0
  added    INTEGER NOT NULL,
  changed  INTEGER NOT NULL,
  edited   INTEGER NOT NULL,
  digest   BLOB NOT NULL,       -- of what the source said, to tell an unchanged document
  doc      BLOB NOT NULL
) STRICT;

CREATE INDEX documents_day ON stored_documents (type, day, start, amount);

CREATE TABLE trash (
  id      TEXT PRIMARY KEY,
  type    INTEGER NOT NULL,
  trashed INTEGER NOT NULL,
  rev     INTEGER NOT NULL,
  source  INTEGER NOT NULL,
  added   INTEGER NOT NULL,
  changed INTEGER NOT NULL,
  edited  INTEGER NOT NULL,
  digest  BLOB NOT NULL,
  doc     BLOB NOT NULL
) STRICT;

CREATE TABLE revisions (
  id  TEXT NOT NULL,
  rev INTEGER NOT NULL,
  at  INTEGER NOT NULL,
  by  TEXT NOT NULL,
  doc BLOB NOT NULL,
  PRIMARY KEY (id, rev)
) STRICT, WITHOUT ROWID;

-- What was read of documents that several readings disagree on: reading the same
-- bytes again must not bring back what later ones said better.
CREATE TABLE readings (
  id   TEXT NOT NULL,
  mark BLOB NOT NULL,      -- of what was read, and of the raw bytes
  PRIMARY KEY (id, mark)
) STRICT, WITHOUT ROWID;

-- Documents that are gone, so that who follows changes learns of it.
CREATE TABLE tombstones (
  seq  INTEGER PRIMARY KEY,
  id   TEXT NOT NULL,
  type INTEGER NOT NULL
) STRICT;

CREATE TABLE stored_links (
  n          INTEGER PRIMARY KEY,
  id         TEXT NOT NULL UNIQUE,
  "from"     TEXT NOT NULL,
  rel        TEXT NOT NULL,
  "to"       TEXT NOT NULL,
  confidence REAL NOT NULL,
  rule       TEXT NOT NULL,
  by         TEXT NOT NULL,
  state      TEXT NOT NULL DEFAULT '',
  UNIQUE ("from", rel, "to")
) STRICT;

CREATE INDEX links_to ON stored_links ("to");

CREATE TABLE grants (
  id      TEXT PRIMARY KEY,
  grantee TEXT NOT NULL,
  added   INTEGER NOT NULL,
  ended   INTEGER,
  "grant" TEXT NOT NULL
) STRICT;

CREATE TABLE journal (
  n     INTEGER PRIMARY KEY,
  entry TEXT NOT NULL,
  hash  BLOB NOT NULL
) STRICT;

CREATE VIRTUAL TABLE words USING fts5 (
  text, content,
  content='', contentless_delete=1,
  tokenize="unicode61 remove_diacritics 2"
);
