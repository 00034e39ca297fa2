/*
 * people.h -- our own people, by the names that mail programs show
 */
#ifndef GATEPOST_MODEL_PEOPLE_H
#define GATEPOST_MODEL_PEOPLE_H

#include <glib.h>
#include <stdbool.h>

typedef struct Person {
	char *name;		/* as it is configured */
	GPtrArray *addresses;	/* of char *: other ones of theirs, normal */
} Person;

typedef struct People People;

/* Nobody yet.  Free with people_free(). */
People *people_new(void);
void people_free(People *people);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(People, people_free)

/* Add TEXT: a name, or "Name <address>, <address>".  A name that is there
 * gets more addresses.  False, with what is wrong in *WRONG (yours). */
bool people_add(People *people, const char *text, char **wrong);

/*
 * Who bears NAME, a display name?  In any order of its parts, with or
 * without initials and titles, and whatever is put behind it: "Director, Jane
 * Q.", "Jane Director via Sharing", "Dr. Jane Director (CEO)", with letters
 * that only look the same.  Borrowed; NULL: nobody.
 */
const Person *people_find(const People *people, const char *name);

/* Is ADDRESS (normal form) one of PERSON's own? */
bool person_owns(const Person *person, const char *address);

#endif
