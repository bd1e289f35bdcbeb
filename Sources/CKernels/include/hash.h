// XXH3, 128 bits: https://github.com/Cyan4973/xxHash. The same on every machine and in every variant.
#pragma once

#include "variant.h"

/// The hash of `count` bytes at any address.
void lk_hash128(const void *bytes, lk_int count, uint64_t seed, uint64_t *high, uint64_t *low);
