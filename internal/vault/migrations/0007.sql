-- Figures that were given of documents: the questions of each grant, and for each
-- grantee the cells of documents the figures are about (package disclose).
CREATE TABLE answered (
  n        INTEGER PRIMARY KEY,
  "grant"  TEXT NOT NULL,
  question TEXT NOT NULL,
  at       INTEGER NOT NULL,
  answer   TEXT NOT NULL
) STRICT;

CREATE INDEX answered_grant ON answered ("grant", question, at);

CREATE TABLE disclosed (
  grantee TEXT NOT NULL,
  type    TEXT NOT NULL,
  state   BLOB NOT NULL,
  PRIMARY KEY (grantee, type)
) STRICT;
