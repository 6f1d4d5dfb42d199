/*
 * A component that calls another plugin: acme:text does the work. Bindings by wit-bindgen (generated/). What an import
 * answers belongs to us, and is freed here; what an export is given, too.
 */
#include <stdlib.h>
#include <string.h>

#include "generated/shout.h"

static uint32_t calls = 0;

void exports_shout_shout(shout_string_t *s, shout_string_t *result) {
  shout_string_t upper;
  calls = acme_text_arithmetic_add(calls, 1);
  acme_text_case_upper(s, &upper);
  result->len = upper.len + calls;
  result->ptr = malloc(result->len);
  if (result->ptr == NULL) __builtin_trap();
  memcpy(result->ptr, upper.ptr, upper.len);
  memset(result->ptr + upper.len, '!', calls);
  shout_string_free(&upper);
  shout_string_free(s);
}
