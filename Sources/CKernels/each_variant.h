// Compiles the including file once per instruction set. A kernel file reads:
//
//     #ifndef LK_PASS
//     #define LK_FILE "this_file.c"
//     #include "each_variant.h"
//     #else
//     ... LK_KERNEL(name, (parameters), (arguments)) { body }
//     #endif
//
// In each pass LK_KERNEL defines lk_name_<suffix>; in the last one it also defines the public
// lk_name, which jumps to the variant in use. Bodies are plain loops that the compiler vectorises,
// or use `vec`; so one source serves all variants, and no instruction set has code of its own to
// keep right.
#pragma once

#include <string.h>

#include "include/CKernels.h"

#define LK_PASTE_(a, b) a##b
#define LK_PASTE(a, b) LK_PASTE_(a, b)
/// A name of this pass: helpers carry it too, as every pass defines them anew.
#define LK_(name) LK_PASTE(name##_, LK_SUFFIX)
#define LK_INLINE static inline __attribute__((always_inline, unused))

/// Iterations are independent even where pointers may be equal (y may be x); without this the
/// compiler tests for overlap at run time and falls back to scalar code.
#define LK_INDEPENDENT _Pragma("clang loop vectorize(assume_safety)")

#define LK_VARIANT(name, parameters) static void LK_(lk_##name) parameters

#if defined(__x86_64__)

#define LK_KERNEL(name, parameters, arguments) LK_VARIANT(name, parameters)

#define LK_PASS 2
#define LK_SUFFIX avx512
#define LK_LANES 16
#pragma clang attribute push(                                                                     \
    __attribute__((target("avx512f,avx512vl,avx512dq,avx512bw,avx2,fma"))), apply_to = function)
#include "vector_math.h"
#include LK_FILE
#pragma clang attribute pop
#undef LK_PASS
#undef LK_SUFFIX
#undef LK_LANES

#define LK_PASS 1
#define LK_SUFFIX avx2
#define LK_LANES 8
#pragma clang attribute push(__attribute__((target("avx2,fma"))), apply_to = function)
#include "vector_math.h"
#include LK_FILE
#pragma clang attribute pop
#undef LK_PASS
#undef LK_SUFFIX
#undef LK_LANES

#undef LK_KERNEL
#define LK_TABLE(name) {lk_##name##_portable, lk_##name##_avx2, lk_##name##_avx512}

#else

#define LK_TABLE(name) {lk_##name##_portable, lk_##name##_portable, lk_##name##_portable}

#endif

#define LK_KERNEL(name, parameters, arguments)                                                    \
    LK_VARIANT(name, parameters);                                                                 \
    void lk_##name parameters {                                                                   \
        static void(*const variants[]) parameters = LK_TABLE(name);                               \
        variants[lk_variant_selected()] arguments;                                                \
    }                                                                                             \
    LK_VARIANT(name, parameters)

#define LK_PASS 0
#define LK_SUFFIX portable
#define LK_LANES 4
#include "vector_math.h"
#include LK_FILE
