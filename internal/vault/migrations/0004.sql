-- What protocols have to remember: clients, hashes of tokens, requests that wait
-- for the person, rules. A row is gone once its time is over.
CREATE TABLE remembered (
  kind    TEXT NOT NULL,
  key     TEXT NOT NULL,
  value   BLOB NOT NULL,
  expires INTEGER,           -- UTC milliseconds; NULL for never
  PRIMARY KEY (kind, key)
) STRICT, WITHOUT ROWID;

CREATE INDEX remembered_expires ON remembered (expires) WHERE expires IS NOT NULL;
