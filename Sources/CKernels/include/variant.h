// Which instruction set the kernels use, and the types that all kernels share.
#pragma once

#include <stddef.h>
#include <stdint.h>

/// A count, index or stride, in elements. Swift sees it as Int.
typedef ptrdiff_t lk_int;

/// Rises whenever a kernel's bits change, so that a run is never continued with other arithmetic.
#define LK_KERNELS_VERSION 4

enum { LK_PORTABLE = 0, LK_AVX2 = 1, LK_AVX512 = 2 };

/// The variant in use. The first call chooses: what the environment variable LOCKSTEP_KERNELS names
/// (portable, avx2, avx512), else the best that this processor has.
int lk_variant_selected(void);

/// Whether this processor can run `variant`.
int lk_variant_supported(int variant);

/// Whether LOCKSTEP_KERNELS is unset, or names a variant that this processor can run. Where it is
/// not, the best variant is in use, and a program should refuse to start.
int lk_variant_environment_valid(void);

/// Changes the variant for the whole process; for tests. Returns 0 if this processor cannot run it.
int lk_variant_select(int variant);

/// Tells the processor that this thread is spinning.
static inline void lk_spin_pause(void) {
#if defined(__x86_64__)
    __builtin_ia32_pause();
#elif defined(__aarch64__)
    __asm__ volatile("yield");
#endif
}
