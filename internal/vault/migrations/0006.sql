-- What was taken under each grant, by day (UTC) and type ('' for what concerns
-- none, and for sums over all): drawn from the journal, written with it.
CREATE TABLE uses (
  actor   TEXT NOT NULL,
  "grant" TEXT NOT NULL,
  day     TEXT NOT NULL,
  type    TEXT NOT NULL,
  rows    INTEGER NOT NULL,
  bytes   INTEGER NOT NULL,
  calls   INTEGER NOT NULL,
  refused INTEGER NOT NULL,
  hours   INTEGER NOT NULL,   -- bit n for the hour n
  first   INTEGER NOT NULL,
  last    INTEGER NOT NULL,
  PRIMARY KEY (actor, "grant", day, type)
) STRICT, WITHOUT ROWID;

CREATE INDEX uses_day ON uses ("grant", day);

CREATE INDEX grants_grantee ON grants (grantee, ended);
CREATE INDEX journal_others ON journal (entry ->> '$.actor', n) WHERE entry ->> '$.actor' <> 'owner';
