-- Which documents another tells more fully, drawn from the links same_as that are
-- confirmed or surer than 0.9 (Sure in same.go): a sum asks it of each document, so
-- it is looked up by row and not by id.
CREATE TABLE duplicates (
  n  INTEGER PRIMARY KEY,
  of TEXT NOT NULL
) STRICT;

CREATE INDEX links_same_from ON stored_links ("from") WHERE rel = 'same_as';
CREATE INDEX links_same_to ON stored_links ("to") WHERE rel = 'same_as';
-- What the person said of links is little too.
CREATE INDEX links_judged ON stored_links (rel) WHERE state <> '';

CREATE VIEW told_twice AS
  SELECT d.n AS n, l."from" AS "from", l."to" AS of, l.state AS state, l.confidence AS confidence
  FROM stored_links l CROSS JOIN stored_documents d ON d.id = l."from" CROSS JOIN stored_documents o ON o.id = l."to"
  WHERE l.rel = 'same_as' AND (l.state = 'confirmed' OR l.state = '' AND l.confidence >= 0.9);

INSERT OR REPLACE INTO duplicates SELECT n, of FROM told_twice ORDER BY state, confidence, of DESC;
