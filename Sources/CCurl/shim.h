#ifndef AFTERCARE_CCURL_SHIM_H
#define AFTERCARE_CCURL_SHIM_H

// The only place in the package that includes <curl/curl.h>: two Clang modules that both include it make symbols
// vanish from one of them, sometimes in clean or release builds alone.
#include <curl/curl.h>

// Swift cannot call variadic C functions. libcurl reads the variadic argument by the option's kind, so a wrong type
// is undefined behaviour; each wrapper below therefore fixes one argument type.

/// The shape of both CURLOPT_WRITEFUNCTION and CURLOPT_HEADERFUNCTION.
typedef size_t (*ccurl_data_callback)(char *bytes, size_t size, size_t count, void *context);

/// C because curl_easy_setopt is variadic: options that read a long.
static inline CURLcode ccurl_set_long(CURL *easy, CURLoption option, long value) {
  return curl_easy_setopt(easy, option, value);
}

/// C because curl_easy_setopt is variadic: options that read a string, which libcurl copies. NULL resets most of them.
static inline CURLcode ccurl_set_string(CURL *easy, CURLoption option, const char *value) {
  return curl_easy_setopt(easy, option, value);
}

/// C because curl_easy_setopt is variadic: options that read a 64-bit size.
static inline CURLcode ccurl_set_size(CURL *easy, CURLoption option, int64_t value) {
  return curl_easy_setopt(easy, option, (curl_off_t)value);
}

/// C because curl_easy_setopt is variadic: options that keep a pointer that we own.
static inline CURLcode ccurl_set_pointer(CURL *easy, CURLoption option, void *value) {
  return curl_easy_setopt(easy, option, value);
}

/// C because curl_easy_setopt is variadic: options that keep a list that we own.
static inline CURLcode ccurl_set_list(CURL *easy, CURLoption option, struct curl_slist *value) {
  return curl_easy_setopt(easy, option, value);
}

/// C because curl_easy_setopt is variadic: options that keep a function called with data.
static inline CURLcode ccurl_set_data_callback(CURL *easy, CURLoption option, ccurl_data_callback callback) {
  return curl_easy_setopt(easy, option, callback);
}

/// C because curl_easy_getinfo is variadic: answers that are a long.
static inline CURLcode ccurl_get_long(CURL *easy, CURLINFO info, long *value) {
  return curl_easy_getinfo(easy, info, value);
}

/// C because curl_easy_getinfo is variadic: answers that are a 64-bit size or a time in microseconds.
static inline CURLcode ccurl_get_size(CURL *easy, CURLINFO info, int64_t *value) {
  curl_off_t answer = 0;
  CURLcode code = curl_easy_getinfo(easy, info, &answer);
  *value = answer;
  return code;
}

/// C because curl_easy_getinfo is variadic: answers that are a pointer of ours (CURLINFO_PRIVATE).
static inline CURLcode ccurl_get_pointer(CURL *easy, CURLINFO info, void **value) {
  return curl_easy_getinfo(easy, info, (char **)value);
}

/// C because curl_multi_setopt is variadic: options that read a long.
static inline CURLMcode ccurl_multi_set_long(CURLM *multi, CURLMoption option, long value) {
  return curl_multi_setopt(multi, option, value);
}

/// C because the flag is a macro made of macros, which Swift does not import.
static inline CURLcode ccurl_global_init(void) { return curl_global_init(CURL_GLOBAL_DEFAULT); }

/// C because the result sits in a union, and because the message dies with the next call: it is copied out here.
/// Returns 1 and fills both places if a transfer has ended, 0 if none has.
static inline int ccurl_next_ended(CURLM *multi, CURL **easy, CURLcode *result) {
  int left = 0;
  CURLMsg *message;
  while ((message = curl_multi_info_read(multi, &left)) != NULL) {
    if (message->msg == CURLMSG_DONE) {
      *easy = message->easy_handle;
      *result = message->data.result;
      return 1;
    }
  }
  return 0;
}

#endif
