-- What was suspicious about a request, as its event says: few have any. Text as it came: nothing is looked for in it.
ALTER TABLE request_event ADD COLUMN security json;
