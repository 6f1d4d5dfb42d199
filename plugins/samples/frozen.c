/*
 * Preloaded below componentize-qjs (Linux): constant clocks and constant "random" bytes. Its snapshot of the JavaScript
 * heap holds a hash seed and the time of day; with these two frozen the same source gives the same bytes.
 */
#define _GNU_SOURCE
#include <string.h>
#include <sys/random.h>
#include <sys/time.h>
#include <time.h>

ssize_t getrandom(void *buffer, size_t length, unsigned flags) {
  (void)flags;
  memset(buffer, 0x5e, length);
  return (ssize_t)length;
}

int getentropy(void *buffer, size_t length) {
  memset(buffer, 0x5e, length);
  return 0;
}

int clock_gettime(clockid_t clock, struct timespec *now) {
  (void)clock;
  now->tv_sec = 1000000000;
  now->tv_nsec = 0;
  return 0;
}

int gettimeofday(struct timeval *restrict now, void *restrict zone) {
  (void)zone;
  now->tv_sec = 1000000000;
  now->tv_usec = 0;
  return 0;
}
