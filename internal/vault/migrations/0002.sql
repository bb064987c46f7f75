-- Where raw bytes were met first, within the folder or archive they came in:
-- some formats need it to read them again.
ALTER TABLE blobs ADD COLUMN path TEXT NOT NULL DEFAULT '';
