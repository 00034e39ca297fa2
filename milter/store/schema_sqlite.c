/*
 * schema_sqlite.c -- the tables of the embedded stores
 *
 * Each step is run once, in order, and never edited: add one at the end.
 */
#include "gatepost/store/schema.h"

#include <stddef.h>

const char *const schema_state[] = {
	/* 1 */
	"CREATE TABLE poison ("
	"  key TEXT NOT NULL PRIMARY KEY,"
	"  deaths INTEGER NOT NULL,"
	"  at INTEGER NOT NULL"
	") STRICT, WITHOUT ROWID;"
	"CREATE TABLE held ("
	"  id TEXT NOT NULL,"
	"  rcpt TEXT NOT NULL,"
	"  tenant TEXT NOT NULL,"
	"  sender TEXT NOT NULL,"
	"  \"from\" TEXT NOT NULL,"
	"  subject TEXT NOT NULL,"
	"  reason TEXT NOT NULL,"
	"  entry TEXT,"
	"  state TEXT NOT NULL,"
	"  received INTEGER NOT NULL,"
	"  expires INTEGER NOT NULL,"
	"  size INTEGER NOT NULL,"
	"  sha256 TEXT NOT NULL,"
	"  PRIMARY KEY (id, rcpt)"
	") STRICT, WITHOUT ROWID;"
	"CREATE INDEX held_again ON held (sha256, sender, rcpt);"
	"CREATE INDEX held_tenant ON held (tenant, state, size);",
	/* 2 */
	"CREATE TABLE born ("
	"  one INTEGER NOT NULL PRIMARY KEY,"
	"  at INTEGER NOT NULL"
	") STRICT;"
	"CREATE TABLE usage ("
	"  key TEXT NOT NULL PRIMARY KEY,"
	"  first INTEGER NOT NULL,"
	"  last INTEGER NOT NULL,"
	"  decided INTEGER NOT NULL,"
	"  hits INTEGER NOT NULL,"
	"  decisions INTEGER NOT NULL"
	") STRICT, WITHOUT ROWID;"
	"CREATE TABLE history ("
	"  key TEXT NOT NULL,"
	"  at INTEGER NOT NULL,"
	"  tenant TEXT NOT NULL,"
	"  text TEXT NOT NULL,"
	"  place TEXT NOT NULL,"
	"  why TEXT NOT NULL,"
	"  who TEXT NOT NULL,"
	"  PRIMARY KEY (key, at)"
	") STRICT, WITHOUT ROWID;"
	"CREATE TABLE notice ("
	"  key TEXT NOT NULL,"
	"  expires INTEGER NOT NULL,"
	"  PRIMARY KEY (key, expires)"
	") STRICT, WITHOUT ROWID;"
	"CREATE TABLE brake ("
	"  key TEXT NOT NULL PRIMARY KEY,"
	"  tenant TEXT NOT NULL,"
	"  text TEXT NOT NULL,"
	"  at INTEGER NOT NULL,"
	"  held INTEGER NOT NULL,"
	"  mail INTEGER NOT NULL"
	") STRICT, WITHOUT ROWID;",
	/* 3 */
	"CREATE TABLE user_entry ("
	"  tenant TEXT NOT NULL,"
	"  \"user\" TEXT NOT NULL,"
	"  value TEXT NOT NULL,"
	"  list TEXT NOT NULL,"
	"  added INTEGER NOT NULL,"
	"  how TEXT NOT NULL,"
	"  \"by\" TEXT NOT NULL,"
	"  note TEXT,"
	"  PRIMARY KEY (tenant, \"user\", value)"
	") STRICT, WITHOUT ROWID;",
	/* 4 */
	"CREATE TABLE audit ("
	"  id TEXT NOT NULL PRIMARY KEY,"
	"  at INTEGER NOT NULL,"
	"  who TEXT NOT NULL,"
	"  via TEXT NOT NULL,"
	"  what TEXT NOT NULL,"
	"  object TEXT NOT NULL,"
	"  tenant TEXT NOT NULL,"
	"  rcpt TEXT NOT NULL,"
	"  detail TEXT NOT NULL"
	") STRICT, WITHOUT ROWID;"
	"CREATE INDEX audit_object ON audit (object, id);"
	"ALTER TABLE held ADD COLUMN policy TEXT NOT NULL DEFAULT '';"
	"ALTER TABLE held ADD COLUMN category TEXT NOT NULL DEFAULT '';"
	"ALTER TABLE held ADD COLUMN message_id TEXT NOT NULL DEFAULT '';"
	"ALTER TABLE held ADD COLUMN changed INTEGER NOT NULL DEFAULT 0;"
	"ALTER TABLE held ADD COLUMN \"by\" TEXT NOT NULL DEFAULT '';"
	"ALTER TABLE held ADD COLUMN sender_domain TEXT NOT NULL DEFAULT '';"
	"ALTER TABLE held ADD COLUMN from_domain TEXT NOT NULL DEFAULT '';"
	/* One for each filter, in the order in which rows are listed ... */
	"CREATE INDEX held_rcpt ON held (rcpt, id);"
	"CREATE INDEX held_of ON held (tenant, id);"
	"CREATE INDEX held_state ON held (state, id);"
	"CREATE INDEX held_sender ON held (sender, id);"
	"CREATE INDEX held_from ON held (\"from\", id);"
	"CREATE INDEX held_sender_domain ON held (sender_domain, id);"
	"CREATE INDEX held_from_domain ON held (from_domain, id);"
	"CREATE INDEX held_message_id ON held (message_id, id);"
	"CREATE INDEX held_entry ON held (entry, id);"
	"CREATE INDEX held_policy ON held (policy, id);"
	"CREATE INDEX held_category ON held (category, id);"
	"CREATE INDEX held_by ON held (\"by\", id);"
	/* ... one for each other order, and one for sweep. */
	"CREATE INDEX held_subject ON held (subject, id);"
	"CREATE INDEX held_size ON held (size, id);"
	"CREATE INDEX held_ends ON held (expires, id);"
	"CREATE INDEX held_expires ON held (state, expires, id);"
	/* Any part of a subject, by its groups of three characters. */
	"CREATE VIRTUAL TABLE held_text USING fts5 (id UNINDEXED, subject,"
	"  tokenize = 'trigram', detail = 'none');",
	/* 5 */
	"CREATE TABLE user_choice ("
	"  tenant TEXT NOT NULL,"
	"  \"user\" TEXT NOT NULL,"
	"  language TEXT NOT NULL,"
	"  every TEXT NOT NULL,"
	"  sent INTEGER NOT NULL,"
	"  PRIMARY KEY (tenant, \"user\")"
	") STRICT, WITHOUT ROWID;"
	"CREATE TABLE token_used ("
	"  name TEXT NOT NULL PRIMARY KEY,"
	"  \"by\" TEXT NOT NULL,"
	"  until INTEGER NOT NULL"
	") STRICT, WITHOUT ROWID;"
	"ALTER TABLE held ADD COLUMN added INTEGER NOT NULL DEFAULT 0;"
	"ALTER TABLE held ADD COLUMN rights TEXT NOT NULL DEFAULT '';"
	"ALTER TABLE user_entry ADD COLUMN action TEXT NOT NULL DEFAULT '';"
	"CREATE INDEX held_user ON held (tenant, rcpt, id);",
	/* 6 */
	"CREATE TABLE submission ("
	"  id TEXT NOT NULL PRIMARY KEY,"
	"  at INTEGER NOT NULL,"
	"  tenant TEXT NOT NULL,"
	"  kind TEXT NOT NULL,"
	"  \"as\" TEXT NOT NULL,"
	"  source TEXT NOT NULL,"
	"  message TEXT NOT NULL,"
	"  item TEXT NOT NULL,"
	"  rcpt TEXT NOT NULL,"
	"  sender TEXT NOT NULL,"
	"  \"from\" TEXT NOT NULL,"
	"  sha256 TEXT NOT NULL,"
	"  url TEXT NOT NULL,"
	"  \"by\" TEXT NOT NULL,"
	"  status TEXT NOT NULL,"
	"  result TEXT NOT NULL,"
	"  completed INTEGER NOT NULL,"
	"  disputed INTEGER NOT NULL,"
	"  body TEXT NOT NULL"
	") STRICT, WITHOUT ROWID;"
	"CREATE INDEX submission_status ON submission (status, completed);"
	"CREATE INDEX submission_message ON submission (message);"
	"CREATE INDEX submission_sha256 ON submission (sha256);"
	"CREATE TABLE candidate ("
	"  tenant TEXT NOT NULL,"
	"  id TEXT NOT NULL,"
	"  at INTEGER NOT NULL,"
	"  score INTEGER NOT NULL,"
	"  rules TEXT NOT NULL,"
	"  rcpts TEXT NOT NULL,"
	"  sender TEXT NOT NULL,"
	"  \"from\" TEXT NOT NULL,"
	"  subject TEXT NOT NULL,"
	"  body TEXT NOT NULL,"
	"  kin TEXT NOT NULL,"
	"  grp TEXT NOT NULL,"
	"  state TEXT NOT NULL,"
	"  \"by\" TEXT NOT NULL,"
	"  changed INTEGER NOT NULL,"
	"  PRIMARY KEY (tenant, id)"
	") STRICT, WITHOUT ROWID;"
	"CREATE INDEX candidate_at ON candidate (tenant, at);"
	"CREATE INDEX candidate_id ON candidate (id);"
	"CREATE INDEX candidate_group ON candidate (tenant, grp);",
	NULL
};

const char *const schema_ledger[] = {
	/* 1 */
	"CREATE TABLE record ("
	"  id TEXT NOT NULL PRIMARY KEY,"
	"  at INTEGER NOT NULL,"
	"  body BLOB NOT NULL"
	") STRICT, WITHOUT ROWID;"
	"CREATE TABLE sighting ("
	"  part INTEGER NOT NULL,"
	"  key INTEGER NOT NULL,"
	"  id TEXT NOT NULL,"
	"  PRIMARY KEY (part, key, id)"
	") STRICT, WITHOUT ROWID;"
	"CREATE TABLE event ("
	"  id TEXT NOT NULL,"
	"  rcpt TEXT NOT NULL,"
	"  at INTEGER NOT NULL,"
	"  what TEXT NOT NULL,"
	"  who TEXT NOT NULL,"
	"  PRIMARY KEY (id, rcpt, at, what)"
	") STRICT, WITHOUT ROWID;",
	NULL
};

const char *const schema_evidence[] = {
	/* 1 */
	"CREATE TABLE evidence ("
	"  id TEXT NOT NULL PRIMARY KEY,"
	"  facts BLOB NOT NULL,"
	"  octets BLOB,"
	"  size INTEGER NOT NULL"
	") STRICT;",
	NULL
};

const char *const schema_contacts[] = {
	/* 1 */
	"CREATE TABLE born ("
	"  one INTEGER NOT NULL PRIMARY KEY,"
	"  day INTEGER NOT NULL"
	") STRICT;"
	"CREATE TABLE contact ("
	"  key INTEGER NOT NULL PRIMARY KEY,"
	"  last INTEGER NOT NULL"
	") STRICT, WITHOUT ROWID;",
	NULL
};

const char schema_text_put[] =
    "INSERT INTO held_text (rowid, id, subject) SELECT $1, $2, $3"
    " WHERE NOT EXISTS (SELECT 1 FROM held_text WHERE rowid = $1)";
const char schema_text_drop[] = "DELETE FROM held_text WHERE rowid = $1";
