/*
 * schema.h -- the tables of the embedded stores, as numbered steps
 */
#ifndef GATEPOST_STORE_SCHEMA_H
#define GATEPOST_STORE_SCHEMA_H

extern const char *const schema_state[], *const schema_ledger[],
    *const schema_contacts[], *const schema_evidence[];

/* Where a dialect has its own way: the index of subjects, held_text.  To put
 * $2, the id of an item, and $3, its subject, into row $1, unless they are
 * there; to take row $1 out. */
extern const char schema_text_put[], schema_text_drop[];

#endif
