-- What each source brought, and of what types, is asked after each import; the
-- documents themselves are too large to be read for it.
CREATE INDEX documents_source ON stored_documents (type, source, changed);
