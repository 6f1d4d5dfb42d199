/*
 * Files in C, by nothing but the standard library and POSIX: a libc for WASI makes WASI of it. What an export is given
 * belongs to it; what it answers is freed by the bindings once the host has read it.
 */
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "generated/note_keeper.h"

typedef exports_sample_notes_notes_failure_t failure_t;
typedef note_keeper_string_t string_t;

extern char **environ;

/* A C string of what was given, which is freed. Paths end at their first NUL, and here is nothing that could hide behind one. */
static char *c_string(string_t *given) {
  char *text = malloc(given->len + 1);
  if (text == NULL) abort();
  memcpy(text, given->ptr, given->len);
  text[given->len] = '\0';
  note_keeper_string_free(given);
  return text;
}

/* False, with what the system said. */
static bool failed(failure_t *err) {
  err->code = errno;
  note_keeper_string_dup(&err->text, strerror(errno));
  return false;
}

static bool told(int status, failure_t *err) { return status == 0 ? true : failed(err); }

/* Bytes of a file from an offset on; at most `most`. */
static bool read_bytes(const char *path, long offset, size_t most, uint8_t **bytes, size_t *length, failure_t *err) {
  FILE *file = fopen(path, "rb");
  if (file == NULL) return failed(err);
  size_t room = 64;
  *bytes = malloc(room);
  *length = 0;
  if (*bytes == NULL || fseek(file, offset, SEEK_SET) != 0) {
    fclose(file);
    return failed(err);
  }
  while (*length < most) {
    if (*length == room) *bytes = realloc(*bytes, room *= 2);
    if (*bytes == NULL) abort();
    size_t wanted = room - *length < most - *length ? room - *length : most - *length;
    size_t got = fread(*bytes + *length, 1, wanted, file);
    *length += got;
    if (got < wanted) break;
  }
  bool broken = ferror(file) != 0;
  fclose(file);
  return broken ? failed(err) : true;
}

static bool put(string_t *path, string_t *text, const char *mode, failure_t *err) {
  char *place = c_string(path);
  FILE *file = fopen(place, mode);
  free(place);
  if (file == NULL) return failed(err);
  size_t written = fwrite(text->ptr, 1, text->len, file);
  bool whole = written == text->len;
  note_keeper_string_free(text);
  if (fclose(file) != 0 || !whole) return failed(err);
  return true;
}

bool exports_sample_notes_notes_read(string_t *path, string_t *ok, failure_t *err) {
  char *place = c_string(path);
  bool done = read_bytes(place, 0, SIZE_MAX, &ok->ptr, &ok->len, err);
  free(place);
  return done;
}

bool exports_sample_notes_notes_write(string_t *path, string_t *text, failure_t *err) {
  return put(path, text, "wb", err);
}

bool exports_sample_notes_notes_append(string_t *path, string_t *text, failure_t *err) {
  return put(path, text, "ab", err);
}

static int compare(const void *left, const void *right) {
  const string_t *a = left, *b = right;
  size_t shorter = a->len < b->len ? a->len : b->len;
  int order = memcmp(a->ptr, b->ptr, shorter);
  return order != 0 ? order : (a->len > b->len) - (a->len < b->len);
}

bool exports_sample_notes_notes_names(string_t *path, note_keeper_list_string_t *ok, failure_t *err) {
  char *place = c_string(path);
  DIR *folder = opendir(place);
  free(place);
  if (folder == NULL) return failed(err);
  ok->ptr = NULL;
  ok->len = 0;
  for (struct dirent *entry; (entry = readdir(folder)) != NULL;) {
    if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0) continue;
    ok->ptr = realloc(ok->ptr, (ok->len + 1) * sizeof(string_t));
    char *name = malloc(strlen(entry->d_name) + 2);
    if (ok->ptr == NULL || name == NULL) abort();
    sprintf(name, "%s%s", entry->d_name, entry->d_type == DT_DIR ? "/" : "");
    note_keeper_string_dup(&ok->ptr[ok->len++], name);
    free(name);
  }
  closedir(folder);
  if (ok->len > 0) qsort(ok->ptr, ok->len, sizeof(string_t), compare);
  return true;
}

bool exports_sample_notes_notes_part(string_t *path, uint64_t offset, uint32_t length, note_keeper_list_u8_t *ok,
                                     failure_t *err) {
  char *place = c_string(path);
  bool done = read_bytes(place, (long)offset, length, &ok->ptr, &ok->len, err);
  free(place);
  return done;
}

bool exports_sample_notes_notes_size(string_t *path, uint64_t *ok, failure_t *err) {
  char *place = c_string(path);
  struct stat status;
  int found = stat(place, &status);
  free(place);
  *ok = (uint64_t)status.st_size;
  return told(found, err);
}

bool exports_sample_notes_notes_make_folder(string_t *path, failure_t *err) {
  char *place = c_string(path);
  int done = mkdir(place, 0777);
  free(place);
  return told(done, err);
}

bool exports_sample_notes_notes_remove_folder(string_t *path, failure_t *err) {
  char *place = c_string(path);
  int done = rmdir(place);
  free(place);
  return told(done, err);
}

bool exports_sample_notes_notes_remove(string_t *path, failure_t *err) {
  char *place = c_string(path);
  int done = unlink(place);
  free(place);
  return told(done, err);
}

bool exports_sample_notes_notes_rename(string_t *path, string_t *new_path, failure_t *err) {
  char *from = c_string(path), *to = c_string(new_path);
  int done = rename(from, to);
  free(from);
  free(to);
  return told(done, err);
}

bool exports_sample_notes_notes_link(string_t *target, string_t *path, failure_t *err) {
  char *to = c_string(target), *place = c_string(path);
  int done = symlink(to, place);
  free(to);
  free(place);
  return told(done, err);
}

void exports_sample_notes_notes_surroundings(string_t *ret) {
  size_t length = 0;
  char *all = malloc(1);
  if (all == NULL) abort();
  for (char **each = environ; each != NULL && *each != NULL; each++) {
    size_t more = strlen(*each);
    all = realloc(all, length + more + 2);
    if (all == NULL) abort();
    if (length > 0) all[length++] = '\n';
    memcpy(all + length, *each, more);
    length += more;
  }
  all[length] = '\0';
  note_keeper_string_dup(ret, all);
  free(all);
}

uint32_t exports_sample_notes_notes_twice(uint32_t n) { return n * 2; }
