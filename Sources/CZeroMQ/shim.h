// Beside libzmq, what its wrapper needs of the system and Swift's Glibc module leaves out.
#include <malloc.h>
#include <sys/eventfd.h>
#include <sys/prctl.h>
#include <zmq.h>

/// An option of libzmq since 4.3 whose name its header keeps for builds with drafts; Debian's library takes it.
static const int LOCKSTEP_ZAP_ENFORCE_DOMAIN = 93;

/// Names the calling thread; the system keeps the first 15 bytes.
static inline void lockstep_name_thread(const char *name) {
    prctl(PR_SET_NAME, name, 0, 0, 0);
}
