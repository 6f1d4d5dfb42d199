/*
 * The counter in C, with bindings by wit-bindgen (generated/). What an export is given belongs to it, and it frees it
 * or hands it on; what it answers is freed by the bindings once the host has read it.
 */
#include <stdlib.h>
#include <string.h>

#include "generated/counter.h"

static uint32_t count = 0;

uint32_t exports_counter_increment(void) { return ++count; }

uint32_t exports_counter_add(uint32_t a, uint32_t b) { return a + b; }

bool exports_counter_fail(counter_string_t *message, uint32_t *ok, counter_string_t *err) {
  (void)ok;
  *err = *message; /* handed on */
  return false;
}

void exports_counter_trap(void) { __builtin_trap(); }

static bool is_space(uint8_t byte) {
  return byte == ' ' || byte == '\t' || byte == '\n' || byte == '\f' || byte == '\r';
}

/* Words are slices of the text: UTF-8 bytes sort as their scalar values do, so nothing is decoded. */
static int compare_words(const void *left, const void *right) {
  const counter_string_t *a = left, *b = right;
  int order = memcmp(a->ptr, b->ptr, a->len < b->len ? a->len : b->len);
  if (order != 0) return order;
  return (a->len > b->len) - (a->len < b->len);
}

/* Fills `words`, which has room for all there can be; returns how many there are. */
static size_t split_words(const counter_string_t *text, counter_string_t *words) {
  size_t found = 0;
  for (size_t at = 0; at < text->len;) {
    size_t start = at;
    while (at < text->len && !is_space(text->ptr[at])) at++;
    if (at > start) words[found++] = (counter_string_t){text->ptr + start, at - start};
    else at++;
  }
  return found;
}

/* Out of memory is a trap: the host can do nothing better with half an answer. */
static void *allocate(size_t size) {
  void *memory = malloc(size > 0 ? size : 1);
  if (memory == NULL) __builtin_trap();
  return memory;
}

static counter_string_t copy_of(const counter_string_t *word) {
  counter_string_t copy = {allocate(word->len), word->len};
  memcpy(copy.ptr, word->ptr, word->len);
  return copy;
}

void exports_counter_count_words(counter_string_t *text, counter_list_tuple2_string_u32_t *result) {
  counter_string_t *words = allocate((text->len / 2 + 1) * sizeof *words);
  size_t length = split_words(text, words);
  if (length > 0) qsort(words, length, sizeof *words, compare_words);
  *result = (counter_list_tuple2_string_u32_t){allocate(length * sizeof *result->ptr), 0};
  for (size_t i = 0, first = 0; i < length; i++) {
    if (i + 1 < length && compare_words(&words[i], &words[i + 1]) == 0) continue;
    result->ptr[result->len++] = (counter_tuple2_string_u32_t){copy_of(&words[i]), (uint32_t)(i + 1 - first)};
    first = i + 1;
  }
  free(words);
  counter_string_free(text);
}
