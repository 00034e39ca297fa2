/*
 * schema.h -- the tables of the embedded stores, as numbered steps
 */
#ifndef GATEPOST_STORE_SCHEMA_H
#define GATEPOST_STORE_SCHEMA_H

extern const char *const schema_state[], *const schema_ledger[],
    *const schema_contacts[];

#endif
