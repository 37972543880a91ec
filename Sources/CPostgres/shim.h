#ifndef AFTERCARE_CPOSTGRES_SHIM_H
#define AFTERCARE_CPOSTGRES_SHIM_H

// A shim because Debian keeps the header in a directory of its own, which pkg-config names and a module map cannot.
#include <libpq-fe.h>

#endif
