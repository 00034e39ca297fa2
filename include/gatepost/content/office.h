/*
 * office.h -- what Microsoft's compound files hide
 */
#ifndef GATEPOST_CONTENT_OFFICE_H
#define GATEPOST_CONTENT_OFFICE_H

#include <glib.h>
#include <stdbool.h>

/*
 * Is the compound file ([MS-CFB]) of LENGTH octets at OCTETS an encrypted
 * document: a package of Office 2007 and later ([MS-OFFCRYPTO] 2.3.4), or a
 * document of Word, Excel or PowerPoint from before?
 */
bool office_is_encrypted(const guint8 *octets, gsize length);

#endif
