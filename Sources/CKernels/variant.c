// The choice of instruction set: once, at the first kernel call.
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "include/variant.h"

static const char *const names[] = {"portable", "avx2", "avx512"};

// -1 until chosen. Racing first calls choose the same value, so relaxed order is enough.
static _Atomic int selected = -1;

int lk_variant_supported(int variant) {
    switch (variant) {
    case LK_PORTABLE:
        return 1;
#if defined(__x86_64__)
    case LK_AVX2:
        return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
    case LK_AVX512:
        return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512vl")
               && __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512bw")
               && __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
#endif
    default:
        return 0;
    }
}

/// The variant that LOCKSTEP_KERNELS names: -1 if it is unset or empty, -2 if it cannot be had
/// here.
static int named_variant(void) {
    const char *name = getenv("LOCKSTEP_KERNELS");
    if (!name || !*name) return -1;
    for (int v = LK_PORTABLE; v <= LK_AVX512; v++)
        if (!strcmp(name, names[v]) && lk_variant_supported(v)) return v;
    return -2;
}

int lk_variant_environment_valid(void) { return named_variant() != -2; }

int lk_variant_selected(void) {
    int variant = atomic_load_explicit(&selected, memory_order_relaxed);
    if (__builtin_expect(variant >= 0, 1)) return variant;
    variant = named_variant();
    if (variant < 0) {
        variant = LK_AVX512;
        while (!lk_variant_supported(variant)) variant--;
    }
    atomic_store_explicit(&selected, variant, memory_order_relaxed);
    return variant;
}

int lk_variant_select(int variant) {
    if (!lk_variant_supported(variant)) return 0;
    atomic_store_explicit(&selected, variant, memory_order_relaxed);
    return 1;
}
