-- Every commit has a number and a random tip, so that older and other histories of a
-- vault can be told from the last one known. The last thousand are kept.
CREATE TABLE commits (
  n   INTEGER PRIMARY KEY,
  tip TEXT NOT NULL,
  at  INTEGER NOT NULL
) STRICT;
