#ifndef AFTERCARE_CZLIB_SHIM_H
#define AFTERCARE_CZLIB_SHIM_H

#include <zlib.h>

/// C because inflateInit2 is a macro. 16 + MAX_WBITS takes gzip framing alone: neither raw deflate nor zlib.
static inline int czlib_inflate_init_gzip(z_stream *stream) { return inflateInit2(stream, 16 + MAX_WBITS); }

/// C because deflateInit2 is a macro. Level 6 with the default memory, in gzip framing.
static inline int czlib_deflate_init_gzip(z_stream *stream) {
  return deflateInit2(stream, Z_DEFAULT_COMPRESSION, Z_DEFLATED, 16 + MAX_WBITS, 8, Z_DEFAULT_STRATEGY);
}

#endif
