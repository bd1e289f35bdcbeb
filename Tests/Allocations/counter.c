// Counts a process's allocations by who asked for them. Loaded with LD_PRELOAD; when the process ends it
// writes $LOCKSTEP_ALLOCATIONS.PID: its command line, where its files lie in memory, then a line for each
// chain of callers: how often, how many bytes, addresses from the inside out.
//
// Callers are found by frame pointers, which Swift keeps; through C code without them a chain ends early.

#define _GNU_SOURCE
#include <pthread.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

extern void *__libc_malloc(size_t);
extern void *__libc_calloc(size_t, size_t);
extern void *__libc_realloc(void *, size_t);
extern void *__libc_memalign(size_t, size_t);

enum { depth = 24, places = 1 << 16 };

struct chain {
    uintptr_t frames[depth];
    size_t times, bytes;
};

static struct chain chains[places];
static size_t lost;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

// The bounds of this thread's stack, so that no chain leaves it.
static _Thread_local uintptr_t low, high;
static _Thread_local int inside;

static void find_stack(void) {
    pthread_attr_t attributes;
    void *start;
    size_t size;
    if (pthread_getattr_np(pthread_self(), &attributes) != 0) return;
    pthread_attr_getstack(&attributes, &start, &size);
    pthread_attr_destroy(&attributes);
    low = (uintptr_t)start;
    high = low + size;
}

static void note(size_t bytes, uintptr_t *frame) {
    if (inside) return;
    inside = 1;
    if (high == 0) find_stack();
    struct chain own = {.times = 1, .bytes = bytes};
    uint64_t hash = 14695981039346656037u;
    for (int level = 0; level < depth; level++) {
        uintptr_t place = (uintptr_t)frame;
        if (place < low || place + 2 * sizeof(uintptr_t) > high || place % sizeof(uintptr_t)) break;
        own.frames[level] = frame[1];
        hash = (hash ^ frame[1]) * 1099511628211u;
        if (frame[0] <= place) break;
        frame = (uintptr_t *)frame[0];
    }
    pthread_mutex_lock(&lock);
    size_t tries = 0;
    for (; tries < places; tries++) {
        struct chain *chain = &chains[(hash + tries) % places];
        if (chain->times == 0) {
            *chain = own;
            break;
        }
        if (memcmp(chain->frames, own.frames, sizeof own.frames) == 0) {
            chain->times += 1;
            chain->bytes += bytes;
            break;
        }
    }
    if (tries == places) lost += 1;
    pthread_mutex_unlock(&lock);
    inside = 0;
}

#define NOTE(bytes) note(bytes, (uintptr_t *)__builtin_frame_address(0))

void *malloc(size_t size) {
    NOTE(size);
    return __libc_malloc(size);
}

void *calloc(size_t count, size_t size) {
    NOTE(count * size);
    return __libc_calloc(count, size);
}

void *realloc(void *place, size_t size) {
    NOTE(size);
    return __libc_realloc(place, size);
}

void *memalign(size_t alignment, size_t size) {
    NOTE(size);
    return __libc_memalign(alignment, size);
}

void *aligned_alloc(size_t alignment, size_t size) {
    NOTE(size);
    return __libc_memalign(alignment, size);
}

int posix_memalign(void **place, size_t alignment, size_t size) {
    NOTE(size);
    *place = __libc_memalign(alignment, size);
    return *place == NULL ? 12 : 0;
}

static void copy(FILE *to, const char *path, int separator) {
    FILE *from = fopen(path, "r");
    if (from == NULL) return;
    for (int byte; (byte = fgetc(from)) != EOF;) fputc(byte == 0 ? separator : byte, to);
    fclose(from);
}

__attribute__((destructor)) static void report(void) {
    const char *name = getenv("LOCKSTEP_ALLOCATIONS");
    if (name == NULL) return;
    inside = 1;
    char path[4096];
    snprintf(path, sizeof path, "%s.%d", name, getpid());
    FILE *file = fopen(path, "w");
    if (file == NULL) return;
    copy(file, "/proc/self/cmdline", ' ');
    fprintf(file, "\nlost %zu\n", lost);
    copy(file, "/proc/self/maps", ' ');
    fprintf(file, "chains\n");
    for (size_t place = 0; place < places; place++) {
        struct chain *chain = &chains[place];
        if (chain->times == 0) continue;
        fprintf(file, "%zu %zu", chain->times, chain->bytes);
        for (int level = 0; level < depth && chain->frames[level]; level++)
            fprintf(file, " %lx", (unsigned long)chain->frames[level]);
        fprintf(file, "\n");
    }
    fclose(file);
}
